"""Founding a registry: its id, and, where it is signed, its keys and the first version of every signed file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.value import dataclass, field, replace
from skillctl_registry.backends import Backend
from skillctl_registry.config import CONFIG, RegistryConfig, config_to_bytes, random_id
from skillctl_registry.index import INDEX
from skillctl_registry.signing.drafts import put_numbered, renewed, signed_bytes
from skillctl_registry.signing.keys import DAYS, ROLES, KeyPlace, KeyStore, Signing
from skillctl_registry.signing.writer import signed_target
from skillctl_registry.trust.files import (
    BIN_PREFIX,
    BINS,
    BIT_LENGTH,
    CONFIG_TARGET,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    metadata_key,
)

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner
    from tuf.api.metadata import Targets

_MOST = 1024 * 1024  # bytes; of what an interrupted founding may have left


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What somebody who founds a signed registry may decide."""

    root_keys: int = 1
    threshold: int = 1
    """Root keys that have to sign a new root."""
    in_keyring: bool = False
    bits: int = BIT_LENGTH
    """Of the hash that chooses a bin: 8 for 256 bins. Readers are told by targets."""
    days: Mapping[str, int] = field(default_factory=lambda: dict(DAYS))
    api: bool = False
    """Whether a server will stand before it."""
    blobs: str = ""
    """Where its archives are to lie: `oci://host/repository`; empty: beside the index."""
    again: bool = False
    """Whether a founding that was interrupted may have left files: there is no timestamp then, and they don't count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Founded:
    """A registry that is there now."""

    id: str
    root_sha256: str = ""
    """What clients pin; empty for an unsigned one."""


def found_unsigned(backend: Backend, *, blobs: str = "", new_id: str = "") -> Founded:
    """Make an empty registry, with its archives there (as in Wishes). RegistryError E715 if there is one."""
    made = RegistryConfig(id=new_id or random_id(), blobs=blobs)
    if not backend.put_if_absent(CONFIG, config_to_bytes(made)):
        raise RegistryError.of("E715", registry=backend.label)
    return Founded(id=made.id)


def found_signed(backend: Backend, keys: KeyStore, wishes: Wishes, *, now: str, new_id: str = "") -> Founded:
    """Make an empty signed registry and its keys. RegistryError E715 if there is one, E716 if keys lie there already.

    The timestamp comes last: until then nobody can use what is there. A founding that was interrupted leaves keys, and
    perhaps files without a timestamp: `go_on` finishes it, or whoever begins again takes another directory for the
    keys, and an empty one for the registry.
    """
    if keys.exists:
        raise RegistryError.of("E716", directory=str(keys.directory))
    made = RegistryConfig(id=new_id or random_id(), signed=True, api=wishes.api, blobs=wishes.blobs)
    config = config_to_bytes(made)
    left = backend.get(CONFIG, max_bytes=_MOST)
    if left is not None and not (wishes.again and backend.get(metadata_key(TIMESTAMP), max_bytes=_MOST) is None):
        raise RegistryError.of("E715", registry=backend.label)
    signers, places = _new_keys(keys, wishes)
    root = _root_bytes(signers, wishes, now)
    keys.keep(Signing(registry=made.id, root_sha256=sha256_digest(root), keys=places, days=wishes.days))
    if not backend.compare_and_set(CONFIG, left, config):
        raise RegistryError.of("E715", registry=backend.label)
    first_root = metadata_key(ROOT, 1)
    backend.compare_and_set(first_root, backend.get(first_root, max_bytes=_MOST), root)
    _put_empty(backend, signers, wishes, config=config, now=now)
    return Founded(id=made.id, root_sha256=sha256_digest(root))


def is_unfinished(backend: Backend, config: RegistryConfig | None) -> bool:
    """Whether the founding of a signed registry was interrupted, so that nobody can have used it.

    One that has lost its timestamp has packs or a later root.
    """
    if config is None or not config.signed:
        return False
    later = (metadata_key(TIMESTAMP), metadata_key(ROOT, 2))
    return all(backend.get(key, max_bytes=_MOST) is None for key in later) and not any(backend.list(INDEX))


def go_on(backend: Backend, keys: KeyStore, config: RegistryConfig, wishes: Wishes, *, now: str) -> Founded:
    """Finish a founding that was interrupted, with the keys that it made.

    RegistryError E769 if these are not all here, if it was begun with other wishes, or if a server has begun it.
    """
    if config.api:
        raise _unfinished(backend, "a server has begun it", "`registry serve` goes on with it at its next start")
    if not keys.exists or keys.signing.registry != config.id:
        where = f"its keys are not in {keys.directory}"
        raise _unfinished(backend, where, "name their directory by `--keys DIR` and run `registry init` again")
    signing = keys.signing
    signers = {role: keys.signers(role) for role in ROLES}
    if any(len(signers[role]) != len(signing.keys.get(role, ())) for role in ROLES):
        raise _unfinished(backend, f"some of its keys are not in {keys.directory}", "bring them back")
    data = backend.get(metadata_key(ROOT, 1), max_bytes=_MOST)
    is_there = data is not None and sha256_digest(data) == signing.root_sha256
    if not _is_wished(signing, config, wishes) or (is_there and _threshold(data or b"") != wishes.threshold):
        raise _unfinished(backend, "it was begun with other options", "run `registry init` with the same ones")
    if not is_there:
        root = _root_bytes(signers, wishes, now)
        signing = replace(signing, root_sha256=sha256_digest(root))
        keys.keep(signing)
        backend.compare_and_set(metadata_key(ROOT, 1), data, root)
    as_it_lies = backend.get(CONFIG, max_bytes=_MOST) or b""
    _put_empty(backend, signers, wishes, config=as_it_lies, now=now)
    return Founded(id=config.id, root_sha256=signing.root_sha256)


def _unfinished(backend: Backend, reason: str, advice: str) -> RegistryError:
    return RegistryError.of("E769", registry=backend.label, reason=reason, advice=advice)


def _is_wished(signing: Signing, config: RegistryConfig, wishes: Wishes) -> bool:
    """Whether what was begun is what is wished for now."""
    in_keyring = {place.file == "" for places in signing.keys.values() for place in places}
    return (
        len(signing.keys[ROOT]) == wishes.root_keys
        and dict(signing.days) == dict(wishes.days)
        and in_keyring == {wishes.in_keyring}
        and config.blobs == wishes.blobs
    )


def _threshold(root: bytes) -> int:
    from tuf.api.metadata import Metadata, Root

    return Metadata[Root].from_bytes(root).signed.roles[ROOT].threshold


def _new_keys(keys: KeyStore, wishes: Wishes) -> tuple[dict[str, list[CryptoSigner]], dict[str, tuple[KeyPlace, ...]]]:
    signers: dict[str, list[CryptoSigner]] = {}
    places: dict[str, tuple[KeyPlace, ...]] = {}
    for role in ROLES:
        count = wishes.root_keys if role == ROOT else 1
        made = [keys.make(role, in_keyring=wishes.in_keyring) for _ in range(count)]
        signers[role] = [signer for signer, _ in made]
        places[role] = tuple(place for _, place in made)
    return signers, places


def _root_bytes(signers: Mapping[str, list[CryptoSigner]], wishes: Wishes, now: str) -> bytes:
    from tuf.api.metadata import Root

    root = Root(consistent_snapshot=True)
    for role in (ROOT, TARGETS, SNAPSHOT, TIMESTAMP):
        for signer in signers[role]:
            root.add_key(signer.public_key, role)
    root.roles[ROOT].threshold = wishes.threshold
    renewed(root, now, wishes.days[ROOT])
    return signed_bytes(root, signers[ROOT])


def _put_empty(
    backend: Backend, signers: Mapping[str, list[CryptoSigner]], wishes: Wishes, *, config: bytes, now: str
) -> None:
    """Every other file in its first version, the timestamp last."""
    from tuf.api.metadata import MetaFile, Snapshot, Targets, Timestamp

    top = _empty_targets(signers, wishes.bits, config)
    renewed(top, now, wishes.days[TARGETS])
    put_numbered(backend, TARGETS, top, signers[TARGETS], after=0)
    metas = {f"{TARGETS}.json": MetaFile(top.version)}
    bins = top.delegations.succinct_roles if top.delegations is not None else None
    for role in bins.get_roles() if bins is not None else ():
        empty = Targets()
        renewed(empty, now, wishes.days[BINS])
        put_numbered(backend, role, empty, signers[BINS], after=0)
        metas[f"{role}.json"] = MetaFile(empty.version)
    snapshot = Snapshot(meta=metas)
    renewed(snapshot, now, wishes.days[SNAPSHOT])
    data = put_numbered(backend, SNAPSHOT, snapshot, signers[SNAPSHOT], after=0)
    timestamp = Timestamp(snapshot_meta=MetaFile.from_data(snapshot.version, data, ["sha256"]))
    renewed(timestamp, now, wishes.days[TIMESTAMP])
    if not backend.compare_and_set(metadata_key(TIMESTAMP), None, signed_bytes(timestamp, signers[TIMESTAMP])):
        raise RegistryError.of("E715", registry=backend.label)


def _empty_targets(signers: Mapping[str, list[CryptoSigner]], bits: int, config: bytes) -> Targets:
    """The top role: the registry's config, and bins for everything else."""
    from tuf.api.metadata import Delegations, SuccinctRoles, Targets

    online = [signer.public_key for signer in signers[BINS]]
    bins = SuccinctRoles([key.keyid for key in online], 1, bits, BIN_PREFIX)
    delegations = Delegations(keys={key.keyid: key for key in online}, succinct_roles=bins)
    return Targets(targets={CONFIG_TARGET: signed_target(CONFIG_TARGET, config)}, delegations=delegations)

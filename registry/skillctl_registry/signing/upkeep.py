"""What keeps a signed registry in order: signatures renewed before they expire, and keys changed.

Clients read at any moment, so a key is changed in steps, and after each of them everything that lies there verifies:

    timestamp, snapshot, targets     a root that lets the old and the new key sign; a commit by the new one; a root that
                                     lets only the new one sign
    bins                             one commit with targets that name the new key, and every bin signed by it
    root                             a root that names the new keys, signed by the old and by the new ones

Who was interrupted between the steps repeats the change: the key that was made for it is changed once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING

from skillctl.core.errors import RegistryError
from skillctl.core.value import dataclass, replace
from skillctl_registry.signing.drafts import put_numbered, renewed, signed_bytes
from skillctl_registry.signing.writer import ATTEMPTS, SignedWriter
from skillctl_registry.trust.files import BINS, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, metadata_key
from skillctl_registry.trust.trusted import moment, time_text

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner
    from tuf.api.metadata import MetaFile, Root, Signed, Targets


@dataclass(frozen=True, kw_only=True, slots=True)
class Refreshed:
    """What was signed anew, and until when everything is good."""

    roles: tuple[str, ...]
    expires: Mapping[str, str]
    """Role -> RFC 3339; of the bins the first one to expire."""
    wanting: tuple[str, ...] = ()
    """Roles that should be signed anew, and whose keys are not here."""


def refresh(writer: SignedWriter) -> Refreshed:
    """Sign timestamp and snapshot anew, and whatever else has less than a third of its time left.

    RegistryError E714 without the online keys. Root and targets are renewed where their keys are here.
    """
    for _ in range(ATTEMPTS):
        with writer.exclusive():
            done = _refresh(writer)
        if done is not None:
            return done
    raise RegistryError.of("E713", registry=writer.backend.label, attempts=ATTEMPTS)


def _refresh(writer: SignedWriter) -> Refreshed | None:
    standing = writer.standing()
    reader = standing.reader
    reader.targets()
    wanting: list[str] = []
    if _is_old(writer, reader.trusted.root, ROOT):
        if _enough(writer, ROOT):
            _put_root(writer, deepcopy(reader.trusted.root), writer.signers(ROOT))
            rest = _refresh(writer)
            return rest and replace(rest, roles=tuple(sorted({*rest.roles, ROOT})))
        wanting.append(ROOT)
    metas: dict[str, MetaFile] = {}
    for role, targets in ((TARGETS, reader.top()), *((each, reader.role(each)) for each in reader.bins())):
        if not _is_old(writer, targets, _called(role)):
            continue
        if role == TARGETS and not _enough(writer, TARGETS):
            wanting.append(TARGETS)
        else:
            metas[role] = _resigned(writer, role, targets, writer.signers(_called(role)))
    if not writer.set_timestamp(standing, metas):
        return None
    done = {SNAPSHOT, TIMESTAMP, *map(_called, metas)}
    return Refreshed(roles=tuple(sorted(done)), expires=expiries(writer), wanting=tuple(wanting))


def _called(role: str) -> str:
    """What people call a role that has targets: each of the bins is one of many."""
    return TARGETS if role == TARGETS else BINS


def expiries(writer: SignedWriter) -> dict[str, str]:
    """Until when each role is good."""
    reader = writer.standing().reader
    reader.targets()
    trusted = reader.trusted
    found = {ROOT: trusted.root.expires, TARGETS: reader.top().expires}
    found |= {SNAPSHOT: trusted.snapshot.expires, TIMESTAMP: trusted.timestamp.expires}
    found[BINS] = min(reader.role(role).expires for role in reader.bins())
    return {role: time_text(found[role]) for role in (ROOT, TARGETS, BINS, SNAPSHOT, TIMESTAMP)}


def _is_old(writer: SignedWriter, signed: Signed, role: str) -> bool:
    """Whether less than a third of its time is left."""
    left = signed.expires - moment(writer.now())
    return left < timedelta(days=writer.keys.signing.days[role]) / 3


def _enough(writer: SignedWriter, role: str) -> bool:
    try:
        writer.signers(role)
    except RegistryError:
        return False
    return True


def _resigned(writer: SignedWriter, role: str, targets: Targets, signers: Sequence[CryptoSigner]) -> MetaFile:
    """The same role in a new version with these signatures."""
    from tuf.api.metadata import MetaFile

    draft = deepcopy(targets)
    renewed(draft, writer.now(), writer.keys.signing.days[_called(role)])
    put_numbered(writer.backend, role, draft, signers, after=targets.version)
    return MetaFile(draft.version)


def _put_root(writer: SignedWriter, root: Root, signers: Sequence[CryptoSigner]) -> None:
    """The root in its next version. RegistryError E717 if somebody else has made that one."""
    root.version += 1
    renewed(root, writer.now(), writer.keys.signing.days[ROOT])
    if not writer.backend.put_if_absent(metadata_key(ROOT, root.version), signed_bytes(root, signers)):
        raise RegistryError.of("E717", registry=writer.backend.label, version=root.version)
    writer.forget()


# Changing keys


def rotate(writer: SignedWriter, role: str, *, in_keyring: bool = False) -> tuple[str, ...]:
    """Give the role new keys in place of those that count now; their ids.

    RegistryError E714 if the root's keys (for the bins those of targets) are not here in sufficient number.
    """
    with writer.exclusive():
        if role == ROOT:
            return _rotate_root(writer, in_keyring)
        writer.signers(TARGETS if role == BINS else ROOT)
        signer, place = writer.keys.make(role, in_keyring=in_keyring)
        old = writer.keys.signing
        # both stay known until the change is done, since an interrupted one may have come to either
        writer.keys.keep(old.with_keys(role, [*old.keys[role], place]))
        if role == BINS:
            _rotate_bins(writer, signer)
        else:
            _let_sign(writer, role, signer, alone=False)
            _sign_by(writer, role, signer)
            _let_sign(writer, role, signer, alone=True)
        writer.keys.keep(old.with_keys(role, [place]))
        writer.forget()
        return (place.keyid,)


def _rotate_root(writer: SignedWriter, in_keyring: bool) -> tuple[str, ...]:
    old = writer.signers(ROOT)
    root = deepcopy(writer.standing().reader.trusted.root)
    made = [writer.keys.make(ROOT, in_keyring=in_keyring) for _ in root.roles[ROOT].keyids]
    for keyid in list(root.roles[ROOT].keyids):
        root.revoke_key(keyid, ROOT)
    for signer, _ in made:
        root.add_key(signer.public_key, ROOT)
    # the old keys stay known until the new root lies there: interrupted before, they are what counts
    before = writer.keys.signing
    places = [place for _, place in made]
    writer.keys.keep(before.with_keys(ROOT, [*before.keys[ROOT], *places]))
    _put_root(writer, root, [*old, *(signer for signer, _ in made)])
    writer.keys.keep(before.with_keys(ROOT, places))
    return tuple(place.keyid for place in places)


def _let_sign(writer: SignedWriter, role: str, signer: CryptoSigner, *, alone: bool) -> None:
    """A root by which that key may sign for the role, beside the others or alone."""
    root = deepcopy(writer.standing().reader.trusted.root)
    if alone:
        for keyid in list(root.roles[role].keyids):
            if keyid != signer.public_key.keyid:
                root.revoke_key(keyid, role)
    else:
        root.add_key(signer.public_key, role)
    _put_root(writer, root, writer.signers(ROOT))


def _sign_by(writer: SignedWriter, role: str, signer: CryptoSigner) -> None:
    """A commit in which the role is signed by that key."""
    for _ in range(ATTEMPTS):
        standing = writer.standing()
        top = standing.reader.top()
        metas = {TARGETS: _resigned(writer, TARGETS, top, [signer])} if role == TARGETS else {}
        if writer.set_timestamp(standing, metas):
            return
    raise RegistryError.of("E713", registry=writer.backend.label, attempts=ATTEMPTS)


def _rotate_bins(writer: SignedWriter, signer: CryptoSigner) -> None:
    for _ in range(ATTEMPTS):
        standing = writer.standing()
        reader = standing.reader
        reader.targets()
        top = deepcopy(reader.top())
        delegations = top.delegations
        if delegations is None or delegations.succinct_roles is None:
            raise RuntimeError("a registry of ours has bins")
        delegations.keys = {signer.public_key.keyid: signer.public_key}
        delegations.succinct_roles.keyids = [signer.public_key.keyid]
        metas = {role: _resigned(writer, role, reader.role(role), [signer]) for role in reader.bins()}
        metas[TARGETS] = _resigned(writer, TARGETS, top, writer.signers(TARGETS))
        if writer.set_timestamp(standing, metas):
            return
    raise RegistryError.of("E713", registry=writer.backend.label, attempts=ATTEMPTS)

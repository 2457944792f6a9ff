"""The keys of a signed registry, in a directory of their own or in the system's keyring.

`signing.json` says which key is whose and where it lies, how long signatures are good for, and which registry it is
all for; nothing in it is secret. Each private key is a PEM file (PKCS 8, Ed25519) that only its owner may read, under
a passphrase if one was given, or an entry of the keyring. A key that is not here is no error until it is needed: the
keys of root and targets are best kept elsewhere, since nothing that happens every day asks for them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import LIMITS
from skillctl.core.value import dataclass, field, replace
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.disk.private import write_private
from skillctl.edges.secrets import keep_secret, read_secret
from skillctl.formats.json_text import dump_json, load_json
from skillctl_registry.trust.files import BINS, ROOT, SNAPSHOT, TARGETS, TIMESTAMP

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from securesystemslib.signer import CryptoSigner

SIGNING = "signing.json"
FORMAT = "1.0"
ROLES = (ROOT, TARGETS, BINS, SNAPSHOT, TIMESTAMP)
ONLINE = (BINS, SNAPSHOT, TIMESTAMP)
"""What every publish signs with; root and targets are for the rare days."""
DAYS: Mapping[str, int] = {ROOT: 365, TARGETS: 365, BINS: 365, SNAPSHOT: 30, TIMESTAMP: 14}
"""How long a signature is good for, unless told otherwise."""

_PEM_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPlace:
    """Where one private key is."""

    keyid: str
    file: str = ""
    """In the directory of signing.json; empty for a key in the keyring."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signing:
    """What signing.json says."""

    registry: str
    """The registry's id."""
    root_sha256: str
    """The digest of its first root: what clients pin."""
    keys: Mapping[str, tuple[KeyPlace, ...]]
    days: Mapping[str, int] = field(default_factory=lambda: dict(DAYS))

    def with_keys(self, role: str, places: Sequence[KeyPlace]) -> Signing:
        """The same with other keys for a role."""
        return replace(self, keys={**self.keys, role: tuple(places)})


def signing_to_bytes(signing: Signing) -> bytes:
    """The text of signing.json."""
    keys: dict[str, JsonValue] = {role: [_place_json(each) for each in signing.keys.get(role, ())] for role in ROLES}
    days: JsonObject = {role: signing.days[role] for role in ROLES}
    return dump_json(
        {
            "format": FORMAT,
            "registry": signing.registry,
            "root_sha256": signing.root_sha256,
            "days": days,
            "keys": keys,
        }
    )


def signing_from_bytes(data: bytes, *, file: str) -> Signing:
    """The strict door of signing.json."""
    try:
        value = load_json(data, file=file, max_bytes=LIMITS.manifest_bytes, max_depth=LIMITS.json_depth)
        fields = Fields(value, file=file)
        check_format(fields, kind="signing.json")
        keys = Fields(fields["keys"] or {}, file=file)
        days = Fields(fields["days"] or {}, file=file)
        return Signing(
            registry=fields.text("registry"),
            root_sha256=fields.text("root_sha256"),
            keys={role: _places(keys[role], file) for role in ROLES},
            days={role: days.number(role, DAYS[role]) for role in ROLES},
        )
    except ManifestError as error:
        raise RegistryError(*error.problems) from error


def _place_json(place: KeyPlace) -> JsonObject:
    return {"keyid": place.keyid, "file": place.file} if place.file else {"keyid": place.keyid}


def _places(value: JsonValue, file: str) -> tuple[KeyPlace, ...]:
    if not isinstance(value, list):
        return ()
    each_one = [Fields(each, file=file) for each in value]
    return tuple(KeyPlace(keyid=each.text("keyid"), file=each.text("file", "")) for each in each_one)


class KeyStore:
    """The directory with signing.json and the keys that are here."""

    def __init__(self, directory: Path, *, passphrase: str = "") -> None:
        """`passphrase` opens keys that have one, and closes new ones."""
        self.directory = directory
        self._passphrase = passphrase
        self._signing: Signing | None = None
        self._loaded: dict[str, CryptoSigner | None] = {}

    @property
    def exists(self) -> bool:
        """Whether there is a signing.json."""
        return self._read(SIGNING, LIMITS.manifest_bytes) is not None

    @property
    def signing(self) -> Signing:
        """What signing.json says. RegistryError E711 if there is none."""
        if self._signing is None:
            data = self._read(SIGNING, LIMITS.manifest_bytes)
            if data is None:
                raise RegistryError.of("E711", directory=str(self.directory))
            self._signing = signing_from_bytes(data, file=str(self.directory / SIGNING))
        return self._signing

    def reload(self) -> None:
        """Read signing.json again when it is needed next."""
        self._signing = None

    def check_registry(self, registry_id: str) -> None:
        """These are the keys of that registry. RegistryError E711 if there are none, E712 if they are another's."""
        if self.signing.registry != registry_id:
            raise RegistryError.of("E712", key=str(self.directory / SIGNING), reason="it is for another registry")

    def keep(self, signing: Signing) -> None:
        """Write signing.json."""
        write_private(self.directory / SIGNING, signing_to_bytes(signing))
        self._signing = signing

    def signers(self, role: str, wanted: Collection[str] = ()) -> list[CryptoSigner]:
        """The keys of the role that are here: those that count by signing.json, and files of others that are wanted.

        Where the registry's files are of before a change of keys, brought back from a copy, the keys of then count.
        """
        places = self.signing.keys.get(role, ())
        before = sorted({*wanted} - {each.keyid for each in places})
        found = map(self._signer, (*places, *(KeyPlace(keyid=each, file=_file_of(role, each)) for each in before)))
        return [each for each in found if each is not None]

    def make(self, role: str, *, in_keyring: bool) -> tuple[CryptoSigner, KeyPlace]:
        """A new key, kept; it is nobody's until signing.json says so."""
        from securesystemslib.signer import CryptoSigner

        signer = CryptoSigner.generate_ed25519()
        keyid = signer.public_key.keyid
        if in_keyring:
            keep_secret(
                _entry(keyid),
                self._pem(signer).decode(),
                instead="leave `--keyring` out: keys are then files, which SKILLCTL_KEY_PASSPHRASE closes",
            )
            place = KeyPlace(keyid=keyid)
        else:
            place = KeyPlace(keyid=keyid, file=_file_of(role, keyid))
            write_private(self.directory / place.file, self._pem(signer))
        self._loaded[keyid] = signer
        return signer, place

    def _signer(self, place: KeyPlace) -> CryptoSigner | None:
        if place.keyid not in self._loaded:
            pem = self._read(place.file, _PEM_BYTES) if place.file else read_secret(_entry(place.keyid)).encode()
            self._loaded[place.keyid] = self._opened(pem, place) if pem else None
        return self._loaded[place.keyid]

    def _opened(self, pem: bytes, place: KeyPlace) -> CryptoSigner:
        from securesystemslib.signer import CryptoSigner

        signer = CryptoSigner(read_private_key(pem, self._passphrase, called=place.file or place.keyid[:8]))
        if signer.public_key.keyid != place.keyid:
            raise RegistryError.of("E712", key=place.file or place.keyid[:8], reason="it is another key")
        return signer

    def _pem(self, signer: CryptoSigner) -> bytes:
        return closed_pem(signer.private_bytes, self._passphrase)

    def _read(self, name: str, most: int) -> bytes | None:
        return read_bytes(self.directory / name, max_bytes=most)


def read_private_key(pem: bytes, passphrase: str, *, called: str) -> Ed25519PrivateKey:
    """The private key in a PEM. RegistryError E712 if it is none, no Ed25519 key, or the passphrase doesn't open it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    encrypted = b"ENCRYPTED" in pem
    if encrypted and not passphrase:
        raise RegistryError.of("E712", key=called, reason="it needs a passphrase")
    try:
        key = load_pem_private_key(pem, passphrase.encode() if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = "the passphrase doesn't open it" if encrypted else "it is no private key in PEM form"
        raise RegistryError.of("E712", key=called, reason=reason) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise RegistryError.of("E712", key=called, reason="it is no Ed25519 key")
    return key


def closed_pem(pem: bytes, passphrase: str) -> bytes:
    """The PEM of a private key under the passphrase, as it is without one."""
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    if not passphrase:
        return pem
    key = load_pem_private_key(pem, None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))


def _file_of(role: str, keyid: str) -> str:
    return f"{role}-{keyid[:8]}.pem"


def _entry(keyid: str) -> str:
    return f"registry-key:{keyid}"


def keys_of(directory: Path, registry_id: str, *, passphrase: str = "") -> KeyStore:
    """The keys of that registry: in the directory, or below it under the id, as a server has those of each registry.

    RegistryError E711 if they are in neither, E712 if those in the directory are another's.
    """
    below = KeyStore(directory / registry_id, passphrase=passphrase)
    store = below if below.exists else KeyStore(directory, passphrase=passphrase)
    store.check_registry(registry_id)
    return store

"""The key that an author signs releases with: a file, the keyring, or the user's own, made when it is needed first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.errors import RegistryError
from skillctl.core.settings import Settings
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.disk.private import write_private
from skillctl.edges.secrets import keep_secret, read_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEYRING = "keyring"
AUTHOR_KEY = "author-key"

_PEM_BYTES = 64 * 1024


def author_key(settings: Settings, wanted: str, *, passphrase: str, make: bool) -> Ed25519PrivateKey | None:
    """The key in a file, in the keyring (`keyring`), or, without a wish, in the user's data; the last two are made.

    None if there is none yet and `make` is not given. RegistryError E712 if there is no such file, or it has no key.
    """
    from skillctl_registry.signing.keys import read_private_key

    own = Path(settings.directories.data) / "keys" / "author.pem"
    if wanted == KEYRING:
        pem = read_secret(AUTHOR_KEY).encode()
    else:
        found = read_bytes(wanted or own, max_bytes=_PEM_BYTES)
        if wanted and not found:
            raise RegistryError.of(
                "E712", key=wanted, reason="there is no such file" if found is None else "it is empty"
            )
        pem = found or b""
    if pem:
        return read_private_key(pem, passphrase, called=wanted or str(own))
    return _made(wanted, own, passphrase) if make else None


def _made(wanted: str, own: Path, passphrase: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from skillctl_registry.signing.keys import closed_pem

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if wanted == KEYRING:
        keep_secret(AUTHOR_KEY, pem.decode(), instead="leave `--key keyring` out: the key is then kept in a file")
    else:
        write_private(own, closed_pem(pem, passphrase))
    return key

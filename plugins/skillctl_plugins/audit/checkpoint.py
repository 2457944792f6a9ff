"""Signed checkpoints: what the log was at a moment, in the form of C2SP tlog-checkpoint and signed-note.

    skillctl audit log
    128
    <root, base64>

    — skillctl-audit <base64 of 4 bytes of key id and the signature>

The key is Ed25519 and lies beside the log, readable by the user alone. So a checkpoint convinces others who hold its
public key, and not against the user who holds the private one.
"""

from __future__ import annotations

import hashlib
from binascii import a2b_base64, b2a_base64
from pathlib import Path

from skillctl.core.errors import PluginError
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.disk.private import write_private

ORIGIN = "skillctl audit log"
NAME = "skillctl-audit"
KEY = "key"

_ALGORITHM = b"\x01"  # Ed25519, by C2SP signed-note
_BYTES = 64 * 1024
_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A length and the root of a log of that length."""

    size: int
    root: str
    """Hex."""

    def text(self) -> str:
        """The note without its signature."""
        return f"{ORIGIN}\n{self.size}\n{_text(bytes.fromhex(self.root))}\n"


def parse_text(text: str) -> Checkpoint:
    """The checkpoint of a note's text. ValueError if it is none."""
    origin, size, root, *rest = text.split("\n")
    if origin != ORIGIN or not size.isdecimal() or rest != [""]:
        raise ValueError("it is no checkpoint of this log")
    return Checkpoint(size=int(size), root=a2b_base64(root, strict_mode=True).hex())


def signed(checkpoint: Checkpoint, folder: Path) -> bytes:
    """The signed note; the key is made where there is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = _seed(folder)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    text = checkpoint.text()
    signature = _text(_key_id(public) + key.sign(text.encode()))
    return f"{text}\n\u2014 {NAME} {signature}\n".encode()


def verified(note: bytes, folder: Path) -> Checkpoint:
    """The checkpoint of a note whose signature holds. ValueError if it does not."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    text, _, signatures = note.decode(errors="replace").partition("\n\n")
    data = read_bytes(folder / KEY, max_bytes=_BYTES)
    if data is None:
        raise ValueError("its key is gone")
    public = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(data.decode().strip())).public_key()
    prefix = f"\u2014 {NAME} "
    for line in signatures.splitlines():
        if not line.startswith(prefix):
            continue
        try:
            found = a2b_base64(line.removeprefix(prefix), strict_mode=True)
            if found[:4] == _key_id(public.public_bytes_raw()):
                public.verify(found[4:], f"{text}\n".encode())
                return parse_text(f"{text}\n")
        except InvalidSignature:
            break
    raise ValueError("its signature does not hold")


def public_key(folder: Path) -> str:
    """The verifier key by which others can check, as C2SP signed-note writes it: name, key id, key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.from_private_bytes(_seed(folder)).public_key().public_bytes_raw()
    return f"{NAME}+{_key_id(public).hex()}+{_text(_ALGORITHM + public)}"


def _text(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()  # the module base64 costs a millisecond more to import


def _key_id(public: bytes) -> bytes:
    return hashlib.sha256(f"{NAME}\n".encode() + _ALGORITHM + public).digest()[:4]


def _seed(folder: Path) -> bytes:
    """The key; made where there is none. PluginError E630 if what is there is no key."""
    data = read_bytes(folder / KEY, max_bytes=_BYTES)
    if data is not None:
        return _parsed(data, folder)
    import secrets

    seed = secrets.token_bytes(_KEY_BYTES)
    write_private(folder / KEY, f"{seed.hex()}\n".encode())
    return seed


def _parsed(data: bytes, folder: Path) -> bytes:
    try:
        seed = bytes.fromhex(data.decode().strip())
    except ValueError:
        seed = b""
    if len(seed) != _KEY_BYTES:
        raise PluginError.of("E630", file=str(folder / KEY), reason="its key is damaged")
    return seed

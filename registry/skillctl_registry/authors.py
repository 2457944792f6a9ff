"""Signatures of authors over their releases: who made this, whichever registry it lies in.

What is signed is the pre-authentication encoding of DSSE (v1) over one JSON object with `name`, `tree` and `version`,
in this order and without spaces, of the type `application/vnd.skillctl.release+json`. The tree digest is the identity
of the files, so the signature holds for them in every archive and registry. A line of the index has public key and
signature; the rest of the envelope follows from the line, so that nobody has to fetch or keep it.

A key is known by its id, the sha256 of its 32 bytes. What a key is worth is said by what it signed before: a release of
a pack signed by a key that signed none of the earlier ones is told loudly, and so is one that nobody signed where the
earlier ones were. Signatures are optional, and a policy may demand them.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.json_value import JsonObject
from skillctl.core.release import AuthorSignature, Release
from skillctl.core.value import dataclass, replace

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PAYLOAD_TYPE = "application/vnd.skillctl.release+json"

_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedBy:
    """Whose signatures of a release hold."""

    keyids: tuple[str, ...] = ()
    """Sorted."""
    problems: tuple[Problem, ...] = ()
    """A warning for each signature that doesn't."""


def payload(release: Release) -> bytes:
    """What is signed of a release."""
    facts = {"name": release.name, "tree": release.tree, "version": str(release.version)}
    return json.dumps(facts, separators=(",", ":")).encode()


def encoded(release: Release) -> bytes:
    """The payload with its type, as DSSE encodes it for signing."""
    kind, body = PAYLOAD_TYPE.encode(), payload(release)
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def with_signature(release: Release, key: Ed25519PrivateKey) -> Release:
    """The release signed by the author's key, beside those who signed it already."""
    public = b64encode(key.public_key().public_bytes_raw()).decode()
    others = tuple(each for each in release.signatures if each.key != public)
    made = AuthorSignature(key=public, sig=b64encode(key.sign(encoded(release))).decode())
    return replace(release, signatures=(*others, made))


def signed_by(release: Release) -> SignedBy:
    """Whose signatures of the release hold; it costs nothing where there are none."""
    if not release.signatures:
        return SignedBy()
    found = {keyid for each in release.signatures if (keyid := _holding(release, each))}
    broken = [each for each in release.signatures if not _holding(release, each)]
    warnings = tuple(problem("W705", name=release.name, version=str(release.version)) for _ in broken)
    return SignedBy(keyids=tuple(sorted(found)), problems=warnings)


def envelope(release: Release) -> JsonObject:
    """The whole DSSE envelope, for other programs."""
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": b64encode(payload(release)).decode(),
        "signatures": [{"keyid": keyid_of(each.key), "sig": each.sig} for each in release.signatures],
    }


def changed_authors(release: Release, releases: Iterable[Release]) -> tuple[Problem, ...]:
    """What is new about who signed a release, beside the pack's earlier ones: W705, W706 and W707.

    Earlier is what was published before. Nothing is told of the first release of a pack.
    """
    mine = signed_by(release)
    since = (release.published, release.version)  # times are to the second
    earlier = [each for each in releases if (each.published, each.version) < since]
    known = {keyid for each in earlier for keyid in signed_by(each).keyids}
    name, version = release.name, str(release.version)
    if known and not mine.keyids:
        return (*mine.problems, problem("W707", name=name, version=version))
    new = [keyid for keyid in mine.keyids if keyid not in known]
    if earlier and len(new) == len(mine.keyids) > 0:
        return (*mine.problems, *(problem("W706", name=name, version=version, key=short(keyid)) for keyid in new))
    return mine.problems


def keyid_of(key: str) -> str:
    """The id of a public key in base64; empty if it is none."""
    raw = _decoded(key)
    return hashlib.sha256(raw).hexdigest() if len(raw) == _KEY_BYTES else ""


def short(keyid: str) -> str:
    """The id as people are shown it."""
    return keyid[:16]


def _holding(release: Release, signature: AuthorSignature) -> str:
    """The id of the key, if the signature is its over this release; else empty."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    keyid = keyid_of(signature.key)
    if not keyid:
        return ""
    try:
        Ed25519PublicKey.from_public_bytes(_decoded(signature.key)).verify(_decoded(signature.sig), encoded(release))
    except (InvalidSignature, ValueError):
        return ""
    return keyid


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return b""

"""What a policy file says, kept by the digest of its bytes, so that YAML and patterns are read once.

An entry is a line with the sha256 of what follows, then JSON. One that is damaged, of another version or unreadable
is passed over and written anew; one that can't be written is no problem either.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.edges.disk.files import read_bytes, write_atomic

VERSION = 1
"""Of the door and of this form; a newer one reads no older entry."""
DIRECTORY = "policy"

_BYTES = 4 * 1024 * 1024


def kept_value(cache: str, digest: str) -> JsonObject | None:
    """The value of the file of that digest, which went through the door before; None if it is not known."""
    try:
        data = read_bytes(_file(cache, digest), max_bytes=_BYTES)
    except SkillctlError:
        return None
    if data is None:
        return None
    checksum, _, body = data.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        return None
    value = json.loads(body)
    if not isinstance(value, dict) or value.get("version") != VERSION or value.get("digest") != digest:
        return None
    policy = value.get("policy")
    return policy if isinstance(policy, dict) else None


def keep_value(cache: str, digest: str, value: JsonValue) -> None:
    """Remember the value of a file that went through the door."""
    body = json.dumps({"version": VERSION, "digest": digest, "policy": value}, separators=(",", ":")).encode()
    with suppress(SkillctlError):
        write_atomic(_file(cache, digest), hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def _file(cache: str, digest: str) -> Path:
    return Path(cache) / DIRECTORY / f"{digest.removeprefix('sha256:')}.json"

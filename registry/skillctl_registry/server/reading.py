"""The read side: the registry's files, as any web server gives them.

Only keys of the registry's own form are looked for, so that no path leads elsewhere. What lies under a digest or a
number never changes and may be kept for ever; all else is asked for again each time, by its ETag. Ranges of one piece
are given; answers are never compressed, since what is fetched is compared with digests. What never changes is known by
its name: whoever asks whether it is there, or for a piece, has nothing else of it read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol, runtime_checkable

from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass, field
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend

IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "no-cache"

_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{2})/(?P<digest>\1[0-9a-f]{62})\Z")
_LASTING = re.compile(
    rf"(?:metadata/[0-9]+\.[a-z0-9_-]+\.json|index/(?:[a-z0-9-]{{2}}|@{_NAME})/[0-9a-f]{{64}}\.{_NAME})\Z"
)
_CHANGING = re.compile(
    rf"(?:config\.json|metadata/timestamp\.json|catalog/[0-9a-f]{{2}}\.jsonl|index/(?:[a-z0-9-]{{2}}|@{_NAME})/{_NAME})\Z"
)
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})\Z")
_SMALL = 256 * 1024
_TYPES = {".json": "application/json", ".jsonl": "application/jsonl"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """An answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    """Empty where only the head was asked for."""


@runtime_checkable
class Pieces(Backend, Protocol):
    """A backend that knows how large a file is, and gives a piece of it."""

    def size(self, key: str) -> int | None:
        """Bytes of the file; None if it is not there."""

    def piece(self, key: str, first: int, end: int) -> bytes | None:
        """Its bytes from `first` up to `end`; None if it is not there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """A file that is there."""

    size: int
    piece: Callable[[int, int], bytes]
    """Its bytes from where to where."""


_MISSING = Given(status=404, headers={"cache-control": FRESH})


def is_file_key(key: str) -> bool:
    """Whether the key has the form of a registry's file."""
    return len(key) < 400 and any(form.match(key) for form in (_BLOB, _LASTING, _CHANGING))


def is_quick(backend: Backend, key: str) -> bool:
    """Whether the file, a small one on a disk, is read so quickly that nothing else need go on meanwhile."""
    if not isinstance(backend, DirectoryBackend):
        return False
    return not _BLOB.match(key) or (backend.size(key) or 0) <= _SMALL


def archive_of(key: str) -> str:
    """The digest of the archive under the key; empty if it is another file."""
    found = _BLOB.match(key)
    return f"sha256:{found['digest']}" if found else ""


def give(
    backend: Backend, key: str, headers: Mapping[str, str], *, only_head: bool = False, limits: Limits = LIMITS
) -> Given:
    """The file under a key of that form, as the headers (names in lower case) ask for it."""
    named = _tag_of(key)
    in_part = only_head or "if-none-match" in headers or "range" in headers
    found = _sized(backend, key) if named and in_part and isinstance(backend, Pieces) else _read(backend, key, limits)
    if found is None:
        return _MISSING
    tag = f'"{named or hashlib.sha256(found.piece(0, found.size)).hexdigest()}"'
    common = {"etag": tag, "cache-control": IMMUTABLE if named else FRESH, "accept-ranges": "bytes"}
    if is_known(headers.get("if-none-match", ""), tag):
        return Given(status=304, headers=common)
    kind = next((kind for ending, kind in _TYPES.items() if key.endswith(ending)), "application/octet-stream")
    whole = {**common, "content-type": kind, "x-content-type-options": "nosniff"}
    wanted = _RANGE.match(headers.get("range", ""))
    if wanted is None or headers.get("if-range", tag) != tag:
        return _given(200, whole, found, (0, found.size), only_head=only_head)
    piece = _piece(wanted["first"], wanted["last"], found.size)
    if piece is None:
        return Given(status=416, headers={**common, "content-range": f"bytes */{found.size}"})
    said = {**whole, "content-range": f"bytes {piece[0]}-{piece[1] - 1}/{found.size}"}
    return _given(206, said, found, piece, only_head=only_head)


def _read(backend: Backend, key: str, limits: Limits) -> _Found | None:
    """The whole file."""
    data = backend.get(key, max_bytes=max(limits.archive_bytes, limits.index_bytes) * 2)
    return None if data is None else _Found(size=len(data), piece=lambda first, end: data[first:end])


def _sized(backend: Pieces, key: str) -> _Found | None:
    """The file, of which nothing is read yet."""
    size = backend.size(key)
    return None if size is None else _Found(size=size, piece=lambda first, end: backend.piece(key, first, end) or b"")


def _given(status: int, headers: Mapping[str, str], found: _Found, piece: tuple[int, int], *, only_head: bool) -> Given:
    """The piece, or what its head says. One that is gone meanwhile is not given in part."""
    first, end = piece
    body = b"" if only_head or end == first else found.piece(first, end)
    if not only_head and len(body) != end - first:
        return _MISSING
    return Given(status=status, headers={**headers, "content-length": str(end - first)}, body=body)


@lru_cache(maxsize=10_000)
def _tag_of(key: str) -> str:
    """What a file that never changes is known by."""
    return "" if _CHANGING.match(key) else hashlib.sha256(key.encode()).hexdigest()


def is_known(said: str, tag: str) -> bool:
    """Whether If-None-Match says that the reader has it."""
    known = [each.strip().removeprefix("W/") for each in said.split(",")]
    return tag in known or "*" in known


def _piece(first: str, last: str, size: int) -> tuple[int, int] | None:
    """The bytes from where to where; None if there are none."""
    if not first:
        count = int(last) if last else 0
        return (max(0, size - count), size) if count and size else None
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None

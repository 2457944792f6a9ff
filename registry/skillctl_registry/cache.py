"""What was read of a registry behind an address, kept on disk: to be asked about by its ETag, and for no network.

    <cache>/registries/<key of the address>/files/index/ar/arcgis     an answer: checksum, facts, body
                                            blobs/<sha256>            an archive
                                            damaged/                  what was set aside

An answer is one file, written beside its place and renamed into it, so a reader never sees half of one, whoever is
killed and however many write. Its first line is the sha256 of all that follows, the second one says as JSON what the
server said of it, and the rest is the body. That the server had nothing is kept too: without a network, a name that a
registry does not have is something else than one that was never asked for.

Everything is checked each time it is read. What is damaged is moved aside and counts as never read. The cache can be
deleted at any time, and it is no error that it can't be written.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from skillctl.core.errors import InstallError
from skillctl.core.value import dataclass
from skillctl.core.web import origin_of
from skillctl.edges.disk.files import make_directory, read_bytes, write_atomic
from skillctl.edges.disk.look import iterate_directories
from skillctl.edges.disk.trees import move, remove_tree

REGISTRIES = "registries"

_FACTS = 4096  # bytes of an answer's two first lines, at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An answer as it was kept."""

    body: bytes | None
    """None: the server had nothing under that key."""
    seen: str
    """When the server last said so, RFC 3339."""
    etag: str = ""
    modified: str = ""
    """Its Last-Modified, where it gave no ETag."""


def cache_directory(cache: str, url: str, *, beyond: str = "") -> Path:
    """Where the answers of the registry at that address lie, below the user's cache directory.

    `beyond` is what decides, besides the address, whose answers they are.
    """
    place = f"{origin_of(url)} {url.rstrip('/')}" + (f" {beyond}" if beyond else "")
    called = hashlib.sha256(place.encode()).hexdigest()[:32]
    return Path(cache, REGISTRIES, called)


def forget_answers(cache: str) -> None:
    """Take away what was kept of every registry."""
    remove_tree(Path(cache, REGISTRIES))


def forget_damaged(cache: str) -> None:
    """Take away what was set aside: nothing reads it any more."""
    root = Path(cache, REGISTRIES)
    for name in iterate_directories(root):
        remove_tree(root / name / "damaged")


class AnswerCache:
    """The answers of one registry."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.damaged = 0
        """Files that were set aside since this was made."""

    def answer(self, key: str, *, max_bytes: int) -> Kept | None:
        """What was kept under the key; None if nothing was, or nothing that is whole."""
        path = self._root / "files" / key
        data = self._read(path, max_bytes + _FACTS)
        if data is None:
            return None
        kept = _read_answer(data)
        if kept is None or len(kept.body or b"") > max_bytes:
            self._set_aside(path)
            return None
        return kept

    def keep(self, key: str, kept: Kept) -> None:
        """Put the answer in the place of the one that is there."""
        with suppress(InstallError):
            write_atomic(self._root / "files" / key, _written_answer(kept))

    def blob(self, sha256: str, *, max_bytes: int) -> bytes | None:
        """The archive with that digest in hexadecimal; None if it is not here, or no longer itself."""
        path = self._root / "blobs" / sha256
        data = self._read(path, max_bytes)
        if data is not None and hashlib.sha256(data).hexdigest() != sha256:
            self._set_aside(path)
            return None
        return data

    def keep_blob(self, sha256: str, data: bytes) -> bool:
        """Keep an archive that was checked; whether it is kept."""
        with suppress(InstallError):
            write_atomic(self._root / "blobs" / sha256, data)
            return True
        return False

    def has_blob(self, sha256: str) -> bool:
        """Whether there is something under the digest; only `blob` says whether it is whole."""
        return os.path.exists(self._root / "blobs" / sha256)

    def _read(self, path: Path, max_bytes: int) -> bytes | None:
        try:
            return read_bytes(path, max_bytes=max_bytes)
        except InstallError:  # too large for what it should be, or not to be read
            self._set_aside(path)
            return None

    def _set_aside(self, path: Path) -> None:
        self.damaged += 1
        with suppress(InstallError, FileNotFoundError):  # another command may have been quicker
            make_directory(self._root / "damaged")
            move(path, self._root / "damaged" / f"{path.name}.{os.urandom(4).hex()}")


def _written_answer(kept: Kept) -> bytes:
    facts = {
        "found": kept.body is not None,
        "seen": kept.seen,
        "etag": kept.etag[:1024],
        "modified": kept.modified[:256],
    }
    rest = json.dumps(facts).encode() + b"\n" + (kept.body or b"")
    return hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest


def _read_answer(data: bytes) -> Kept | None:
    checksum, _, rest = data.partition(b"\n")
    if hashlib.sha256(rest).hexdigest().encode() != checksum:
        return None
    line, _, body = rest.partition(b"\n")
    try:
        facts = json.loads(line)
        found, seen, etag, modified = (facts[each] for each in ("found", "seen", "etag", "modified"))
    except (ValueError, KeyError, TypeError):
        return None
    return Kept(body=body if found else None, seen=str(seen), etag=str(etag), modified=str(modified))

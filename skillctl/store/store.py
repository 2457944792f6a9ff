"""The store: every unpacked tree once, by its digest.

    trees/<hex>/         the files of the tree
    records/<hex>.json   what installing needs of it, worked out once: files with digests, skills with their layout
    new/                 trees that are being made ready
    lock                 shared by commands that use trees, held alone by one that prunes
    mending              held by a command that puts a whole tree in the place of a damaged one

A tree is made ready beside and moved into place whole. Whoever copies from it hashes what it copies, so a damaged tree
is found when it is used. A record is a cache, and is believed only if its files add up to the digest; where it is
missing or of an unknown format, it is made again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from skillctl.core.digests import digest_hex, digest_of_lines, entry_of
from skillctl.core.errors import SkillctlError
from skillctl.core.limits import Limits
from skillctl.core.stored import StoredPack, stored_from_json, stored_to_json
from skillctl.edges.disk.files import list_names, read_bytes, remove_file, write_atomic
from skillctl.edges.disk.locks import locked
from skillctl.edges.disk.look import iterate_directories, kind_at, total_size
from skillctl.edges.disk.trees import hash_tree, move, move_to_free, read_tree_files, remove_tree, write_tree

_RECORD_BYTES = 16 * 1024 * 1024
_MENDING_SECONDS = 60.0


class Store:
    """Trees below one directory, which is made when the first tree comes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._trees = root / "trees"
        self._records = root / "records"

    def tree(self, digest: str) -> str:
        """Where the tree of that digest lies, or would lie."""
        return f"{self._trees}/{digest_hex(digest)}"

    def record(self, digest: str) -> StoredPack | None:
        """What is known of the tree; None if the store does not have it, or its record is no use."""
        return self._read_record(digest) if kind_at(self.tree(digest)) == "directory" else None

    def records(self, digests: Iterable[str]) -> dict[str, StoredPack]:
        """The same of many trees, by digest, with one look at the store; without those of which nothing is known."""
        there = {f"tree1:{name}" for name in iterate_directories(self._trees)}
        found = {digest: self._read_record(digest) for digest in digests if digest in there}
        return {digest: pack for digest, pack in found.items() if pack is not None}

    def _read_record(self, digest: str) -> StoredPack | None:
        path = self._record_file(digest)
        data = read_bytes(path, max_bytes=_RECORD_BYTES)
        if data is None:
            return None
        try:
            # whoever can write here can write a strict JSON text as well as another
            pack = stored_from_json(json.loads(data), file=path)
        except (SkillctlError, ValueError, RecursionError):
            return None
        return pack if pack.tree == digest == digest_of_lines(pack.lines) else None

    def is_whole(self, digest: str) -> bool:
        """Whether the tree holds what it was unpacked with, to the last byte: every file is read."""
        pack = self.record(digest)
        return pack is not None and _is_whole(self.tree(digest), pack)

    def files(self, digest: str, limits: Limits) -> dict[str, bytes]:
        """Path -> bytes of every file of the tree, as it lies there now: whoever relies on them hashes them."""
        return read_tree_files(Path(self.tree(digest)), limits=limits, keep=lambda _: True, enter=lambda _: True)

    def add(self, pack: StoredPack, files: Mapping[str, bytes]) -> None:
        """Keep the files of the tree, which the caller has checked against its digest, and its record."""
        new = f"{self.root}/new"
        ready = f"{new}/{os.urandom(8).hex()}"
        try:
            write_tree(ready, files)
            self._put(ready, pack)
        except BaseException:
            remove_tree(ready)
            raise
        write_atomic(self._record_file(pack.tree), json.dumps(stored_to_json(pack)).encode())

    def drop(self, digest: str) -> None:
        """Remove a tree, damaged or no longer wanted."""
        remove_file(Path(self._record_file(digest)))
        remove_tree(self.tree(digest))

    def digests(self) -> Iterator[str]:
        """The digests of all trees that the store has."""
        return (f"tree1:{name}" for name in iterate_directories(self._trees))

    def size(self) -> int:
        """Bytes of all trees and records."""
        return total_size(self.root)

    def in_use(self, *, timeout: float, purpose: str) -> AbstractContextManager[None]:
        """For a block that adds and reads trees: nothing is pruned meanwhile."""
        return locked(self._lock_file, timeout=timeout, purpose=purpose, shared=True)

    def alone(self, *, timeout: float, purpose: str) -> AbstractContextManager[None]:
        """For a block that removes trees."""
        return locked(self._lock_file, timeout=timeout, purpose=purpose)

    def prune(self, keep: frozenset[str]) -> list[str]:
        """Remove every tree but those, and what killed commands left; the digests that went. Only while `alone`."""
        gone = [digest for digest in self.digests() if digest not in keep]
        for digest in gone:
            self.drop(digest)
        remove_tree(self.root / "new")
        for name in list_names(self._records):
            if f"tree1:{name.removesuffix('.json')}" not in keep:
                remove_file(self._records / name)
        return gone

    @property
    def _lock_file(self) -> Path:
        return self.root / "lock"

    def _record_file(self, digest: str) -> str:
        return f"{self._records}/{digest_hex(digest)}.json"

    def _put(self, ready: str, pack: StoredPack) -> None:
        """Move a tree into place. One that is there and whole stays: another command may be copying from it."""
        tree = self.tree(pack.tree)
        if move_to_free(ready, tree):
            return
        try:
            with locked(self.root / "mending", timeout=_MENDING_SECONDS, purpose="mending the store"):
                if not _is_whole(tree, pack):
                    move(tree, f"{ready}-damaged")
                    # whoever adds the same tree at this moment, without the lock, may be first; theirs is whole as well
                    move_to_free(ready, tree)
        finally:
            remove_tree(ready)
            remove_tree(f"{ready}-damaged")


def _is_whole(tree: str, pack: StoredPack) -> bool:
    """Whether the tree holds the files that the record names, to the last byte."""
    wanted = {entry.path: entry.sha256 for entry in map(entry_of, pack.lines)}
    return kind_at(tree) == "directory" and hash_tree(Path(tree)) == wanted

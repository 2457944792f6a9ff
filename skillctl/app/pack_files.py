"""The files of a pack, wherever it lies: what is known of them, as of a tree that comes into the store."""

from __future__ import annotations

from collections.abc import Mapping

from skillctl.archive.reader import Member, Unpacked
from skillctl.core.digests import file_entry, tree_digest
from skillctl.core.limits import Limits
from skillctl.core.stored import StoredPack
from skillctl_registry.records import stored_of


def unpacked_files(files: Mapping[str, bytes]) -> Unpacked:
    """These files (path -> bytes) as a tree that was read."""
    entries = [file_entry(path, files[path]) for path in sorted(files, key=str.encode)]
    members = [Member(entry.path, files[entry.path]) for entry in entries]
    return Unpacked(members, entries, tree_digest(entries), sum(entry.size for entry in entries))


def stored_from_files(files: Mapping[str, bytes], *, called: str, limits: Limits) -> StoredPack:
    """What is known of these files. ManifestError if they are no pack."""
    return stored_of(unpacked_files(files), files, called=called, limits=limits)

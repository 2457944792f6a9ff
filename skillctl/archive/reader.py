"""Reads a pack's archive and refuses everything that the writer would not have written.

There is one canonical form, so there is nothing to interpret: of each header the reader takes path and size, builds the
header that belongs to them (`archive.header`) and wants the same 512 bytes. Two readers can't see two different trees
in one archive. What is refused, by code:

    E201  a path that breaks a rule of `core.paths`, or that the fixed ignore list leaves out
    E202  a member that is no regular file: link, device, directory, extension header
    E203  not the canonical form: gzip header, checksum, a field of the header, order, padding, mode, end
    E204  the archive is larger than allowed, or unpacks to too much for its size; too many files, too many bytes
    E205  one file is too large
    E206  two paths that collide
    E208  not gzip, damaged, truncated, or followed by other bytes
    E209  the archive, or the tree in it, is not the one that was expected

Only when the last byte has been checked are the members given out; nothing is written. What headers say is never
followed: a mode, an owner or a time other than the fixed ones is a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skillctl.archive.bounds import check_member_size, check_packed_size, check_tree_size
from skillctl.archive.header import BLOCK, member_header, padding_of, stored_size
from skillctl.archive.inflate import Inflater
from skillctl.archive.refusal import path_bytes, refused_form, refused_header, refused_path
from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import FileEntry, file_entry, sha256_digest, tree_digest
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.paths import collision_problem, find_collision, path_problem
from skillctl.core.tree import is_executable, is_ignored
from skillctl.core.value import dataclass

_ZEROS = bytes(BLOCK)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """All files of an archive and what identifies them."""

    members: Sequence[Member]
    """In the byte order of their paths."""
    entries: Sequence[FileEntry]
    """One for each member, in the same order."""
    digest: str
    """`tree1:…`"""
    size: int
    """Bytes of all files together."""


def read_tree(data: bytes | Iterable[bytes], *, pack: str, limits: Limits = LIMITS) -> Unpacked:
    """The files of a .tar.gz with their digests (RegistryError; `pack` is what a refusal calls the archive)."""
    members = read_archive(data, pack=pack, limits=limits)
    entries = [file_entry(member.path, member.data) for member in members]
    return Unpacked(members, entries, tree_digest(entries), sum(entry.size for entry in entries))


def read_archive(data: bytes | Iterable[bytes], *, pack: str, limits: Limits = LIMITS) -> list[Member]:
    """The files of a .tar.gz, given whole or in chunks, sorted by path (RegistryError)."""
    packed = data if isinstance(data, bytes) else join_chunks(data, pack=pack, limits=limits)
    check_packed_size(len(packed), pack=pack, limits=limits)
    members = _Reader(packed, pack=pack, limits=limits).read()
    collision = find_collision(member.path for member in members)
    if collision is not None:
        raise RegistryError(collision_problem(collision, pack=pack))
    return members


def join_chunks(chunks: Iterable[bytes], *, pack: str, limits: Limits = LIMITS) -> bytes:
    """The chunks of a download as one, given up as soon as it is too large (RegistryError E204)."""
    pieces = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        check_packed_size(size, pack=pack, limits=limits)
        pieces.append(chunk)
    return b"".join(pieces)


def check_archive(data: bytes, *, pack: str, sha256: str, size: int | None = None) -> None:
    """Refuse archive bytes that are not those of the index line, before unpacking (RegistryError E209).

    `sha256` is a text `sha256:…`. A mismatch is a fault of the transport or of a mirror.
    """
    problems = []
    if size is not None and size != len(data):
        problems.append(_mismatch(pack, "archive-size", expected=size, found=len(data)))
    found = sha256_digest(data)
    if found != sha256:
        problems.append(_mismatch(pack, "archive-sha256", expected=sha256, found=found))
    if problems:
        raise RegistryError(*problems)


def check_tree(tree: Unpacked, *, pack: str, digest: str) -> None:
    """Refuse a tree that is not the release that was locked or published (RegistryError E209)."""
    if tree.digest != digest:
        raise RegistryError(_mismatch(pack, "tree-digest", expected=digest, found=tree.digest))


def _mismatch(pack: str, rule: str, *, expected: object, found: object) -> Problem:
    return problem("E209", place=Place(file=pack), pack=pack, rule=rule, expected=expected, found=found)


class _Reader:
    """One pass over one archive."""

    def __init__(self, packed: bytes, *, pack: str, limits: Limits) -> None:
        self._inflater = Inflater(packed, pack=pack, limits=limits)
        self._pack = pack
        self._limits = limits

    def read(self) -> list[Member]:
        members: list[Member] = []
        total = 0
        previous = ""
        while (block := self._inflater.take(BLOCK)) != _ZEROS:
            path, size, executable = self._header(block)
            if path < previous:
                raise refused_form(block, "unsorted", pack=self._pack)
            total += size
            check_member_size(size, pack=self._pack, member=path, limits=self._limits)
            check_tree_size(len(members) + 1, total, pack=self._pack, limits=self._limits)
            members.append(Member(path, self._data(block, size, executable=executable)))
            previous = path
        self._check_end()
        return members

    def _header(self, block: bytes) -> tuple[str, int, bool]:
        """Path, size and whether the mode says executable."""
        raw = path_bytes(block)
        size = stored_size(block)
        executable = block[100:108] == b"0000755\0"
        if size is None or member_header(raw, size, executable=executable) != block:
            raise refused_header(block, pack=self._pack, limits=self._limits)
        try:
            path = raw.decode()
        except UnicodeDecodeError:
            raise refused_path(block, "not-utf-8", pack=self._pack) from None
        rule = path_problem(path, self._limits) or ("ignored-file" if is_ignored(path) else None)
        if rule is not None:
            raise refused_path(block, rule, pack=self._pack)
        return path, size, executable

    def _data(self, block: bytes, size: int, *, executable: bool) -> bytes:
        data = self._inflater.take(size)
        padding = padding_of(size)
        if self._inflater.take(padding) != _ZEROS[:padding]:
            raise refused_form(block, "data-padding", pack=self._pack)
        if is_executable(data) != executable:
            raise refused_form(block, "mode", pack=self._pack)
        return data

    def _check_end(self) -> None:
        if self._inflater.take(BLOCK) != _ZEROS:
            raise self._odd_end("lone-zero-block")
        if not self._inflater.at_end():
            raise self._odd_end("data-after-end")

    def _odd_end(self, rule: str) -> RegistryError:
        return RegistryError.of(
            "E203", place=Place(file=self._pack), pack=self._pack, member="(end of archive)", rule=rule
        )

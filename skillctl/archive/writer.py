"""A pack as one file: the same files give the same tar everywhere, and the same .tar.gz twice on one machine.

The tar holds the files in the byte order of their paths, each as a header (`archive.header`), its bytes and zeros up
to the next 512, then two zero blocks. There are no members for directories: the files name those that are needed, and
a directory without files isn't part of a tree. Around it stands one gzip member with a fixed header: no name, no time,
level 9, system "unknown". Builds of zlib may choose other compressed bytes, so the identity of a release is its tree
digest, never the sha256 of its archive.

What the writer gives, the reader takes: the writer refuses what is over the reader's limits.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from skillctl.archive.bounds import check_member_size, check_packed_size, check_ratio, check_tree_size
from skillctl.archive.header import END, member_header, padding_of
from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.paths import check_paths
from skillctl.core.tree import is_executable, is_ignored

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""Deflate, no flags, no time, slowest and smallest, system unknown (RFC 1952)."""


def write_archive(files: Mapping[str, bytes], *, pack: str = "pack", limits: Limits = LIMITS) -> bytes:
    """The .tar.gz of the files, path -> bytes (RegistryError; `pack` is what a refusal calls it)."""
    tar = write_tar(files, pack=pack, limits=limits)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY)
    body = packer.compress(tar) + packer.flush()
    trailer = zlib.crc32(tar).to_bytes(4, "little") + (len(tar) & 0xFFFFFFFF).to_bytes(4, "little")
    archive = GZIP_HEADER + body + trailer
    check_packed_size(len(archive), pack=pack, limits=limits)
    check_ratio(len(tar), len(archive), pack=pack, limits=limits)
    return archive


def write_tar(files: Mapping[str, bytes], *, pack: str = "pack", limits: Limits = LIMITS) -> bytes:
    """The tar of the files, path -> bytes, which is the same on every machine (RegistryError)."""
    paths = sorted(files)
    check_paths(paths, pack=pack, limits=limits)
    check_tree_size(len(paths), sum(map(len, files.values())), pack=pack, limits=limits)
    pieces: list[bytes] = []
    misfits: list[tuple[str, str]] = []
    for path in paths:
        data = files[path]
        check_member_size(len(data), pack=pack, member=path, limits=limits)
        header = member_header(path.encode(), len(data), executable=is_executable(data))
        if is_ignored(path):
            misfits.append((path, "ignored-file"))
        elif header is None:
            misfits.append((path, "unsplittable"))
        else:
            pieces += (header, data, bytes(padding_of(len(data))))
    if misfits:
        raise RegistryError(*(_misfit(pack, path, rule) for path, rule in misfits))
    pieces.append(END)
    return b"".join(pieces)


def _misfit(pack: str, path: str, rule: str) -> Problem:
    return problem("E207", place=Place(file=pack, path=path), pack=pack, member=path, rule=rule)

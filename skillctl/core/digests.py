"""What identifies bytes: the sha256 of one file, and `tree1`, the digest of all files of a release.

`tree1` is the identity of a release, so its definition never changes; another definition would be `tree2`. It is the
sha256 of this text in UTF-8:

    skillctl-tree-1\n
    <sha256> <size> <path>\n      once for each file, in the byte order of the paths

where sha256 is 64 lowercase hexadecimal digits, size is decimal without leading zeros, and the path is one that
`core.paths` accepts (so it is in normal form C and holds no line end). There is no mode, no time and no directory in
it. Which files belong to a tree is the matter of `core.tree`. Worked example, a tree of one empty file `a`:

    sha256("skillctl-tree-1\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 a\n")
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from operator import attrgetter

from skillctl.core.diagnostics import Place
from skillctl.core.errors import RegistryError
from skillctl.core.value import dataclass

TREE_PREFIX = "tree1:"
SHA256_PREFIX = "sha256:"

_TITLE = "skillctl-tree-1"
_TREE = re.compile(r"tree1:[0-9a-f]{64}")
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_by_path = attrgetter("path")


EntryLine = str
"""`<sha256> <size> <path>`: a file of a tree as `tree1` digests it. A thousand packs have ten thousand, so they stay
texts until somebody wants more of one than its digest.
"""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a tree, without its bytes."""

    path: str
    sha256: str
    """64 hexadecimal digits, without a prefix."""
    size: int
    """Bytes."""


def file_entry(path: str, data: bytes) -> FileEntry:
    """The entry of a file with these bytes."""
    return FileEntry(path, hashlib.sha256(data).hexdigest(), len(data))


def entry_line(entry: FileEntry) -> EntryLine:
    """The file's line in the text that `tree1` is the sha256 of, without the line end."""
    return f"{entry.sha256} {entry.size} {entry.path}"


def line_sha256(line: str) -> str:
    """The digest in such a line, 64 hexadecimal digits."""
    return line[:64]


def entry_of(line: str) -> FileEntry:
    """The file of such a line. ValueError if it is none."""
    sha256, size, path = line.split(" ", 2)
    return FileEntry(path, sha256, int(size))


def digest_of_lines(lines: Sequence[str]) -> str:
    """`tree1:<64 hex>` of lines that are in the byte order of their paths."""
    return TREE_PREFIX + hashlib.sha256("\n".join((_TITLE, *lines, "")).encode()).hexdigest()


def tree_digest(entries: Iterable[FileEntry]) -> str:
    """`tree1:<64 hex>` of the files, in whatever order they come. The paths have been checked before."""
    # str compares by code point, which is the byte order of UTF-8
    return digest_of_lines([entry_line(entry) for entry in sorted(entries, key=_by_path)])


def sha256_digest(data: bytes) -> str:
    """`sha256:<64 hex>` of the bytes."""
    return SHA256_PREFIX + hashlib.sha256(data).hexdigest()


def is_tree_digest(text: str) -> bool:
    """Whether the text is `tree1:` and 64 lowercase hexadecimal digits."""
    return _TREE.fullmatch(text) is not None


def is_sha256_digest(text: str) -> bool:
    """Whether the text is `sha256:` and 64 lowercase hexadecimal digits."""
    return _SHA256.fullmatch(text) is not None


def parse_sha256_digest(text: str, *, place: Place | None = None) -> str:
    """The text itself, if it is the digest of a file (RegistryError E210)."""
    if not is_sha256_digest(text):
        raise RegistryError.of("E210", place=place, text=text, form=f"{SHA256_PREFIX}<64 hexadecimal digits>")
    return text


def digest_hex(digest: str) -> str:
    """The hexadecimal part of `tree1:…` or `sha256:…`, for a file name in a store."""
    return digest.partition(":")[2]

r"""Which files of a directory are its tree, and which of them are executable.

Rule 1, fixed and part of `tree1`: a path is left out if one of its parts is on the list below. The list holds only
what machines leave behind and no author writes by hand, since leaving out a real file would be the worse mistake;
anything else that should stay out is the business of the manifest's `files`. Letters compare without ASCII case (`.GIT`
is `.git` on half of all disks).

    version control       .git .hg .svn .bzr .jj
    Python                __pycache__ *.pyc *.pyo .pytest_cache .mypy_cache .ruff_cache .hypothesis .tox .nox .venv
    JavaScript            node_modules
    notebooks             .ipynb_checkpoints
    macOS                 .DS_Store ._* (resource forks) __MACOSX .AppleDouble .Spotlight-V100 .Trashes .fseventsd
                          Icon\r (a folder's own picture)
    Windows               Thumbs.db ehthumbs.db desktop.ini
    editors and offices   .*.sw[a-p] (Vim) *~ #*# .#* (Emacs) .~lock.* (LibreOffice) ~$* (Microsoft Office)
    file systems          .nfs[0-9a-f]… .fuse_hidden… (files that were deleted while open)
    skillctl              .skillctl

Not on it, on purpose: `.env` (must be seen by the scan for secrets, not silently lost), `.gitignore`, `.vscode`,
`dist`, `build`, `vendor`, `venv` (all may be an author's own).

Rule 2, the manifest's `files`: a list of globs in which `!` in front leaves out. A file stays if a glob without `!`
matches it (or there is none) and no glob with `!` does; the order means nothing. skill.json and what the manifest
refers to stay in whatever `files` says. Rule 1 has the last word.

A glob is matched against the whole path, letters with their case. `*` is any run of characters within one part, `?`
one character, `**` as a whole part any number of parts, also none. A glob that matches a directory takes in all that
is below it. `[`, `{` and `\` have no meaning.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from functools import lru_cache

EXECUTABLE_START = b"#!"
"""The first bytes of a file that may be run."""

_NAMES = frozenset(
    name.lower()
    for name in (
        *(".git", ".hg", ".svn", ".bzr", ".jj"),
        *("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox", ".venv"),
        *("node_modules", ".ipynb_checkpoints"),
        *(".DS_Store", "__MACOSX", ".AppleDouble", ".Spotlight-V100", ".Trashes", ".fseventsd", "Icon\r"),
        *("Thumbs.db", "ehthumbs.db", "desktop.ini"),
        ".skillctl",
    )
)
# str.lower would take the Kelvin sign for a k.
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_SUFFIXES = (".pyc", ".pyo", "~")
_PREFIXES = ("._", ".#", ".~lock.", "~$", ".fuse_hidden")
_VIM_SWAP = re.compile(r"\..*\.sw[a-p]", re.DOTALL)
_NFS_LEFTOVER = re.compile(r"\.nfs[0-9a-f]{8,}")
# The first characters of parts for which the prefixes and patterns need to be looked at.
_ODD_STARTS = frozenset(".#~")


def is_executable(data_prefix: bytes) -> bool:
    """Whether a file that begins with these bytes is executable (two bytes are enough)."""
    return data_prefix[:2] == EXECUTABLE_START


def is_ignored(path: str) -> bool:
    """Whether the fixed list leaves the path out. Works for a single name too, so that a walk can skip a directory."""
    plain = path.lower() if path.isascii() else path.translate(_ASCII_LOWER)
    parts = plain.split("/")
    return not _NAMES.isdisjoint(parts) or any(map(_is_leftover, parts))


def tree_files(paths: Iterable[str], *, patterns: Sequence[str] = (), always: Iterable[str] = ()) -> list[str]:
    """The paths that belong to the tree, sorted. `always` holds globs of what `patterns` can't leave out."""
    kept = [path for path in paths if not is_ignored(path)]
    if patterns:
        wanted = [pattern for pattern in patterns if not pattern.startswith("!")] or ["**"]
        unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
        needed = ["skill.json", *always]
        kept = [
            path
            for path in kept
            if matches_any(path, needed) or (matches_any(path, wanted) and not matches_any(path, unwanted))
        ]
    return sorted(kept)


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    """Whether one of the globs matches the path or a directory above it."""
    parts = path.split("/")
    return any(_matches(parts, pattern.removesuffix("/").split("/")) for pattern in patterns)


@lru_cache(maxsize=4096)
def _is_leftover(part: str) -> bool:
    """Whether a lowercase name is on the list by its beginning or end."""
    if part.endswith(_SUFFIXES):
        return True
    if not part or part[0] not in _ODD_STARTS:
        return False
    return (
        part.startswith(_PREFIXES)
        or (part[0] == "#" and part[-1] == "#" and len(part) > 1)
        or _VIM_SWAP.fullmatch(part) is not None
        or _NFS_LEFTOVER.fullmatch(part) is not None
    )


def _matches(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Parts against the parts of a glob; the path may go on below what the glob names.

    Steps forward in both, and on a mismatch back to the last `**`, which then takes one part more: never more work
    than the product of the two lengths.
    """
    at = here = 0
    star, resume = -1, 0
    while here < len(wanted):
        if wanted[here] == "**":
            star, resume = here, at
            here += 1
        elif at < len(parts) and _part_matches(parts[at], wanted[here]):
            at += 1
            here += 1
        elif star >= 0 and resume < len(parts):
            resume += 1
            at, here = resume, star + 1
        else:
            return False
    return True


def _part_matches(part: str, wanted: str) -> bool:
    """The same walk over characters, where `*` takes any number of them and the end must be reached in both."""
    if "*" not in wanted and "?" not in wanted:
        return part == wanted
    at = here = 0
    star, resume = -1, 0
    while at < len(part):
        if here < len(wanted) and wanted[here] == "*":
            star, resume = here, at
            here += 1
        elif here < len(wanted) and wanted[here] in ("?", part[at]):
            at += 1
            here += 1
        elif star >= 0:
            resume += 1
            at, here = resume, star + 1
        else:
            return False
    return all(character == "*" for character in wanted[here:])

"""Files by relative path: of a plan, which are not written yet, and of a directory, where tools left theirs too."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from skillctl.core.limits import MIB
from skillctl.edges.disk.files import read_bytes
from skillctl_runtime.plan import Plan

MADE_BY_TOOLS = frozenset(
    {".git", ".hg", ".svn", ".skillctl", "node_modules", ".venv", "venv", "__pycache__", "__pypackages__", "target"}
    | {"build", "dist", "out", ".gradle", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".eggs"}
    | {
        ".next",
        ".nuxt",
        ".output",
        ".svelte-kit",
        ".vite",
        ".turbo",
        ".parcel-cache",
        ".cache",
        ".yarn",
        ".pnp",
        ".bsp",
    }
    | {".idea", ".vscode", "CMakeFiles", "cmake-build-debug", "cmake-build-release", "builddir", "obj", ".pnpm-store"}
)
"""Directories that are not looked into for a project's own files, unless the plan wrote some there."""

LAUNCHERS = ("run.sh", "run.cmd")
"""The files that start a project, in its own directory."""

_READABLE = 32 * MIB
_AFTER_SLASH = chr(ord("/") + 1)


class PlanFiles:
    """The files of a plan."""

    def __init__(self, plan: Plan, inside: Mapping[str, bytes] | None = None) -> None:
        """`inside`: only these of them, by their paths in one folder."""
        self._plan = plan
        self._data = {each.path: each.data for each in plan.files} if inside is None else inside
        self._paths = tuple(sorted(self._data))

    def paths(self) -> tuple[str, ...]:
        """Every file, sorted."""
        return self._paths

    def data(self, path: str) -> bytes | None:
        """A file's bytes."""
        return self._data.get(path)

    def text(self, path: str) -> str | None:
        """A file's text."""
        return _text(self.data(path))

    def found(self, pattern: str) -> tuple[str, ...]:
        """Paths that match a glob."""
        return matching(self.paths(), (pattern,))

    def under(self, folder: str) -> PlanFiles:
        """The files of one folder."""
        if not folder:
            return self
        start = f"{folder}/"
        first = bisect_left(self._paths, start)
        after = bisect_left(
            self._paths, f"{folder}{_AFTER_SLASH}", lo=first
        )  # not all paths: every folder is asked for
        inside = {path.removeprefix(start): self._data[path] for path in self._paths[first:after]}
        return PlanFiles(self._plan, inside)


class DirectoryFiles:
    """The files of a directory; what tools made only where somebody asks for it by name."""

    def __init__(self, root: str, planned: Collection[str] = (), left_out: Collection[str] = LAUNCHERS) -> None:
        self.root = root
        self._planned = frozenset(planned)
        """Files that count although they lie where tools write."""
        self._left_out = frozenset(left_out) - self._planned
        """What we put there ourselves; it is the plan's if the plan has a file of that name."""

    def paths(self) -> tuple[str, ...]:
        """Every file that no tool made, sorted."""
        walked = set(_walked(self.root, skip=MADE_BY_TOOLS)) - self._left_out
        kept = {path for path in self._planned - walked if os.path.isfile(os.path.join(self.root, path))}
        return tuple(sorted(walked | kept))

    def data(self, path: str) -> bytes | None:
        """A file's bytes; a launcher of ours is no file of the project, and must never be found as its own start."""
        if path in self._left_out:
            return None
        whole = os.path.join(self.root, path)
        return read_bytes(whole, max_bytes=_READABLE) if os.path.isfile(whole) else None

    def text(self, path: str) -> str | None:
        """A file's text."""
        return _text(self.data(path))

    def found(self, pattern: str) -> tuple[str, ...]:
        """Paths that match a glob, tools' outputs included, sorted."""
        fixed = _fixed_part(pattern)
        base = os.path.join(self.root, fixed)
        if fixed == pattern:
            return (pattern,) if os.path.isfile(base) else ()
        depth = None if "**" in pattern else pattern.count("/") - fixed.count("/") - (1 if fixed else 0)
        inner = (f"{fixed}/{path}" if fixed else path for path in _walked(base, skip=frozenset({".git"}), depth=depth))
        return matching(inner, (pattern,))

    def under(self, folder: str) -> DirectoryFiles:
        """The files of one folder."""
        if not folder:
            return self
        start = f"{folder}/"
        planned = [each.removeprefix(start) for each in self._planned if each.startswith(start)]
        return DirectoryFiles(os.path.join(self.root, folder), planned, left_out=())


def matching(paths: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """The paths that match one of the globs: `*` and `?` stay in a name, `**` crosses folders; sorted."""
    known = [_compiled(pattern) for pattern in patterns]
    return tuple(sorted(path for path in paths if any(each.fullmatch(path) for each in known)))


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(each) or (each if each.startswith("[") else re.escape(each)) for each in parts))


def _fixed_part(pattern: str) -> str:
    """The folders at the beginning that are no pattern; the whole of it where nothing is."""
    match = re.search(r"[*?\[]", pattern)
    return pattern if match is None else pattern[: match.start()].rpartition("/")[0]


def _walked(root: str, *, skip: Collection[str], depth: int | None = None) -> Iterator[str]:
    waiting = [("", root, 0)]
    while waiting:
        prefix, directory, level = waiting.pop()
        try:
            entries = list(os.scandir(directory))
        except OSError:  # it went away, or nobody may look into it
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in skip and (depth is None or level < depth):
                    waiting.append((f"{prefix}{entry.name}/", entry.path, level + 1))
            else:
                yield prefix + entry.name


def _text(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None

"""A directory as a place that packs come from: read as it lies there, without what never belongs to a tree."""

from __future__ import annotations

import re
from pathlib import Path

from skillctl.core.errors import InstallError, RegistryError
from skillctl.core.limits import Limits
from skillctl.core.source import Origin
from skillctl.core.tree import is_ignored
from skillctl.core.value import replace
from skillctl.edges.disk.look import kind_at, real_path
from skillctl.edges.disk.trees import read_tree_files
from skillctl_registry.pack_folders import pack_paths
from skillctl_registry.sources.origin import Around, Snapshot

_MOST_FILES = 100_000
_OWN = re.compile(r"\.[A-Za-z0-9_-]+/skills/|skillctl\.(?:json|lock)\Z|\.gitignore\Z")
"""What skillctl writes into a project."""
_NOTHING = re.compile(r"(?!)")


def read_directory(origin: Origin, around: Around) -> Snapshot:
    """What lies there. RegistryError E252 if it is no directory; InstallError for what can't be read, or is a link."""
    root = directory_of(origin, around)
    limits = replace(around.limits, tree_files=_MOST_FILES)  # there may be many packs; each has its own limits
    own = _OWN if root == real_path(around.base) else _NOTHING  # what is installed here is no part of what lies here
    wanted = pack_paths([path for path in _paths_below(root, limits) if not own.match(path)])
    files = read_tree_files(root, limits=limits, keep=wanted.__contains__, enter=_is_kept)
    return Snapshot(files=files, pin={}, root=str(root))


def _paths_below(root: Path, limits: Limits) -> list[str]:
    """Every path that could be of a pack, unread."""
    paths: list[str] = []

    def note(path: str) -> bool:
        paths.append(path)
        if len(paths) > _MOST_FILES:
            raise InstallError.of("E456", path=str(root), limit=f"{_MOST_FILES} files together")
        return False

    read_tree_files(root, limits=limits, keep=note, enter=_is_kept)
    return paths


def directory_of(origin: Origin, around: Around) -> Path:
    """The directory that the origin means, links resolved."""
    written = Path(origin.location.replace("\\", "/")) if "\\" in origin.location else Path(origin.location)
    root = real_path(around.base / written)
    kind = kind_at(str(root))
    if kind != "directory":
        reason = "there is no such directory" if kind == "nothing" else "it is no directory"
        raise RegistryError.of("E252", origin=str(origin), path=str(root), reason=reason)
    return root


def _is_kept(path: str) -> bool:
    return not is_ignored(path)

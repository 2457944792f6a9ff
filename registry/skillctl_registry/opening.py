"""From what people call a registry to a source that is read, or a backend that is published to.

What a directory is shows in what it holds. A folder of packs has directories with a skill.json, and a registry never
has one there, so the two can't be taken for each other. A directory that holds something else is neither, and nothing
is made in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from skillctl.core.errors import RegistryError
from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.limits import LIMITS, Limits
from skillctl.edges.disk.faults import disk_faults
from skillctl.edges.disk.files import list_names
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.config import CONFIG
from skillctl_registry.index import INDEX
from skillctl_registry.sources import Source
from skillctl_registry.sources.folder import FolderSource
from skillctl_registry.sources.registry import RegistrySource

Kind = Literal["registry", "folder", "pack", "empty", "missing", "file", "other"]


def open_source(location: str, *, label: str, may_be_missing: bool = False, limits: Limits = LIMITS) -> Source:
    """The source at an absolute path: a registry or a folder of packs. RegistryError E232 to E236 if it is neither.

    `may_be_missing` is for the registry that the first publish makes: until then it is there and has nothing.
    """
    path = _directory(location)
    kind = kind_of(path)
    if kind == "folder":
        return FolderSource(path, label=label, limits=limits)
    if kind == "registry" or (may_be_missing and kind in ("missing", "empty")):
        return RegistrySource(DirectoryBackend(path), label=label, limits=limits)
    raise _refusal(location, kind)


def open_backend(location: str, *, lock_timeout: float = 60.0) -> DirectoryBackend:
    """The registry at an absolute path, to publish to; a directory that is missing or empty becomes one.

    RegistryError E232 to E237 where there can be none. `lock_timeout` is in seconds.
    """
    path = _directory(location)
    kind = kind_of(path)
    if kind in ("registry", "missing", "empty"):
        return DirectoryBackend(path, lock_timeout=lock_timeout)
    if kind == "folder":
        raise RegistryError.of("E237", location=location)
    raise _refusal(location, kind)


def is_address(location: str) -> bool:
    """Whether the location is a URL."""
    return "://" in location


def kind_of(path: Path) -> Kind:
    """What is at the path. InstallError if that can't be seen."""
    with disk_faults(path):
        if not path.is_dir():
            return "file" if path.exists() else "missing"
        names = [name for name in list_names(path) if not name.startswith(".")]
        if MANIFEST_FILE in names:
            return "pack"
        if any((path / name / MANIFEST_FILE).is_file() for name in names):
            return "folder"
    if CONFIG in names or INDEX.removesuffix("/") in names:
        return "registry"
    return "other" if names else "empty"


def _directory(location: str) -> Path:
    if is_address(location):
        raise RegistryError.of("E233", location=location)
    return Path(location)


def _refusal(location: str, kind: Kind) -> RegistryError:
    if kind == "pack":
        return RegistryError.of("E236", location=location)
    reasons = {"missing": "there is no such directory", "file": "it is a file", "empty": "the directory is empty"}
    if kind in reasons:
        return RegistryError.of("E232", location=location, reason=reasons[kind])
    return RegistryError.of("E234", location=location)

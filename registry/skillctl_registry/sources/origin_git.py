"""A git repository as a place that packs come from: a commit, read from objects; its tags are versions."""

from __future__ import annotations

from collections.abc import Mapping

from skillctl.core.source import Origin
from skillctl.core.versions import Version
from skillctl_registry.pack_folders import pack_paths
from skillctl_registry.sources.origin import Around, Snapshot
from skillctl_registry.tags import versions_of_tags


def read_commit(origin: Origin, around: Around, *, commit: str = "") -> Snapshot:
    """The files of the commit, or of what the origin's ref names now. RegistryError E265 to E279."""
    git = around.git()
    pinned = commit or git.commit_of(origin.location, origin.ref)
    before = len(git.problems())
    files = git.files(origin.location, pinned, origin.subdirectory, wanted=pack_paths)
    return Snapshot(files=files, pin={"commit": pinned}, problems=git.problems()[before:])


def version_tags(origin: Origin, around: Around, *, name: str) -> Mapping[str, Version]:
    """Tag -> version, the highest version first."""
    versions = versions_of_tags(around.git().tags(origin.location), name=name)
    return {tag: version for version, (tag, _) in sorted(versions.items(), reverse=True)}

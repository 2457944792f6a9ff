"""A pack's directory, read: its manifest, the files of its tree, and the release that they make.

The directory is as its author left it, so what is no part of the tree is left out here: what `core.tree` ignores, and
what the manifest's `files` leaves out. Links are not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from skillctl.core.digests import file_entry, tree_digest
from skillctl.core.errors import ManifestError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.manifest import (
    Manifest,
    manifest_from_json,
    permissions_to_json,
    referred_patterns,
    requires_to_json,
    skill_entries,
    skill_name,
)
from skillctl.core.paths import check_paths
from skillctl.core.release import Release
from skillctl.core.tree import is_ignored, tree_files
from skillctl.edges.disk.trees import read_tree_files
from skillctl.formats.json_places import located
from skillctl.formats.json_text import load_json


def read_manifest(data: bytes, *, file: str, limits: Limits = LIMITS) -> Manifest:
    """The manifest in a skill.json. ManifestError with every problem of it and its place."""
    value = load_json(data, file=file, max_bytes=limits.manifest_bytes, max_depth=limits.json_depth)
    try:
        return manifest_from_json(value, file=file)
    except ManifestError as error:
        raise ManifestError(*located(error.problems, data)) from error


def read_pack_files(root: Path, manifest: Manifest, *, limits: Limits = LIMITS) -> dict[str, bytes]:
    """The files of the pack in that directory, of which the manifest was read before.

    InstallError for what can't be read, is a link or over a limit; RegistryError for paths that no pack may have.
    """
    found = read_tree_files(root, limits=limits, keep=_is_kept, enter=_is_kept)
    always = referred_patterns(manifest, skill_entries(manifest, found))
    paths = tree_files(found, patterns=manifest.files, always=always)
    check_paths(paths, pack=manifest.name, limits=limits)
    return {path: found[path] for path in paths}


def release_of(manifest: Manifest, files: Mapping[str, bytes]) -> Release:
    """The release that these files are, not published yet: without archive, size and time."""
    return Release(
        name=manifest.name,
        version=manifest.version,
        tree=tree_digest(file_entry(path, data) for path, data in files.items()),
        dependencies={name: str(each.constraint) for name, each in sorted(manifest.dependencies.items())},
        requires=requires_to_json(manifest.requires),
        skills=skill_names(manifest, files),
        description=manifest.description,
        license=manifest.license,
        permissions=permissions_to_json(manifest.permissions),
    )


def skill_names(manifest: Manifest, paths: Iterable[str]) -> tuple[str, ...]:
    """The names of the pack's skills, sorted."""
    return tuple(sorted(skill_name(entry, pack=manifest.name) for entry in skill_entries(manifest, paths)))


def _is_kept(path: str) -> bool:
    return not is_ignored(path)

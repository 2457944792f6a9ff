"""Any folder of packs as a source: the packs shipped with skillctl, a checkout of somebody's packs, a network drive.

Every directory in it with a skill.json is a pack; the manifest says which, the directory's name says nothing. Such a
folder is read and never written to, and there are no archives: a release is what lies there, and its tree digest is
worked out for the names that are asked for. Packs that nobody asks for cost the reading of their manifest.

A broken manifest is reported and hides no other pack. Asked for by the name that it gives, or that its directory has,
it is an error: a pack that is there and broken must not fall through to a stranger of the same name elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import file_entry, tree_digest
from skillctl.core.errors import ManifestError, RegistryError, SkillctlError
from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.tree import is_ignored
from skillctl.core.value import dataclass, field
from skillctl.core.versions import Version
from skillctl.edges.disk.faults import disk_faults
from skillctl.edges.disk.files import list_names, read_bytes
from skillctl.edges.disk.look import iterate_directories
from skillctl.formats.json_text import load_json
from skillctl_registry.sources import FOLDER_ID

if TYPE_CHECKING:
    from skillctl.archive.reader import Unpacked
    from skillctl.core.manifest import Manifest
    from skillctl_registry.catalog import CatalogEntry


@dataclass(frozen=True, slots=True)
class _Pack:
    """A pack of the folder of which the manifest was read."""

    directory: str
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class _Listing:
    """What a folder holds."""

    packs: dict[str, list[_Pack]] = field(default_factory=dict)
    """By name."""
    broken: dict[str, SkillctlError] = field(default_factory=dict)
    """By every name that the pack may be known by."""
    problems: list[Problem] = field(default_factory=list)


class FolderSource:
    """The packs that lie in one folder."""

    signed = None

    def __init__(self, root: Path, *, label: str, id: str = FOLDER_ID, limits: Limits = LIMITS) -> None:  # noqa: A002
        self.root = root
        self._label = label
        self._id = id
        self._limits = limits
        self._listing: _Listing | None = None
        self._releases: dict[str, tuple[Release, ...]] = {}
        self._lock = Lock()

    @property
    def id(self) -> str:
        return self._id

    @property
    def label(self) -> str:
        return self._label

    def prefetch(self, names: Collection[str], *, then: Callable[[str], object] | None = None) -> None:
        """Nothing: the packs lie on this machine, and threads that parse take turns."""

    def releases(self, name: str) -> Sequence[Release] | None:
        with self._lock:  # several threads ask for many names, and the folder is listed once
            listing = self._listed()
            if name not in listing.packs:
                if name in listing.broken:
                    raise listing.broken[name]
                return None
            if name not in self._releases:
                self._releases[name] = self._read_releases(name, listing.packs[name])
            return self._releases[name]

    def yanked(self, name: str) -> Mapping[Version, str]:  # noqa: ARG002  a folder has no way to say it
        return {}

    def prefetch_files(self, releases: Collection[Release]) -> None:
        """Nothing, as with names."""

    def fetch(self, release: Release) -> Unpacked:
        from skillctl.archive.reader import Member, Unpacked
        from skillctl_registry.packs import read_pack_files

        called = f"{release.name} {release.version}"
        with self._lock:
            packs = self._listed().packs.get(release.name, ())
        pack = next((each for each in packs if each.manifest.version == release.version), None)
        if pack is None:
            place = Place(file=str(self.root))
            raise RegistryError.of("E239", place=place, release=called, name=release.name, registry=self._label)
        files = read_pack_files(self.root / pack.directory, pack.manifest, limits=self._limits)
        entries = [file_entry(path, data) for path, data in files.items()]
        digest = tree_digest(entries)
        if digest != release.tree:
            directory = str(self.root / pack.directory)
            raise RegistryError.of("E238", release=called, registry=self._label, directory=directory)
        members = [Member(path, data) for path, data in files.items()]
        return Unpacked(members, entries, digest, sum(entry.size for entry in entries))

    def names(self) -> Sequence[str]:
        with self._lock:
            return sorted(self._listed().packs)

    def catalog(self) -> Sequence[CatalogEntry]:
        with self._lock:
            packs = self._listed().packs
        return [self._entry(packs[name]) for name in sorted(packs)]

    def problems(self) -> Sequence[Problem]:
        return self._listing.problems if self._listing is not None else ()

    def _listed(self) -> _Listing:
        if self._listing is None:
            listing = _Listing()
            for directory in iterate_directories(self.root):
                if not is_ignored(directory):
                    self._look_into(directory, listing)
            self._listing = listing
        return self._listing

    def _look_into(self, directory: str, listing: _Listing) -> None:
        from skillctl_registry.packs import (
            read_manifest,  # manifests and their rules: a folder that nobody asks needs none
        )

        path = self.root / directory / MANIFEST_FILE
        data = b""
        try:
            found = read_bytes(path, max_bytes=self._limits.manifest_bytes)
            if found is None:
                return
            data = found
            manifest = read_manifest(data, file=str(path), limits=self._limits)
        except SkillctlError as error:
            listing.problems.append(
                problem("W223", place=Place(file=str(path)), directory=directory, registry=self._label)
            )
            listing.broken.update(dict.fromkeys((directory, self._given_name(data)), error))
            return
        listing.packs.setdefault(manifest.name, []).append(_Pack(directory, manifest))

    def _given_name(self, data: bytes) -> str:
        """The name in a manifest that can't be used otherwise; empty if that much can't be read."""
        try:
            limits = self._limits
            value = load_json(data, file="", max_bytes=limits.manifest_bytes, max_depth=limits.json_depth)
        except ManifestError:
            return ""
        name = value.get("name") if isinstance(value, dict) else None
        return name if isinstance(name, str) else ""

    def _read_releases(self, name: str, packs: Sequence[_Pack]) -> tuple[Release, ...]:
        versions: dict[str, _Pack] = {}
        for pack in packs:
            version = str(pack.manifest.version)
            if version in versions:
                one, other = (str(self.root / each.directory) for each in (versions[version], pack))
                raise RegistryError.of("E235", name=name, version=version, one=one, other=other)
            versions[version] = pack
        releases = (self._read_release(pack) for pack in packs)
        return tuple(sorted(releases, key=lambda release: release.version))

    def _read_release(self, pack: _Pack) -> Release:
        from skillctl_registry.packs import read_pack_files, release_of

        files = read_pack_files(self.root / pack.directory, pack.manifest, limits=self._limits)
        return release_of(pack.manifest, files)

    def _entry(self, packs: Sequence[_Pack]) -> CatalogEntry:
        from skillctl_registry.catalog import CatalogEntry
        from skillctl_registry.packs import skill_names

        by_version = {each.manifest.version: each for each in packs}
        best = max(by_version, key=lambda version: (version.pre is None, version))
        pack = by_version[best]
        manifest = pack.manifest
        return CatalogEntry(
            name=manifest.name,
            latest=best,
            description=manifest.description,
            keywords=manifest.keywords,
            capabilities=manifest.capabilities,
            skills=skill_names(manifest, self._likely_skill_files(pack)),
            deprecated=manifest.deprecated,
        )

    def _likely_skill_files(self, pack: _Pack) -> list[str]:
        """Where skills are found if the manifest names none."""
        if pack.manifest.skills is not None:
            return []
        root = self.root / pack.directory
        likely = [SKILL_FILE, *(f"skills/{name}/{SKILL_FILE}" for name in list_names(root / "skills"))]
        with disk_faults(root):
            return [path for path in likely if (root / path).is_file()]

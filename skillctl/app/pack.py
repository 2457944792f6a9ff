"""A pack's directory as one archive: the same files give the same tree and the same tar everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.archive.writer import write_archive
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import InstallError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import Limits
from skillctl.core.manifest import MANIFEST_FILE, Manifest, referred_patterns, skill_entries
from skillctl.core.release import Release
from skillctl.core.settings import Settings
from skillctl.core.tree import tree_files
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import read_bytes, write_atomic
from skillctl_registry.packs import read_manifest, read_pack_files, release_of

ARCHIVE_ENDING = ".tar.gz"


@dataclass(frozen=True, kw_only=True, slots=True)
class PackTree:
    """The files of a release-to-be, and what they are."""

    directory: Path
    manifest: Manifest
    files: Mapping[str, bytes]
    release: Release
    """Without archive, size and time."""

    @property
    def title(self) -> str:
        """`arcgis 1.2.0`, for messages."""
        return f"{self.manifest.name} {self.manifest.version}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PackRequest:
    """Which pack, and where its archive goes."""

    directory: Path
    output: Path
    """A file, or a directory that the archive goes into under its own name."""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PackOutcome(Outcome):
    """An archive and what identifies it."""

    name: str
    version: str
    archive: str
    """Where it is."""
    tree: str
    sha256: str
    """`sha256:…` of the archive; the compressed bytes may differ between machines, the tree never does."""
    size: int
    """Bytes of the archive."""
    files: int
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "version": self.version,
            "archive": self.archive,
            "tree": self.tree,
            "sha256": self.sha256,
            "size": self.size,
            "files": self.files,
            "dry_run": self.dry_run,
        }


def pack(settings: Settings, request: PackRequest) -> PackOutcome:
    """Write the pack's archive. ManifestError for a broken manifest, RegistryError for a file that can't be in one."""
    tree = read_pack(request.directory, settings.limits)
    data = write_archive(tree.files, pack=tree.title, limits=settings.limits)
    path = _archive_path(request.output, tree.manifest)
    _check_outside(path, tree)
    if not request.dry_run:
        write_atomic(path, data)
    return PackOutcome(
        name=tree.manifest.name,
        version=str(tree.manifest.version),
        archive=str(path),
        tree=tree.release.tree,
        sha256=sha256_digest(data),
        size=len(data),
        files=len(tree.files),
        dry_run=request.dry_run,
    )


def read_pack(directory: Path, limits: Limits) -> PackTree:
    """The pack in the directory. InstallError E428 if there is none, ManifestError if its manifest breaks a rule."""
    path = directory / MANIFEST_FILE
    data = read_bytes(path, max_bytes=limits.manifest_bytes)
    if data is None:
        raise InstallError.of("E428", path=str(directory))
    manifest = read_manifest(data, file=str(path), limits=limits)
    files = read_pack_files(directory, manifest, limits=limits)
    return PackTree(directory=directory, manifest=manifest, files=files, release=release_of(manifest, files))


def _archive_path(output: Path, manifest: Manifest) -> Path:
    """`@acme/tools` 1.0.0 becomes acme-tools-1.0.0.tar.gz."""
    if output.name.endswith((ARCHIVE_ENDING, ".tgz")) and not output.is_dir():
        return output
    plain = manifest.name.removeprefix("@").replace("/", "-")
    return output / f"{plain}-{manifest.version}{ARCHIVE_ENDING}"


def _check_outside(archive: Path, tree: PackTree) -> None:
    """Refuse an archive that would be packed into the next one (UsageError E030)."""
    if not archive.is_relative_to(tree.directory):
        return
    inside = archive.relative_to(tree.directory).as_posix()
    always = referred_patterns(tree.manifest, skill_entries(tree.manifest, tree.files))
    if tree_files([inside], patterns=tree.manifest.files, always=always):
        raise UsageError.of("E030", path=str(archive))

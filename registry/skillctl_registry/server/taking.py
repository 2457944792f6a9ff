"""What a server checks of an archive before it takes it: everything that the author's own machine should have checked.

The archive has to be in the one canonical form, the manifest has to be valid, the tree has to be just the files that
the manifest lets in, and no check of `validate` may find an error. The server trusts no digest that it has not made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skillctl.archive.reader import read_tree
from skillctl.core.diagnostics import Problem
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.manifest import MANIFEST_FILE, referred_patterns, skill_entries
from skillctl.core.release import AuthorSignature, Release
from skillctl.core.tree import tree_files
from skillctl.core.value import dataclass, replace
from skillctl.formats.checks import examine_pack
from skillctl_registry.authors import signed_by
from skillctl_registry.catalog import CatalogEntry, bare_entry
from skillctl_registry.packs import read_manifest, release_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """A release that may be published."""

    release: Release
    entry: CatalogEntry
    files: Mapping[str, bytes]
    problems: tuple[Problem, ...]
    """Warnings."""


def arrived(archive: bytes, signatures: Sequence[AuthorSignature], *, now: str, limits: Limits = LIMITS) -> Arrived:
    """The release in the archive. RegistryError or ManifestError with all that is wrong with it."""
    files = {each.path: each.data for each in read_tree(archive, pack="the archive", limits=limits).members}
    text = files.get(MANIFEST_FILE)
    if text is None:
        raise RegistryError.of("E740", file=MANIFEST_FILE)
    manifest = read_manifest(text, file=MANIFEST_FILE, limits=limits)
    left_in = tree_files(
        files, patterns=manifest.files, always=referred_patterns(manifest, skill_entries(manifest, files))
    )
    odd = sorted(files.keys() - {*left_in})
    if odd:
        raise RegistryError.of("E741", files=odd[:10])
    found = examine_pack(files, limits=limits).problems
    errors = [each for each in found if each.severity == "error"]
    if errors:
        raise ManifestError(*errors)
    release = replace(
        release_of(manifest, files),
        archive=sha256_digest(archive),
        size=len(archive),
        published=now,
        signatures=tuple(signatures),
    )
    broken = signed_by(release).problems
    if broken:
        raise RegistryError.of("E742", name=release.name, version=str(release.version))
    entry = replace(
        bare_entry(release),
        description=manifest.description,
        keywords=tuple(manifest.keywords),
        capabilities=tuple(manifest.capabilities),
        deprecated=manifest.deprecated,
    )
    warnings = tuple(each for each in found if each.severity == "warning")
    return Arrived(release=replace(release, description=""), entry=entry, files=files, problems=warnings)

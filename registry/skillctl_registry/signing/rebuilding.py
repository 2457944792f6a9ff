"""Making again what can be made of the rest: the catalog, index files that were lost or damaged, tags of archives.

The index file of a pack can be made of the archives in an unsigned registry, but for two things: which releases were
yanked, and when they were published. So a file that can be read stays as it is, and of a damaged one the lines that can
be read stay. An archive that an interrupted publish left behind looks like a release; it comes back only for a pack
whose index file is gone or damaged, and is told.

Where archives lie in an OCI registry, the tags of versions are put again; index files are not made of them, since such
a registry can't be asked for all that it has.

In a signed registry an index file that differs from what was signed is never made up: it is brought back from a copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.value import dataclass, replace
from skillctl.core.versions import Version
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import OpenBlobs, nowhere
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.index import INDEX, Index, index_path, name_in_path, parse_index, release_line
from skillctl_registry.packs import read_manifest, release_of
from skillctl_registry.publish import refresh_catalog
from skillctl_registry.signing.tidying import BLOBS
from skillctl_registry.sources.registry import read_index
from skillctl_registry.trust.files import MAX_TARGETS_BYTES


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """What was made again."""

    packs: int
    rebuilt: tuple[str, ...]
    """Packs whose index file was made of their archives."""
    problems: tuple[Problem, ...]


def rebuild(
    backend: Backend, *, signed: bool, now: str, elsewhere: OpenBlobs = nowhere, limits: Limits = LIMITS
) -> Rebuilt:
    """Bring the catalog up to the index, and in an unsigned registry make lost and damaged index files again."""
    problems: list[Problem] = []
    done: list[str] = []
    if not signed:
        for name, releases in sorted(_lost(backend, limits).items()):
            done.append(name)
            _write(backend, name, releases, now)
            problems.append(problem("W704", name=name, registry=backend.label, count=len(releases)))
    names = sorted(each for key in backend.list(INDEX) if (each := name_in_path(key)) is not None)
    blobs = blobs_of(backend, elsewhere, limits=limits)
    for release in _published(backend, names, limits):
        problems += blobs.settle(release)
    problems += refresh_catalog(backend, names, elsewhere=elsewhere, limits=limits)
    return Rebuilt(packs=len(names), rebuilt=tuple(done), problems=tuple(problems))


def _published(backend: Backend, names: Sequence[str], limits: Limits) -> Iterator[Release]:
    """Every release of an index file that can be read; what is wrong with others is told where it is looked at."""
    for name in names:
        with suppress(SkillctlError):
            index = read_index(backend, name, limits=limits)
            yield from index.releases if index is not None else ()


def _lost(backend: Backend, limits: Limits) -> Mapping[str, Sequence[Release]]:
    """Packs without an index file that can be read, with the releases that lines and archives tell of."""
    found: defaultdict[str, dict[Version, Release]] = defaultdict(dict)
    whole: dict[str, bool] = {}
    for release in _archived(backend, limits):
        name = release.name
        if name not in whole:
            index, whole[name] = _readable(backend, name, limits)
            found[name].update({each.version: each for each in index.releases})
        if not whole[name]:
            found[name].setdefault(release.version, release)
    return {name: [each[version] for version in sorted(each)] for name, each in found.items() if not whole[name]}


def _readable(backend: Backend, name: str, limits: Limits) -> tuple[Index, bool]:
    """What can be read of a pack's index file, and whether that is all of it."""
    key = index_path(name)
    data = backend.get(key, max_bytes=limits.index_bytes)
    if data is None:
        return Index(name=name), False
    try:
        return parse_index(data, name=name, file=key, limits=limits), True
    except SkillctlError:
        releases: dict[Version, Release] = {}
        for line in data.splitlines(keepends=True):
            try:
                for each in parse_index(line, name=name, file=key, limits=limits).releases:
                    releases.setdefault(each.version, each)
            except SkillctlError:
                continue
        return Index(name=name, releases=tuple(releases.values())), False


def _archived(backend: Backend, limits: Limits) -> Iterator[Release]:
    """What every archive that can be read is a release of."""
    from skillctl.archive.reader import read_tree
    from skillctl.core.digests import sha256_digest

    for key in backend.list(BLOBS):
        data = backend.get(key, max_bytes=limits.archive_bytes)
        if data is None or sha256_digest(data) != f"sha256:{key.rpartition('/')[2]}":
            continue
        try:
            files = {each.path: each.data for each in read_tree(data, pack=key, limits=limits).members}
            release = release_of(read_manifest(files["skill.json"], file=key), files)
        except (SkillctlError, KeyError):
            continue
        yield replace(release, archive=sha256_digest(data), size=len(data), description="")


def _write(backend: Backend, name: str, releases: Sequence[Release], now: str) -> None:
    key = index_path(name)
    lines = b"".join(release_line(each if each.published else replace(each, published=now)) for each in releases)
    backend.compare_and_set(key, backend.get(key, max_bytes=MAX_TARGETS_BYTES * 4), lines)

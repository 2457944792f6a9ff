"""Looking at all of a registry: every digest, every signature, nothing missing, nothing that doesn't belong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.value import dataclass, field, replace
from skillctl.core.versions import Version
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import OpenBlobs, nowhere
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.catalog import CATALOG, latest_release, lost_packs
from skillctl_registry.config import CONFIG, whole_config
from skillctl_registry.index import Index, blob_path, index_path
from skillctl_registry.signing.belonging import FORMED, damage_of, has_form, role_of
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.files import METADATA, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, metadata_key, target_key

if TYPE_CHECKING:
    from skillctl_registry.verified import VerifiedBackend

_TOLD = 5  # strange files, each as a problem of its own; `Checked` has all


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What was looked at, and what is wrong."""

    packs: int
    """Those that have a release."""
    releases: int
    bytes: int
    """Of all archives."""
    loose: tuple[str, ...] = ()
    """Files that nothing in the state of now refers to; of a signed registry also those of the states before it."""
    strange: tuple[str, ...] = ()
    """Files of a form that no publish writes."""
    names: frozenset[str] = frozenset()
    """Of every pack in the index."""
    latest: Mapping[str, Version | None] = field(default_factory=dict)
    """Pack -> the version that search is to tell; None where all are yanked. Of those that can be said to have one."""
    problems: tuple[Problem, ...] = ()


def check(
    backend: Backend, view: VerifiedBackend | None, *, elsewhere: OpenBlobs = nowhere, limits: Limits = LIMITS
) -> Checked:
    """Look at everything in the registry. `view` is its verified side, None for an unsigned one.

    Nothing is raised for what is wrong with one pack, so that all of it is told. RegistryError if the signed files as a
    whole are not to be believed.
    """
    problems: list[Problem] = []
    if view is not None:
        view.reader.targets()
    source = RegistrySource(view or backend, label=backend.label, elsewhere=elsewhere, limits=limits)
    with _told(problems):
        _ = source.id
    names, blobs = source.names(), blobs_of(view or backend, elsewhere, limits=limits)
    packs, releases, latest = 0, list[Release](), dict[str, Version | None]()
    for name in names:
        with _told(problems):
            index = source.index(name) or Index(name=name)
            packs += bool(index.releases or index.skipped)  # where all was deleted, only the name is left
            releases += index.releases
            if not index.skipped:
                best = latest_release(index.releases)
                latest[name] = best.version if best is not None else None
    for release in releases:
        with _told(problems), _told_to_the_keeper(release, backend.label):
            source.fetch(release)
            problems += blobs.unsettled(release)
    needed = {CONFIG, *_needed(view, names), *(blob_path(release.archive) for release in releases)}
    bins = None if view is None else view.reader.bins()
    others = [key for prefix in FORMED for key in backend.list(prefix) if key not in needed]
    loose = [key for key in others if has_form(key, bins=bins) and not key.startswith(CATALOG)]
    strange = [key for key in others if not has_form(key, bins=bins)]
    is_unsigned = view is None and not _has_lost_config(backend)
    if view is None and not is_unsigned:
        strange = []  # whether the registry is signed is not known, and so what belongs into it
    problems += _damaged(backend, loose, bins or (), limits)
    if is_unsigned and (lost := lost_packs(backend, limits=limits)):
        problems.append(problem("E789", registry=backend.label, count=len(lost), packs=lost[:_TOLD]))
    for key in strange[:_TOLD]:
        file = f"{backend.label}/{key}"
        problems.append(problem("E718", place=Place(file=file), file=key, registry=backend.label))
    return Checked(
        packs=packs,
        releases=len(releases),
        bytes=sum(release.size for release in releases),
        loose=tuple(loose),
        strange=tuple(strange),
        names=frozenset(names),
        latest=latest,
        problems=tuple(problems),
    )


def _needed(view: VerifiedBackend | None, names: Sequence[str]) -> Iterator[str]:
    """Every file of index and metadata that belongs to the state of now."""
    if view is None:
        yield from (index_path(name) for name in names)
        return
    reader = view.reader
    trusted = reader.trusted
    yield metadata_key(TIMESTAMP)
    yield metadata_key(SNAPSHOT, trusted.snapshot.version)
    yield from (metadata_key(ROOT, version) for version in range(1, trusted.root.version + 1))
    yield from (metadata_key(role, trusted.file_of(role)) for role in (TARGETS, *reader.bins()))
    for path, target in reader.targets().items():
        yield target_key(path, target.hashes.get("sha256", ""))


def _has_lost_config(backend: Backend) -> bool:
    """Whether there is nothing that says whether a registry with signed files is a signed one."""
    return whole_config(backend) is None and next(iter(backend.list(METADATA)), None) is not None


def _damaged(backend: Backend, loose: Iterable[str], bins: Collection[str], limits: Limits) -> Iterator[Problem]:
    """Metadata of other states that is not what its name says."""
    for key in loose:
        if key.startswith(METADATA):
            damage = damage_of(backend, key, role_of(key, bins), limits=limits)
            if damage is not None:
                yield damage


@contextmanager
def _told_to_the_keeper(release: Release, registry: str) -> Iterator[None]:
    """Makes errors that advise readers, of what the block looks at, E779 that advises whoever can mend it."""
    try:
        yield
    except RegistryError as error:
        match error.code:
            case "E239":
                trouble = "is missing"
            case "E231":
                trouble = "is not what was published"
            case _:
                raise
        called = f"{release.name} {release.version}"
        first = problem("E779", place=error.problems[0].place, release=called, trouble=trouble, registry=registry)
        raise RegistryError(first, *error.problems[1:]) from error


@contextmanager
def _told(problems: list[Problem]) -> Iterator[None]:
    """Adds what is wrong with what the block looks at, in place of raising it."""
    try:
        yield
    except SkillctlError as error:
        problems += [replace(each, severity="error") for each in error.problems]

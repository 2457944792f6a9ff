"""Looking at all of a registry: every digest, every signature, nothing missing, nothing that doesn't belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.value import dataclass, replace
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import OpenBlobs, nowhere
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.config import CONFIG
from skillctl_registry.index import INDEX, Index, blob_path, index_path, name_in_path
from skillctl_registry.signing.tidying import BLOBS
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.files import METADATA, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, metadata_key, target_key

if TYPE_CHECKING:
    from skillctl_registry.verified import VerifiedBackend


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
    packs, releases = 0, list[Release]()
    for name in names:
        with _told(problems):
            index = source.index(name) or Index(name=name)
            packs += bool(index.releases or index.skipped)  # where all was deleted, only the name is left
            releases += index.releases
    for release in releases:
        with _told(problems), _told_to_the_keeper(release, backend.label):
            source.fetch(release)
            problems += blobs.unsettled(release)
    needed = {CONFIG, *_needed(view, names), *(blob_path(release.archive) for release in releases)}
    prefixes = (INDEX, BLOBS) if view is None else (METADATA, INDEX, BLOBS)
    loose = [key for prefix in prefixes for key in backend.list(prefix) if key not in needed]
    if view is None and next(iter(backend.list(METADATA)), None) is None:  # else only config.json is lost
        problems += _strange(loose, backend.label)
    return Checked(
        packs=packs,
        releases=len(releases),
        bytes=sum(release.size for release in releases),
        loose=tuple(loose),
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


def _strange(loose: Iterable[str], registry: str) -> Iterator[Problem]:
    """Files that no publish would have put below index/, where an unsigned registry takes each for a pack's."""
    for key in loose:
        if key.startswith(INDEX) and name_in_path(key) is None:
            yield problem("E718", place=Place(file=f"{registry}/{key}"), file=key, registry=registry)


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

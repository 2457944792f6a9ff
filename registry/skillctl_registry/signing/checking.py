"""Looking at all of a registry: every digest, every signature, nothing missing, nothing that doesn't belong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass, replace
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import OpenBlobs, nowhere
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.config import CONFIG
from skillctl_registry.index import INDEX, blob_path, index_path, name_in_path
from skillctl_registry.signing.tidying import BLOBS
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.files import METADATA, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, metadata_key, target_key

if TYPE_CHECKING:
    from skillctl_registry.verified import VerifiedBackend


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What was looked at, and what is wrong."""

    packs: int
    releases: int
    bytes: int
    """Of all archives."""
    loose: tuple[str, ...] = ()
    """Files that nothing refers to."""
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
        problems += _roles(view)
    source = RegistrySource(view or backend, label=backend.label, elsewhere=elsewhere, limits=limits)
    problems += _attempt(lambda: source.id)
    names, blobs = source.names(), blobs_of(view or backend, elsewhere, limits=limits)
    needed, releases, size = {CONFIG}, 0, 0
    for name in names:
        problems += _attempt(lambda name=name: source.releases(name))  # type: ignore[misc]
        index = source.index(name) if not _attempt(lambda name=name: source.index(name)) else None  # type: ignore[misc]
        for release in index.releases if index is not None else ():
            found = _attempt(lambda release=release: source.fetch(release))  # type: ignore[misc]
            problems += found or blobs.unsettled(release)
            needed.add(blob_path(release.archive))
            releases, size = releases + 1, size + release.size
    needed |= set(_needed(view, names))
    prefixes = (METADATA, INDEX, BLOBS) if view is not None else (INDEX, BLOBS)
    loose = [key for prefix in prefixes for key in backend.list(prefix) if key not in needed]
    problems += [
        problem("E718", place=Place(file=f"{backend.label}/{key}"), file=key, registry=backend.label)
        for key in loose
        if view is None and key.startswith(INDEX) and name_in_path(key) is None
    ]
    return Checked(packs=len(names), releases=releases, bytes=size, loose=tuple(loose), problems=tuple(problems))


def _roles(view: VerifiedBackend) -> Iterator[Problem]:
    """What is wrong with the bins, one by one."""
    for role in view.reader.bins():
        yield from _attempt(lambda role=role: view.reader.role(role))  # type: ignore[misc]


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


def _attempt(look: Callable[[], object]) -> list[Problem]:
    """What is wrong with what is looked at."""
    try:
        look()
    except SkillctlError as error:
        return [replace(each, severity="error") for each in error.problems]
    return []

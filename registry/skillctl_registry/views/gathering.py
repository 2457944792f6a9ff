"""From a source to the packs of a view: the latest release of each, fetched and verified.

The latest is the one that search shows: neither yanked nor, where there is another, a pre-release. A pack that is
yanked as a whole, or that its registry has in quarantine, is in no view.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.value import dataclass
from skillctl_registry.catalog import latest_release
from skillctl_registry.packs import read_manifest
from skillctl_registry.sources import Source
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.views import ViewedPack


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """What a view is made of."""

    packs: tuple[ViewedPack, ...]
    """By name."""
    problems: tuple[Problem, ...] = ()


def gather(
    source: Source,
    names: Collection[str] = (),
    *,
    limits: Limits = LIMITS,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Gathered:
    """All packs of the source, or these and what their latest releases need, as far as the source has it.

    RegistryError E771 for names that it does not have, E774 if nothing can be shown: a view without packs would take
    away what is offered, and is more likely a mistake. What `Source.fetch` raises for a release that can't be had.
    """
    problems: list[Problem] = []
    _ = source.id  # a signed registry whose root nobody gave has its index elsewhere: it is refused, not empty
    wanted = _chosen(source, names, problems)
    if not wanted:
        raise RegistryError.of("E774", registry=source.label)
    source.prefetch_files(list(wanted.values()))

    packs: list[ViewedPack] = []
    for name in sorted(wanted):
        release = wanted[name]
        files = {each.path: each.data for each in source.fetch(release).members}
        packs.append(viewed(release, files, source.releases(name) or (), limits=limits))
        progress(len(packs), len(wanted))
    return Gathered(packs=tuple(packs), problems=(*problems, *source.problems()))


def _chosen(source: Source, names: Collection[str], problems: list[Problem]) -> dict[str, Release]:
    """Name -> the release that a view shows."""
    chosen: dict[str, Release] = {}
    seen: set[str] = set()
    waiting = {*names} if names else {*source.names()}
    while waiting:
        source.prefetch(waiting)
        seen |= waiting
        found = {name: releases for name in sorted(waiting) if (releases := source.releases(name)) is not None}
        missing = sorted({*names} & waiting - {*found})
        if missing:
            raise RegistryError.of("E771", registry=source.label, names=missing)
        for name, releases in found.items():
            latest = None if _is_quarantined(source, name) else latest_release(releases)
            if latest is not None:
                chosen[name] = latest
            elif releases:
                problems.append(problem("W776", pack=name, registry=source.label))
        needed = {other for name in found if name in chosen for other in chosen[name].dependencies}
        waiting = needed - seen
    return chosen


def _is_quarantined(source: Source, name: str) -> bool:
    index = source.index(name) if isinstance(source, RegistrySource) else None
    return index is not None and index.status is not None and index.status.status == "quarantined"


def viewed(release: Release, files: Mapping[str, bytes], history: Sequence[Release], *, limits: Limits) -> ViewedPack:
    """The release of those files (path -> bytes) as a view shows it; `history` is every release of the pack."""
    called = f"{release.name} {release.version}/{MANIFEST_FILE}"
    return ViewedPack(
        manifest=read_manifest(files[MANIFEST_FILE], file=called, limits=limits),
        files=files,
        since=min((each.published for each in history if each.published), default=""),
        skills_since=_skills_since(history),
    )


def _skills_since(history: Sequence[Release]) -> dict[str, str]:
    """Skill -> when it was first published; a yanked release counts too, since the name was taken by it."""
    since: dict[str, str] = {}
    for release in history:
        for skill in release.skills:
            if release.published and release.published < since.get(skill, "~"):
                since[skill] = release.published
    return since

"""`outdated`: which packs of a scope have newer releases, inside their requirements and beyond.

A repository has releases where it has tags that are versions; without them, and in a directory, what lies there now is
the newest there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.install import locked_project, shown_version
from skillctl.app.installing import registries_later
from skillctl.app.lock_graph import read_lock
from skillctl.app.outcome import Outcome
from skillctl.app.trees import open_store
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import RegistryError, ResolveError
from skillctl.core.json_value import JsonObject
from skillctl.core.lockfile import USUAL, Choice
from skillctl.core.release import NO_REASON, Release
from skillctl.core.settings import Settings
from skillctl.core.source import origin_of_source
from skillctl.core.value import dataclass
from skillctl_registry.catalog import latest_release

if TYPE_CHECKING:
    from skillctl.app.scopes import ScopeFiles
    from skillctl.app.sources import Sources
    from skillctl.core.lockfile import Lock, LockedPack
    from skillctl.core.source import Wanted
    from skillctl_registry.order import Registries
    from skillctl_registry.sources import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class OutdatedPack:
    """A pack that could be another."""

    name: str
    installed: str
    wanted: str
    """What `update` would take; empty where nothing fits together."""
    latest: str
    """The highest release of all; a pre-release only where there is nothing else."""
    requirement: str
    """What skillctl.json asks for, `#v1.0.0` for a branch, tag or commit; empty: it is there for others."""
    yanked: str = ""
    """Why what is installed was taken back."""
    deprecated: str = ""
    """What its registry says of the pack as a whole."""

    def to_json(self) -> JsonObject:
        """The pack in an envelope."""
        return {
            "name": self.name,
            "installed": self.installed,
            "wanted": self.wanted or None,
            "latest": self.latest,
            "requirement": self.requirement or None,
            "yanked": self.yanked or None,
            "deprecated": self.deprecated or None,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class OutdatedOutcome(Outcome):
    """The packs that could be others."""

    packs: tuple[OutdatedPack, ...]
    looked_at: int
    """Packs of the lock."""
    choice: Choice = USUAL
    """How the lock's versions are chosen."""
    told_by_status: bool = False
    """Whether the status of the command is to tell that there are some."""

    @property
    def status(self) -> int:
        return 1 if self.told_by_status and self.packs else 0

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {"packs": [each.to_json() for each in self.packs], "looked_at": self.looked_at}


def outdated(settings: Settings, cwd: Path, *, user: bool = False, told_by_status: bool = False) -> OutdatedOutcome:
    """The packs of the scope's lock of which there is something newer, or which were yanked or deprecated."""
    scope, files, lock = read_lock(settings, cwd, user=user)
    sources = registries_later(settings, files.project, scope)
    registries = sources()
    locked = {name: pack for name, pack in lock.packs.items() if pack.registry}
    pins = {name: each.origin.location for name, each in files.project.packs.items() if each.origin.kind == "registry"}
    registries.prefetch(frozenset(locked), pins=pins, locked=locked)
    wanted, problems = _wanted(settings, files, lock, sources)
    holders = {name: _holder(registries, name, pack, pins.get(name, "")) for name, pack in locked.items()}
    said = _statuses(holders)
    packs: list[OutdatedPack] = []
    for name, pack in sorted(lock.packs.items()):
        project = files.project.packs.get(name)
        requirement = _requirement(project) if project else ""
        taken, source = wanted.get(name), holders.get(name)
        if source is not None:
            releases = source.releases(name) or ()
            found = _outdated(name, pack, releases, taken=taken, requirement=requirement, deprecated=said.get(name, ""))
        else:
            found, unknown = _moved(name, pack, taken, sources, requirement) if pack.source else (None, [])
            problems = (*problems, *(each for each in unknown if each not in problems))
        packs += [found] if found is not None else []
    return OutdatedOutcome(
        problems=problems,
        packs=tuple(packs),
        looked_at=len(lock.packs),
        choice=lock.choice,
        told_by_status=told_by_status,
    )


def _requirement(wanted: Wanted) -> str:
    return f"#{wanted.origin.ref}" if wanted.origin.ref else str(wanted.constraint)


def _moved(
    name: str, pack: LockedPack, taken: LockedPack | None, sources: Sources, requirement: str
) -> tuple[OutdatedPack | None, list[Problem]]:
    """A pack from a place of its own, if there is another one now, and why that can't be known."""
    origin = origin_of_source(pack.source)
    try:
        tags = sources.origins().tags(origin, name=name)
    except RegistryError as error:
        from skillctl.app.own_source import is_out_of_reach, unasked

        if not is_out_of_reach(error):
            raise
        return None, unasked(name, origin, error)
    newest = next((str(each) for each in tags.values() if each.pre is None), "")
    now = taken or pack
    is_newest = newest in ("", str(pack.version)) or pack.is_versionless
    if now.tree == pack.tree and is_newest:
        return None, []
    latest = shown_version(now) if is_newest else newest
    wanted = shown_version(taken) if taken is not None else ""
    installed = shown_version(pack)
    return OutdatedPack(name=name, installed=installed, wanted=wanted, latest=latest, requirement=requirement), []


def _outdated(
    name: str,
    pack: LockedPack,
    releases: Sequence[Release],
    *,
    taken: LockedPack | None,
    requirement: str,
    deprecated: str,
) -> OutdatedPack | None:
    """The pack, if there is anything to tell."""
    wanted = str(taken.version) if taken is not None else ""
    newest = latest_release(releases)
    latest = max(newest.version, pack.version) if newest is not None else pack.version
    own = next((each for each in releases if each.version == pack.version), None)
    yanked = (own.yanked or NO_REASON) if own is not None and own.yanked is not None else ""
    if latest == pack.version and wanted in ("", str(pack.version)) and not yanked and not deprecated:
        return None
    return OutdatedPack(
        name=name,
        installed=str(pack.version),
        wanted=wanted,
        latest=str(latest),
        requirement=requirement,
        yanked=yanked,
        deprecated=deprecated,
    )


def _wanted(
    settings: Settings, files: ScopeFiles, lock: Lock, sources: Sources
) -> tuple[Mapping[str, LockedPack], tuple[Problem, ...]]:
    """What `update` would take; where nothing fits together, nothing, and why."""
    store, everything = open_store(settings), frozenset(lock.packs)
    try:
        _, after, _ = locked_project(
            files.project, files, frozenset(), sources, store, unlocked=everything, unnamed=everything
        )
    except ResolveError as error:
        return {}, error.as_warnings()
    return after.packs, ()


def _holder(registries: Registries, name: str, pack: LockedPack, pin: str) -> Source | None:
    """The source that the name comes from: the lock's own first."""
    asked = registries.for_locked(name, pack, pin=pin)
    return next((source for source in asked if source.releases(name) is not None), None)


def _statuses(holders: Mapping[str, Source | None]) -> dict[str, str]:
    """What registries say of packs as a whole, as far as their warnings tell it: name -> `deprecated: use maps`."""
    sources = {id(source): source for source in holders.values() if source is not None}
    found: dict[str, str] = {}
    for source in sources.values():
        for each in source.problems():
            name = str(each.evidence.get("name", ""))
            if each.code == "W221" and holders.get(name) is source:
                found[name] = f"{each.evidence.get('status')}: {each.evidence.get('reason')}"
    return found

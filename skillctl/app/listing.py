"""`list`: what is installed, and what could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from skillctl.app.install import shown_version
from skillctl.app.installing import changing
from skillctl.app.lock_graph import lock_graph
from skillctl.app.outcome import Outcome
from skillctl.app.registries import look_at_registries
from skillctl.app.scopes import ScopeFiles, existing_scope, scope_around
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.project import ProjectFile
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl.install.state import read_state
from skillctl_registry.catalog import CatalogEntry
from skillctl_registry.order import Registries


@dataclass(frozen=True, kw_only=True, slots=True)
class InstalledPack:
    """One pack of a scope."""

    name: str
    version: str
    tree: str
    direct: bool
    """Whether the project file asks for it."""
    needed_by: tuple[str, ...]
    skills: tuple[str, ...]
    """The skills of it that are in place."""
    source: Mapping[str, JsonValue] = field(default_factory=dict)
    """Where it comes from, of a pack of no registry."""
    shown: str = ""
    """How people are told which release it is."""

    def to_json(self) -> JsonObject:
        """The pack in an envelope."""
        return {
            "name": self.name,
            "version": self.version,
            "tree": self.tree,
            "direct": self.direct,
            "needed_by": list(self.needed_by),
            "skills": list(self.skills),
            "source": dict(self.source) or None,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ListOutcome(Outcome):
    """What a scope has."""

    scope: str
    root: str
    directories: tuple[str, ...]
    """Where the skills lie, relative to the root where they lie below it."""
    packs: tuple[InstalledPack, ...]

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "scope": self.scope,
            "root": self.root,
            "directories": list(self.directories),
            "packs": [each.to_json() for each in self.packs],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class AvailablePack:
    """One pack that a registry has."""

    entry: CatalogEntry
    registry: str
    """The alias of the registry that the name belongs to."""

    def to_json(self) -> JsonObject:
        """The pack in an envelope."""
        return {
            "name": self.entry.name,
            "version": str(self.entry.latest),
            "description": self.entry.description,
            "keywords": list(self.entry.keywords),
            "capabilities": list(self.entry.capabilities),
            "skills": list(self.entry.skills),
            "deprecated": self.entry.deprecated or None,
            "registry": self.registry,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class AvailableOutcome(Outcome):
    """What the registries have."""

    packs: tuple[AvailablePack, ...]

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {"packs": [each.to_json() for each in self.packs]}


def list_installed(settings: Settings, cwd: Path, *, user: bool = False) -> ListOutcome:
    """The packs of the scope's lock, each with the skills that are in place."""
    scope = existing_scope(settings, cwd, user=user)
    interrupted = read_state(scope).pending is not None
    with changing(scope, settings, "list", dry_run=not interrupted) as opened:
        files, state = opened.files, opened.state
        project, lock = files.project, files.lock
        needed_by = lock_graph(project, lock).needed_by if lock else {}
        placed: dict[str, set[str]] = {}
        for skills in state.newest.targets.values():
            for skill, each in skills.items():
                placed.setdefault(each.pack, set()).add(skill)
        packs = [
            InstalledPack(
                name=name,
                version=str(pack.version),
                tree=pack.tree,
                direct=name in project.packs,
                needed_by=tuple(each.name for each in needed_by.get(name, ())),
                skills=tuple(sorted(placed.get(name, ()))),
                source=pack.source,
                shown=shown_version(pack),
            )
            for name, pack in sorted(lock.packs.items() if lock else ())
        ]
    return ListOutcome(
        problems=opened.problems,
        scope=scope.kind,
        root=str(scope.root),
        directories=tuple(state.newest.targets),
        packs=tuple(packs),
    )


def list_available(settings: Settings, cwd: Path, *, capability: str = "", registry: str = "") -> AvailableOutcome:
    """Every pack of the registries, each from the registry that its name belongs to.

    `capability` keeps the packs that have it.
    """
    packs, problems = offered_packs(settings, cwd, registry=registry)
    return AvailableOutcome(problems=problems, packs=tuple(each for each in packs if _can(each.entry, capability)))


def offered_packs(
    settings: Settings, cwd: Path, *, registry: str = ""
) -> tuple[Sequence[AvailablePack], tuple[Problem, ...]]:
    """Every pack that could be installed here, by name, and what the registries warn of.

    One that can't be asked, or without a network has nothing here, hides none of the others: why is a warning. It is an
    error where it is the only one in question.
    """
    registries = registries_around(settings, cwd)
    sources = [registries.labelled(registry)] if registry else registries.sources
    problems: list[Problem] = []
    found: dict[str, AvailablePack] = {}
    for source in sources:
        try:
            entries = source.catalog()
        except SkillctlError as error:
            if len(sources) == 1:
                raise
            problems.extend(error.as_warnings())
            continue
        for entry in entries:
            if entry.name not in found and source in registries.asked_for(entry.name):
                found[entry.name] = AvailablePack(entry=entry, registry=source.label)
        problems.extend(source.problems())
    return [found[name] for name in sorted(found)], tuple(problems)


def registries_around(settings: Settings, cwd: Path) -> Registries:
    """The registries as they are seen from that directory: those of its project, if there is one, before the user's."""
    scope = scope_around(settings, cwd)
    project = ScopeFiles(scope, settings.limits).project if scope.kind == "project" else ProjectFile()
    return look_at_registries(settings, project, scope)


def _can(entry: CatalogEntry, capability: str) -> bool:
    return not capability or capability.lower() in (each.lower() for each in entry.capabilities)

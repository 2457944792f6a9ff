"""A scope's lock as a graph: who needs whom, and by which requirement. What `tree`, `why` and `outdated` look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.app.install import shown_version
from skillctl.app.scopes import ScopeFiles, existing_scope, no_project
from skillctl.core.errors import InstallError
from skillctl.core.lockfile import Lock
from skillctl.core.project import ProjectFile
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.install.scope import Scope


@dataclass(frozen=True, slots=True)
class Edge:
    """Somebody needs a pack."""

    name: str
    requirement: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LockGraph:
    """The packs of a lock. What the lock has not, in spite of somebody needing it, has no version."""

    versions: Mapping[str, str]
    roots: tuple[Edge, ...]
    """What skillctl.json asks for, by name."""
    needs: Mapping[str, tuple[Edge, ...]]
    """What each pack needs, by name."""
    needed_by: Mapping[str, tuple[Edge, ...]]
    """Who needs each pack, by name, and by which requirement; skillctl.json is not among them."""


def read_lock(settings: Settings, cwd: Path, *, user: bool) -> tuple[Scope, ScopeFiles, Lock]:
    """The scope's files and its lock. InstallError E402 without a project, E413 without a lock."""
    scope = existing_scope(settings, cwd, user=user)
    files = ScopeFiles(scope, settings.limits)
    if files.project_text is None:
        raise no_project(scope, cwd)
    if files.lock is None:
        raise InstallError.of("E413", file=str(scope.lock_file))
    return scope, files, files.lock


def lock_graph(project: ProjectFile, lock: Lock) -> LockGraph:
    """The graph of what the project asks for and the lock has."""
    needs = {
        name: tuple(Edge(needed, text) for needed, text in sorted(pack.dependencies.items()))
        for name, pack in sorted(lock.packs.items())
    }
    needed_by: dict[str, list[Edge]] = {}
    for name, edges in needs.items():
        for edge in edges:
            needed_by.setdefault(edge.name, []).append(Edge(name, edge.requirement))
    return LockGraph(
        versions={name: shown_version(pack) for name, pack in lock.packs.items()},
        roots=tuple(Edge(name, str(wanted.constraint)) for name, wanted in sorted(project.packs.items())),
        needs=needs,
        needed_by={name: tuple(edges) for name, edges in needed_by.items()},
    )

"""`remove`: take packs out of the project, with the dependencies that nobody else needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.app.install import InstallOutcome, locked_project, outcome_of
from skillctl.app.installing import Wish, changing, registries_later, settle, written_plan
from skillctl.app.scopes import existing_scope
from skillctl.app.surroundings import check_floor
from skillctl.app.trees import open_store
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import InstallError
from skillctl.core.lockfile import Lock, LockedPack, inputs_of
from skillctl.core.names import near_names
from skillctl.core.project import ProjectFile
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveRequest:
    """What `remove` is asked for."""

    cwd: Path
    names: tuple[str, ...]
    user: bool = False
    force: bool = False
    dry_run: bool = False
    plan: Path | None = None
    """Where to write what would be done, in place of doing it."""


def remove(settings: Settings, request: RemoveRequest) -> InstallOutcome:
    """Remove packs. InstallError E407 for one that is not installed, E415 for one that is only there for others."""
    scope = existing_scope(settings, request.cwd, user=request.user)
    names = frozenset(request.names)
    command = " ".join(["remove", *request.names])
    dry_run = request.dry_run or request.plan is not None
    with changing(scope, settings, command, dry_run=dry_run) as opened:
        before = opened.files
        check_floor(before.project)
        _check_names(names, before.project, before.lock.packs if before.lock else {})
        project = before.project.without_packs(names)
        store = open_store(settings)
        registries = registries_later(settings, project, scope)
        problems: tuple[Problem, ...] = ()
        if before.lock is not None and before.lock.is_fresh(before.project):
            inputs = inputs_of(project, before.lock.choice)
            after = replace(before.lock, inputs=inputs, packs=_reachable(project, before.lock))
        else:  # other packs are wanted that were never resolved; a lock without them would not be one
            project, after, problems = locked_project(project, before, frozenset(), registries, store)
        wish = Wish(
            project=project,
            lock=after,
            command=command,
            force=request.force,
            dry_run=dry_run,
            rehearsed=written_plan(request.plan),
        )
        settled = settle(opened, settings, wish, store=store, registries=registries)
        problems = (*problems, *_still_needed(names, after.packs))
        return outcome_of(scope, settled, before, after, wish, store, problems=problems, settings=settings)


def not_installed(name: str, installed: list[str]) -> InstallError:
    """The error for a pack that the scope does not have, with the names that may have been meant."""
    near = near_names(name, sorted(installed))
    return InstallError.of("E416", name=name, near=near) if near else InstallError.of("E407", name=name)


def dependents(name: str, packs: Mapping[str, LockedPack]) -> list[str]:
    """The packs of a lock that need the name, sorted."""
    return sorted(other for other, pack in packs.items() if name in pack.dependencies)


def _check_names(names: frozenset[str], project: ProjectFile, locked: Mapping[str, LockedPack]) -> None:
    for name in sorted(names):
        if name in project.packs:
            continue
        if name in locked:
            raise InstallError.of("E415", name=name, by=dependents(name, locked))
        raise not_installed(name, [*project.packs])


def _reachable(project: ProjectFile, lock: Lock) -> dict[str, LockedPack]:
    """What of the lock the project still needs: nothing is chosen anew, so removing works without any registry."""
    needed: set[str] = set()
    waiting = [name for name in project.packs if name in lock.packs]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(each for each in lock.packs[name].dependencies if each in lock.packs)
    return {
        name: pack if name in project.packs else replace(pack, skills=None)
        for name, pack in lock.packs.items()
        if name in needed
    }


def _still_needed(names: frozenset[str], packs: Mapping[str, LockedPack]) -> list[Problem]:
    """The packs that were asked away and stay, since others need them."""
    return [problem("N401", name=name, by=dependents(name, packs)) for name in sorted(names) if name in packs]

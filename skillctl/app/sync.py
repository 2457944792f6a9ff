"""`sync`: make the targets equal to the lock, without choosing anything anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.glance import left_as_it_is, may_have_moved
from skillctl.app.install import InstallOutcome, outcome_of, unchanged
from skillctl.app.installing import Wish, changing, registries_later, settle
from skillctl.app.scopes import existing_scope
from skillctl.app.surroundings import check_floor
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import InstallError
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace

if TYPE_CHECKING:
    from skillctl.app.sources import Sources
    from skillctl.core.lockfile import Lock


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncRequest:
    """What `sync` is asked for."""

    cwd: Path
    user: bool = False
    check: bool = False
    """Change nothing; every difference is an error."""
    force: bool = False
    allow_hidden_text: bool = False
    dry_run: bool = False


def sync(settings: Settings, request: SyncRequest) -> InstallOutcome:
    """Add, update and remove what skillctl installed, so that the targets are what the lock says."""
    scope = existing_scope(settings, request.cwd, user=request.user)
    current = None if request.force else left_as_it_is(scope, settings)
    if current is not None and current.fresh and not may_have_moved(current.lock):
        return unchanged(scope, current)
    dry_run = request.dry_run or request.check
    with changing(scope, settings, "sync", dry_run=dry_run) as opened:
        before = opened.files
        check_floor(before.project)
        if before.lock is None:
            raise InstallError.of("E413", file=str(scope.lock_file))
        contradictions = before.lock.contradictions(before.project if before.lock.is_fresh(before.project) else None)
        if contradictions:
            raise InstallError.of("E418", file=str(scope.lock_file), reasons=contradictions)
        wish = Wish(
            project=before.project,
            lock=before.lock,
            command="sync",
            force=request.force,
            allow_hidden_text=request.allow_hidden_text,
            dry_run=dry_run,
            by_lock_alone=True,
        )
        from skillctl.app.trees import open_store  # a glance needs no store

        store = open_store(settings)
        registries = registries_later(settings, before.project, scope)
        registries.check_meanings()
        settled = settle(opened, settings, wish, store=store, registries=registries)
        outcome = outcome_of(scope, settled, before, before.lock, wish, store, settings=settings)
        stale = () if before.lock.is_fresh(before.project) else (problem("W404", file=str(scope.lock_file)),)
        moved = _moved_on(before.lock, registries) if may_have_moved(before.lock_text) else ()
        outcome = replace(outcome, problems=(*stale, *moved, *outcome.problems))
        return _checked(outcome) if request.check else outcome


def _moved_on(lock: Lock, sources: Sources) -> tuple[Problem, ...]:
    """A warning for each directory that holds something else than was installed from it."""
    from skillctl.app.places import changed_directories

    return tuple(
        problem("W231", name=each.problems[0].evidence["name"], origin=each.problems[0].evidence["origin"])
        for each in changed_directories(lock, sources)
        if each.code == "E259"
    )


def _checked(outcome: InstallOutcome) -> InstallOutcome:
    """The same findings, as the errors that they are where nothing may differ."""
    drift = [
        problem("E406", directory=each.directory, skill=each.skill, action=each.action) for each in outcome.changes
    ]
    grave = {"W231", "W401", "W402", "W404", "W480"}
    found = [
        Problem(each.code, each.evidence, each.place, "error") if each.code in grave else each
        for each in outcome.problems
    ]
    return replace(outcome, problems=(*drift, *found))

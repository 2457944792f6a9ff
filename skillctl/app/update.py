"""`update`: choose the highest versions anew, inside the ranges that the project file writes."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.install import InstallOutcome, locked_project, outcome_of
from skillctl.app.installing import Wish, changing, registries_later, settle
from skillctl.app.remove import not_installed
from skillctl.app.scopes import existing_scope, no_project
from skillctl.app.surroundings import check_floor
from skillctl.app.trees import open_store
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateRequest:
    """What `update` is asked for."""

    cwd: Path
    names: tuple[str, ...] = ()
    """None: every pack of the lock."""
    user: bool = False
    force: bool = False
    dry_run: bool = False


def update(settings: Settings, request: UpdateRequest) -> InstallOutcome:
    """Take newer releases of the named packs, or of all. InstallError E407 for a name that the lock does not have."""
    scope = existing_scope(settings, request.cwd, user=request.user)
    command = " ".join(["update", *request.names])
    with changing(scope, settings, command, dry_run=request.dry_run) as opened:
        before = opened.files
        if before.project_text is None:
            raise no_project(scope, request.cwd)
        check_floor(before.project)
        locked = before.lock.packs if before.lock else {}
        for name in request.names:
            if name not in locked:
                raise not_installed(name, list(locked))
        registries = registries_later(settings, before.project, scope)
        store = open_store(settings)
        unlocked = frozenset(request.names or locked)
        project, lock, problems = locked_project(
            before.project, before, frozenset(), registries, store, unlocked=unlocked
        )
        wish = Wish(project=project, lock=lock, command=command, force=request.force, dry_run=request.dry_run)
        settled = settle(opened, settings, wish, store=store, registries=registries)
        return outcome_of(scope, settled, before, lock, wish, store, problems=problems, settings=settings)

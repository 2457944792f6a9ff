"""`lock`: choose versions and write them into skillctl.lock, without putting anything into place.

Options say how versions are chosen, and stand in the lock from then on: whoever solves again, also by `install NAME`
or `update`, chooses alike. They count until they are given anew.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from skillctl.app.install import PackChange, locked_project, pack_changes
from skillctl.app.installing import Opened, changing, registries_later
from skillctl.app.outcome import Outcome
from skillctl.app.remove import not_installed
from skillctl.app.scopes import existing_scope, lock_text, no_project
from skillctl.app.surroundings import check_floor
from skillctl.app.trees import open_store
from skillctl.core.diagnostics import problem
from skillctl.core.errors import UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.lockfile import USUAL, Choice, Resolution
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import write_atomic
from skillctl.install.scope import Scope

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class LockRequest:
    """What `lock` is asked for."""

    cwd: Path
    resolution: Resolution | None = None
    """None: as in the lock that is there."""
    exclude_newer: str | None = None
    """A day, a time, or `never`; None: as in the lock that is there."""
    upgrade: tuple[str, ...] = ()
    """Packs that may move although they are locked; `*` is all of them."""
    check: bool = False
    """Only tell whether the lock is current."""
    user: bool = False
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LockOutcome(Outcome):
    """What a lock has become."""

    file: str
    packs: int
    changed: tuple[PackChange, ...]
    choice: Choice
    written: bool
    """Whether the file is another now, or would be after a dry run."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "file": self.file,
            "packs": self.packs,
            "changed": [each.to_json() for each in self.changed],
            "resolution": self.choice.resolution,
            "exclude_newer": self.choice.exclude_newer or None,
            "written": self.written,
            "dry_run": self.dry_run,
        }


def lock(settings: Settings, request: LockRequest) -> LockOutcome:
    """Bring skillctl.lock up to what skillctl.json asks for. Errors are those of resolving and of the registries.

    With `check` nothing is written, and E310 among the problems says that it is not current.
    """
    scope = existing_scope(settings, request.cwd, user=request.user)
    with changing(scope, settings, "lock", dry_run=request.dry_run or request.check) as opened:
        if opened.files.project_text is None:
            raise no_project(scope, request.cwd)
        check_floor(opened.files.project)
        before = opened.files.lock.choice if opened.files.lock is not None else USUAL
        choice = _choice(before, request)
        return _checked(scope, opened, choice) if request.check else _locked(settings, scope, opened, choice, request)


def point_in_time(text: str) -> str:
    """The end of a day, or a time, as RFC 3339 in UTC; empty for `never`. UsageError E023 for anything else."""
    if text.strip().lower() == "never":
        return ""
    try:
        if _DAY.match(text):
            return f"{datetime.strptime(text, '%Y-%m-%d').date().isoformat()}T23:59:59Z"  # noqa: DTZ007  a day only
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        reason = f"`{text}` is no point in time; write a day, 2026-01-31, or a time, 2026-01-31T12:00:00Z, or `never`"
        raise UsageError.of("E023", option="--exclude-newer", reason=reason) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _choice(before: Choice, request: LockRequest) -> Choice:
    return Choice(
        resolution=request.resolution or before.resolution,
        exclude_newer=before.exclude_newer if request.exclude_newer is None else point_in_time(request.exclude_newer),
    )


def _checked(scope: Scope, opened: Opened, choice: Choice) -> LockOutcome:
    lock, project = opened.files.lock, opened.files.project
    if lock is None:
        reason = "it is not there"
    elif not lock.is_fresh(project):
        reason = "skillctl.json asks for something else than it was made from"
    elif lock.choice != choice:
        reason = "its versions were chosen in another way"
    else:
        said = lock.contradictions(project)
        reason = f"it contradicts itself: {said[0]}" if said else ""
    file = str(scope.lock_file)
    return LockOutcome(
        problems=(problem("E310", file=file, reason=reason),) if reason else (),
        file=file,
        packs=len(lock.packs) if lock is not None else 0,
        changed=(),
        choice=choice,
        written=False,
        dry_run=False,
    )


def _locked(settings: Settings, scope: Scope, opened: Opened, choice: Choice, request: LockRequest) -> LockOutcome:
    files = opened.files
    packs = files.lock.packs if files.lock is not None else {}
    for name in request.upgrade:
        if name != "*" and name not in packs:
            raise not_installed(name, list(packs))
    another_way = files.lock is not None and files.lock.choice != choice
    # what was locked in another way was liked for other reasons, and has no say
    unlocked = frozenset(packs) if another_way or "*" in request.upgrade else frozenset(request.upgrade)
    registries = registries_later(settings, files.project, scope)
    store = open_store(settings)
    _, after, problems = locked_project(
        files.project, files, frozenset(), registries, store, unlocked=unlocked, choice=choice
    )
    written = after != files.lock
    if written and not request.dry_run:
        write_atomic(scope.lock_file, lock_text(after).encode())
    return LockOutcome(
        problems=(*opened.problems, *problems),
        file=str(scope.lock_file),
        packs=len(after.packs),
        changed=pack_changes(files.lock, after),
        choice=choice,
        written=written,
        dry_run=request.dry_run,
    )

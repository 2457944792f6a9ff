"""`undo`: bring back what the scope was before its last change, or any state that is kept.

An undo is a change like every other: it is planned, staged and committed, and becomes a generation of its own, so that
it may be killed or undone like any. The rules:

1. One step back is one state back. A second undo goes one further; `--to N` goes to any generation that is kept, so
   also forward again. The same undo after one that was killed is that one, finished.
2. The texts of the project file and the lock come back to the letter, and with them every skill, byte by byte.
3. A file that a person edited since is not lost: the undo is refused (E431, E432), unless it is forced; then a copy
   goes to the backups.
4. Trees that the store lost are fetched again, and checked like any.
5. Before the first generation there was nothing of skillctl's: then its files go, and those that there were come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.commands import slash_commands
from skillctl.app.history import (
    NOTHING_BEFORE,
    generation_before,
    kept_generations,
    scope_with_history,
)
from skillctl.app.install import InstallOutcome, pack_changes
from skillctl.app.installing import Opened, Settled, Wish, changing, registries_later, settle
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import parse_lock, parse_project
from skillctl.app.trees import open_store
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import InstallError
from skillctl.core.json_value import JsonObject
from skillctl.core.lockfile import Lock
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import write_atomic
from skillctl.install.aside import free_backup
from skillctl.install.generation import EMPTY, Generation
from skillctl.install.ignore_block import with_block, without_block
from skillctl.install.scope import Scope
from skillctl.install.state import next_number, read_state, read_text

if TYPE_CHECKING:
    from skillctl.install.apply import Texts

_KEEP_OUT_OF_GIT = b"*\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoRequest:
    """What `undo` is asked for."""

    cwd: Path
    user: bool = False
    to: int | None = None
    """The generation to go to; 0: the state before the first. None: one step back."""
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoOutcome(Outcome):
    """What an undo brought back."""

    undone: int
    """The generation that was in place."""
    command: str
    """What had made it."""
    restored: int
    """The generation whose state is in place now; 0: the one before the first."""
    change: InstallOutcome

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        told: JsonObject = {"undone": self.undone, "command": self.command, "restored": self.restored}
        return {**told, **self.change.to_json()}


def undo(settings: Settings, request: UndoRequest) -> UndoOutcome:
    """Go back. InstallError E431 or E432 where a person's edit would be lost, E433 or E434 where there is no way."""
    scope = scope_with_history(settings, request.cwd, user=request.user)
    pending = read_state(scope).pending
    killed = pending.restores if pending is not None and request.to is None else 0
    with changing(scope, settings, "undo", dry_run=request.dry_run) as opened:
        newest = opened.state.newest
        kept, _ = kept_generations(scope)
        aim = _aim(scope, kept, newest, request, killed=killed if newest.restores == killed else 0)
        texts = _texts(scope, settings, aim, kept[0] if kept else newest)
        edited = _edited_files(opened, newest)
        if edited and not request.force:
            raise InstallError.of("E432", files=edited, number=newest.number)
        command = "undo" if request.to is None else f"undo --to {request.to}"
        wish = Wish(
            project=parse_project(texts.project, scope, settings.limits),
            lock=_lock(texts.lock, scope, settings),
            command=command,
            force=request.force,
            thorough=not request.force,
            dry_run=request.dry_run,
            by_lock_alone=True,
            allow_hidden_text=True,  # whoever had it installed had let it in
            texts=texts,
            restores=(aim.restores or aim.number) or NOTHING_BEFORE,
        )
        if edited and not request.dry_run:
            _back_up_files(opened, scope)
        settled = _settled(opened, settings, wish, aim)
        if wish.restores < 0 and scope.kind == "project" and not request.dry_run:
            # the state stays, for the way forward; what kept git from seeing it is gone from .gitignore
            write_atomic(scope.state / ".gitignore", _KEEP_OUT_OF_GIT, stage=scope.own_stage)
        change = _change(scope, settings, settled, newest, wish)
        return UndoOutcome(
            problems=change.problems, undone=newest.number, command=newest.command, restored=aim.number, change=change
        )


def _aim(
    scope: Scope, kept: Sequence[Generation], newest: Generation, request: UndoRequest, *, killed: int
) -> Generation:
    """The state to bring back; `EMPTY` for the one before the first generation.

    Who undoes again after a killed undo means that one (`killed` is what it brought back), and not a step further.
    """
    if killed == NOTHING_BEFORE and kept and kept[0].before is not None:
        return EMPTY
    if killed > 0 and killed in [each.number for each in kept]:
        return next(each for each in kept if each.number == killed)
    if not newest.number:
        raise InstallError.of("E433", root=str(scope.root), reason="nothing was ever installed here")
    if request.to is None:
        found = generation_before(kept, newest)
        if found is None:
            said = "this is the state before the first command" if newest.restores < 0 else "no older state is kept"
            raise InstallError.of("E433", root=str(scope.root), reason=said)
        return found
    if request.to == 0 and kept and kept[0].before is not None:
        return EMPTY
    for each in kept:
        if each.number == request.to:
            return each
    raise InstallError.of("E434", number=request.to, kept=[each.number for each in kept])


def _lock(text: str | None, scope: Scope, settings: Settings) -> Lock:
    """The lock of that state; one that nobody had was one without packs."""
    return parse_lock(text, scope, settings.limits) or Lock()


def _texts(scope: Scope, settings: Settings, aim: Generation, first: Generation) -> Texts:
    from skillctl.install.apply import Texts

    if aim.restores >= 0 and aim is not EMPTY:
        return Texts(project=aim.project, lock=aim.lock, ignore=None)
    project, lock, ignore = first.before or (aim.project, aim.lock, None)
    now = read_text(scope.ignore_file, max_bytes=settings.limits.project_bytes) if scope.kind == "project" else None
    # only the block differs: then it is the file of before to the letter, else somebody wrote into it since
    unchanged = with_block(ignore, ()) == with_block(now, ())
    return Texts(project=project, lock=lock, ignore=ignore if unchanged else without_block(now))


def _edited_files(opened: Opened, newest: Generation) -> list[str]:
    """The scope's own files that are not as the newest generation left them."""
    files, scope = opened.files, opened.scope
    pairs = ((scope.project_file, files.project_text, newest.project), (scope.lock_file, files.lock_text, newest.lock))
    return [path.name for path, found, left in pairs if found != left]


def _back_up_files(opened: Opened, scope: Scope) -> None:
    place = free_backup(scope, next_number(scope, opened.state))
    files = opened.files
    for path, text in ((scope.project_file, files.project_text), (scope.lock_file, files.lock_text)):
        if text is not None:
            write_atomic(place / path.name, text.encode("utf-8", "surrogateescape"), stage=scope.own_stage)


def _settled(opened: Opened, settings: Settings, wish: Wish, aim: Generation) -> Settled:
    """The state of before in place. InstallError E431 for every skill that a person edited since."""
    if aim.agents and not aim.agents_named:  # those that were found then, whoever is found now
        settings = replace(settings, agents=tuple(aim.agents))
    registries = registries_later(settings, wish.project, opened.scope)
    try:
        return settle(opened, settings, wish, store=open_store(settings), registries=registries)
    except InstallError as error:
        if error.code != "E405":
            raise
        told = (Problem("E431", each.evidence) if each.code == "E405" else each for each in error.problems)
        raise InstallError(*told) from error


def _change(scope: Scope, settings: Settings, settled: Settled, newest: Generation, wish: Wish) -> InstallOutcome:
    before = parse_lock(newest.lock, scope, settings.limits)
    changed = pack_changes(before, wish.lock)
    touched = {each.name for each in changed} | {each.pack for each in settled.changes}
    packs = {name: pack for name, pack in settled.packs.items() if name in touched}
    return InstallOutcome(
        problems=(*settled.problems, *settled.kept),
        scope=scope.kind,
        root=str(scope.root),
        agents=settled.agents,
        packs=len(wish.lock.packs),
        changed=changed,
        changes=settled.changes,
        commands=() if wish.dry_run else slash_commands(settled.targets, packs, settled.agents),
        project_changed=wish.texts is not None and wish.texts.project != newest.project,
        dry_run=wish.dry_run,
    )

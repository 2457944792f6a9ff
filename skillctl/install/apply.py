"""Making the disk equal to a plan, so that a kill at any moment leaves the old set or the new one to be completed.

    stage       every new directory is made ready beside the targets; nothing that an agent sees has changed
    sync        all of that is on the disk
    commit      generations/N.json is written, and on the disk before anything is moved
    texts       skillctl.json, which makes a first project one that later commands find; skillctl.lock, .gitignore
    swap        old directory out, staged directory in, by renames; links
    sync        all of that is on the disk
    current     N is in place; the stage is cleared

A kill before the commit leaves the old set and some rubbish in the stage. A kill after it leaves a generation above
`current`: the next command takes its texts, plans again with both generations as what may be in place, and so completes
it. An error (a full disk, a missing permission) or Ctrl-C between commit and end takes back what was swapped and the
commit. Ctrl-C may come at any moment, also between a move and the note of it: so the way back is noted before each
move, and looks for itself whether there is something to move. Nothing is thrown away as long as something lies aside.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.digests import line_sha256
from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.settings import LinkMode
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import (
    append_bytes,
    link_text,
    make_directory,
    make_link,
    remove_empty_directory,
    remove_file,
    write_atomic,
)
from skillctl.edges.disk.look import Stamp, kind_at, look_at_tree
from skillctl.edges.disk.sync import sync_file, sync_filesystem
from skillctl.edges.disk.trees import TreeCopier, copy_directory, copy_file, move, remove_tree
from skillctl.edges.workers import share_out
from skillctl.install.aside import KEPT, NEW, OLD, backup_name, free_backup, key_of, put_aside
from skillctl.install.generation import Copied, Generation, Linked, Placed, installed_file
from skillctl.install.plan import Change, Plan, Seen, Wanted, WantedCopy, WantedLink, is_rubbish
from skillctl.install.scope import Scope
from skillctl.install.state import mark_current, read_text, withdraw_generation, write_generation

_TEXT_BYTES = 1 << 30  # a file that is larger than the limits was refused when it was first read
_CHANGED = "it was changed by somebody else while the command was at work"

_WORTH_SHARING = 100  # skills; some 40 ms of copying, against 10 for another process

TreeOf = Callable[[str], str]
"""Tree digest -> where the store keeps the tree."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """The files of a scope that go with a generation; None where there is to be no file, or no change."""

    project: str | None
    lock: str | None
    ignore: str | None
    """The new text of .gitignore; None leaves it alone."""


def apply_plan(
    scope: Scope,
    plan: Plan,
    draft: Generation,
    texts: Texts,
    *,
    before: Texts,
    tree_of: TreeOf,
    mode: LinkMode,
    staged: Callable[[], object],
) -> Generation:
    """The generation that is now in place. `draft` has its number and texts; `before` has what the files say now.

    `staged` is called when everything is made ready: what comes then is mostly waiting.
    InstallError if the disk does not allow it; then everything is as it was.
    """
    work = _Work(scope, draft.number)
    try:
        placed = work.stage(plan, tree_of, TreeCopier(mode))
        staged()
        generation = replace(draft, targets=_merged(plan.standing, placed))
        make_directory(scope.generations)
        work.sync()
        write_generation(scope, generation)
        sync_file(scope.generation(draft.number))
        work.write(texts, before)
        work.swap(plan)
        work.sync()
        mark_current(scope, draft.number)
    except BaseException:
        # if the disk does not even allow the way back, the commit stays, and the next command goes the way forward
        with suppress(SkillctlError):
            if not _is_marked(scope, draft.number):
                work.take_back()
                withdraw_generation(scope, draft.number)
                work.abandon()
        raise
    work.clear()
    return generation


def left_behind(scope: Scope, plan: Plan, number: int) -> list[Problem]:
    """What is to be told of files that are not ours, and will be nowhere but in the backups of that generation."""
    backup = free_backup(scope, number)
    return [
        problem(
            "W410",
            directory=each.directory,
            skill=each.skill,
            pack=each.pack,
            files=list(each.left),
            backup=scope.text_of(backup / backup_name(each.directory) / each.skill),
        )
        for each in plan.changes
        if each.left
    ]


def write_texts(scope: Scope, texts: Texts, *, before: Texts) -> None:
    """Bring the scope's own files from one state to the other; what is equal is not written.

    InstallError E452 for a file that is neither: somebody edited it since it was read.
    """
    for path, text, old in _written(scope, texts, before):
        found = read_text(path, max_bytes=_TEXT_BYTES)
        if found == text:
            continue
        if found != old:
            raise InstallError.of("E452", path=str(path), reason=_CHANGED)
        _write_text(scope, path, text)


def take_back_texts(scope: Scope, texts: Texts, *, before: Texts) -> None:
    """Undo `write_texts`, however far it came."""
    for path, text, old in _written(scope, texts, before):
        if read_text(path, max_bytes=_TEXT_BYTES) == text:
            _write_text(scope, path, old)


def forget_empty_state(scope: Scope) -> None:
    """Remove the directories of the state, as far as there is nothing in them: of a command that did nothing."""
    with suppress(SkillctlError):
        if any(put_aside(scope.own_stage)):
            return
        remove_tree(scope.own_stage)
        for directory in (scope.backups, scope.generations):
            remove_empty_directory(directory)
        if scope.kind == "project":  # the user's own is what commands lock
            remove_empty_directory(scope.state)


def _written(scope: Scope, texts: Texts, before: Texts) -> Iterator[tuple[Path, str | None, str | None]]:
    """The files that differ between two states: path, new text, old text."""
    for path, text, old in (
        (scope.project_file, texts.project, before.project),
        (scope.lock_file, texts.lock, before.lock),
        (scope.ignore_file, texts.ignore, before.ignore),
    ):
        if text != old:
            yield path, text, old


def _write_text(scope: Scope, path: Path, text: str | None) -> None:
    if text is None:
        remove_file(path)
    else:
        write_atomic(path, text.encode("utf-8", "surrogateescape"), stage=scope.own_stage)


def _is_marked(scope: Scope, number: int) -> bool:
    """Whether everything of that generation is in place, so that there is nothing to be taken back."""
    return read_text(scope.current, max_bytes=64) == f"{number}\n"


def _merged(
    standing: Mapping[str, Mapping[str, Placed]], placed: Mapping[str, Mapping[str, Placed]]
) -> dict[str, dict[str, Placed]]:
    directories = sorted({*standing, *placed})
    merged = {each: {**standing.get(each, {}), **placed.get(each, {})} for each in directories}
    return {each: dict(sorted(skills.items())) for each, skills in merged.items() if skills}


class _Work:
    """The moves of one application: what was made ready, what was moved, and the way back."""

    def __init__(self, scope: Scope, number: int) -> None:
        self._scope = scope
        self._backup = free_backup(scope, number)
        self._places: dict[str, _Places] = {}
        self._undo: list[Callable[[], object]] = []
        self._stamps: dict[tuple[str, str], dict[str, Stamp]] = {}

    def stage(self, plan: Plan, tree_of: TreeOf, copier: TreeCopier) -> dict[str, dict[str, Placed]]:
        """Make every new directory ready, and keep copies of what will be replaced though a person edited it."""
        for change in plan.changes:
            self._at(change)  # before the work is shared out: every process must mean the same places
        copies = [(each, each.wanted) for each in plan.changes if isinstance(each.wanted, WantedCopy)]
        self._stamps = self._copied(copies, tree_of, copier)
        placed: dict[str, dict[str, Placed]] = {}
        for change in plan.changes:
            if change.backup:
                self._back_up(change)
            if change.carried or change.brought:
                self._carry(change)
            if change.wanted is not None:
                skills = placed.setdefault(change.directory, {})
                skills[change.skill] = _record(change.wanted, self._stamps.get(_key(change), {}))
        kept = self._scope.own_stage / KEPT
        if kind_at(str(kept)) != "nothing":
            move(kept, self._backup)  # at once, so that there is no half of a backup
        return placed

    def _copied(
        self, copies: Sequence[tuple[Change, WantedCopy]], tree_of: TreeOf, copier: TreeCopier
    ) -> dict[tuple[str, str], dict[str, Stamp]]:
        """The stamps of every skill's files; each skill is now ready in the stage."""

        def copy(job: tuple[Change, WantedCopy]) -> dict[str, Stamp]:
            change, wanted = job
            return copier.copy(tree_of(wanted.tree), self._ready(change), wanted.files)

        done: dict[tuple[str, str], dict[str, Stamp]] = {}
        copied = share_out(copies, copy, least=_WORTH_SHARING, doing="copying skills")
        for job, stamps in zip(copies, copied, strict=True):
            if stamps is None:  # another process could not do it, and left nobody knows what
                remove_tree(self._ready(job[0]))
            done[_key(job[0])] = copy(job) if stamps is None else stamps
        return done

    def sync(self) -> None:
        """Wait until the disk has it: the scope's file system, and those of targets that lie elsewhere."""
        make_directory(self._scope.state)
        elsewhere = {Path(each.stage).parent for each in self._places.values()} - {self._scope.state}
        for directory in (self._scope.state, *sorted(each for each in elsewhere if each.exists())):
            sync_filesystem(directory)

    def write(self, texts: Texts, before: Texts) -> None:
        """Write the scope's own files."""
        self._undo.append(partial(take_back_texts, self._scope, texts, before=before))
        write_texts(self._scope, texts, before=before)

    def swap(self, plan: Plan) -> None:
        """Move the old out and the new in, skill by skill."""
        for directory in {change.directory: None for change in plan.changes if change.wanted is not None}:
            self._make(self._scope.directory(directory))
        for change in plan.changes:
            self._swap_one(change)
        for directory in {change.directory for change in plan.changes if change.action == "remove"}:
            self._clear_away(self._scope.directory(directory))

    def _clear_away(self, directory: Path) -> None:
        """Remove a directory that is empty now, and those above it inside a project that held nothing else."""
        while remove_empty_directory(directory) and self._scope.kind == "project":
            directory = directory.parent
            if directory == self._scope.root or not directory.is_relative_to(self._scope.root):
                return

    def take_back(self) -> None:
        """Undo what was done, the last of it first. InstallError if something can't go back to its place."""
        while self._undo:
            self._undo[-1]()
            self._undo.pop()

    def clear(self) -> None:
        """Remove the stages. What can't be removed now, the next command removes."""
        for stage in {each.stage for each in self._places.values()} - {str(self._scope.own_stage)}:
            with suppress(SkillctlError):
                remove_tree(stage)
        with suppress(SkillctlError):  # last, since it holds the list of the others
            remove_tree(self._scope.own_stage)

    def abandon(self) -> None:
        """Leave no trace of what was to be done, now that everything is where it was."""
        if any(aside for each in self._places.values() for aside in put_aside(Path(each.stage))):
            return
        self.clear()
        with suppress(SkillctlError):
            remove_tree(self._backup)
        forget_empty_state(self._scope)

    def _make(self, directory: Path) -> None:
        """Make a directory of skills; on the way back, it and those above it go again if they were not there."""
        missing = [each for each in (directory, *directory.parents) if not each.exists()]
        self._undo += [partial(remove_empty_directory, each) for each in reversed(missing)]
        make_directory(directory)

    def _carry(self, change: Change) -> None:
        """Bring files that are not ours along, where the new skill has none of that path."""
        own = change.wanted.files if isinstance(change.wanted, WantedCopy) else {}
        if isinstance(change.wanted, WantedLink):
            return
        for path in change.carried:
            if path not in own:
                copy_file(Path(self._at(change).skills, change.skill, path), Path(self._ready(change), path))
        for directory, path in change.brought:
            copy_file(self._scope.directory(directory) / change.skill / path, Path(self._ready(change), path))

    def _back_up(self, change: Change) -> None:
        kept = self._scope.own_stage / KEPT / backup_name(change.directory) / change.skill
        copy_directory(Path(self._at(change).skills, change.skill), kept)

    def _swap_one(self, change: Change) -> None:
        at = self._at(change)
        present = f"{at.skills}/{change.skill}"
        if change.seen.kind != "nothing":
            old = f"{at.old}/{change.skill}"
            self._undo.append(partial(_move_home, old, present))
            move(present, old)
            if not _is_as_seen(old, change.seen):
                raise InstallError.of("E452", path=present, reason=_CHANGED)
        if isinstance(change.wanted, WantedLink):
            self._undo.append(partial(_remove_link, present, change.wanted.text))
            make_link(Path(present), change.wanted.text)
        elif isinstance(change.wanted, WantedCopy) or change.carried:
            ready = self._ready(change)
            self._undo.append(partial(self._move_out, change))
            move(ready, present)

    def _move_out(self, change: Change) -> None:
        """Undo moving a skill in, if that was done: then it is no longer where it was made ready.

        InstallError E452 if somebody has changed something in it: that is not to be lost with it.
        """
        present, ready = f"{self._at(change).skills}/{change.skill}", self._ready(change)
        if kind_at(ready) != "nothing" or kind_at(present) == "nothing":
            return
        found = {path: stamp for path, stamp in (look_at_tree(present) or {}).items() if not is_rubbish(path)}
        brought = {path: found.get(path, "") for _, path in change.brought}
        carried = {path: change.seen.files[path] for path in change.carried}
        if found != {**brought, **carried, **self._stamps.get(_key(change), {})}:
            raise InstallError.of("E452", path=present, reason=_CHANGED)
        move(present, ready)

    def _ready(self, change: Change) -> str:
        """Where the skill is made ready."""
        return f"{self._at(change).new}/{change.skill}"

    def _at(self, change: Change) -> _Places:
        """The places of the change's directory, worked out once for all of its skills.

        A stage that lies elsewhere is noted first, so that it can be found after a kill.
        """
        places = self._places.get(change.directory)
        if places is None:
            directory = self._scope.directory(change.directory)
            stage = self._scope.stage(directory)
            if stage != self._scope.own_stage:
                append_bytes(self._scope.stages_elsewhere, os.fsencode(f"{stage}\n"))
            key = key_of(self._scope, change.directory)
            places = _Places(str(directory), str(stage), f"{stage}/{NEW}/{key}", f"{stage}/{OLD}/{key}")
            self._places[change.directory] = places
        return places


def _move_home(old: str, present: str) -> None:
    """Undo moving a skill out, if that was done. InstallError E452 if something has come to its place meanwhile."""
    if kind_at(old) == "nothing":
        return
    if kind_at(present) != "nothing":
        raise InstallError.of("E452", path=present, reason=_CHANGED)
    move(old, present)


def _remove_link(present: str, text: str) -> None:
    """Undo making a link, if that was done."""
    if link_text(present) == text:
        remove_file(Path(present))


def _is_as_seen(path: str, seen: Seen) -> bool:
    """Whether what was moved out of its place is still what the plan was made for."""
    if seen.kind == "link":
        return link_text(path) == seen.text
    return look_at_tree(path) == seen.files


def _key(change: Change) -> tuple[str, str]:
    return change.directory, change.skill


def _record(wanted: Wanted, stamps: Mapping[str, Stamp]) -> Placed:
    """What the generation says of a skill that is being put in place."""
    if isinstance(wanted, WantedLink):
        return Linked(wanted.pack, wanted.tree, wanted.text)
    files = {path: installed_file(line_sha256(line), stamps[path]) for path, line in wanted.files.items()}
    return Copied(wanted.pack, wanted.tree, files)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the skills of one directory are, and come and go."""

    skills: str
    stage: str
    new: str
    """Where they are made ready."""
    old: str
    """Where they are put aside."""

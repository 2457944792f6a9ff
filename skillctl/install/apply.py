"""Making the disk equal to a plan, so that a kill at any moment leaves the old set or the new one to be completed.

    stage       every new directory is made ready beside the targets; nothing that an agent sees has changed
    sync        all of that is on the disk
    commit      generations/N.json is written
    swap        old directory out, staged directory in, by renames; links; then skillctl.json, skillctl.lock, .gitignore
    sync        all of that is on the disk
    current     N is in place; the stage is cleared

A kill before the commit leaves the old set and some rubbish in the stage. A kill after it leaves a generation above
`current`: the next command takes its texts, plans again with both generations as what may be in place, and so completes
it. An error (a full disk, a missing permission) between commit and end takes back what was swapped and the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from skillctl.core.errors import SkillctlError
from skillctl.core.settings import LinkMode
from skillctl.edges.disk.files import make_directory, make_link, remove_empty_directory, remove_file, write_atomic
from skillctl.edges.disk.look import Stamp, kind_at
from skillctl.edges.disk.sync import sync_filesystem
from skillctl.edges.disk.trees import TreeCopier, copy_directory, copy_file, move, remove_tree
from skillctl.edges.workers import share_out
from skillctl.install.generation import Copied, Generation, Linked, Placed, installed_file
from skillctl.install.plan import Change, Plan, Wanted, WantedCopy, WantedLink
from skillctl.install.scope import Scope
from skillctl.install.state import mark_current, withdraw_generation, write_generation

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
    scope: Scope, plan: Plan, draft: Generation, texts: Texts, *, before: Texts, tree_of: TreeOf, mode: LinkMode
) -> Generation:
    """The generation that is now in place. `draft` has its number and texts; `before` has what the files say now.

    InstallError if the disk does not allow it; then everything is as it was.
    """
    work = _Work(scope, draft.number)
    try:
        placed = work.stage(plan, tree_of, TreeCopier(mode))
        generation = replace(draft, targets=_merged(plan.standing, placed))
        work.sync(plan)
        write_generation(scope, generation)
    except BaseException:
        work.clear()
        raise
    try:
        work.swap(plan)
        write_texts(scope, texts, before=before)
        work.sync(plan)
    except BaseException:
        work.take_back()
        write_texts(scope, before, before=texts)
        withdraw_generation(scope, draft.number)
        work.clear()
        raise
    mark_current(scope, draft.number)
    work.clear()
    return generation


def write_texts(scope: Scope, texts: Texts, *, before: Texts) -> None:
    """Bring the scope's own files from one state to the other; what is equal is not written."""
    for path, text, old in (
        (scope.lock_file, texts.lock, before.lock),
        (scope.project_file, texts.project, before.project),
        (scope.ignore_file, texts.ignore, before.ignore),
    ):
        if text == old:
            continue
        if text is None:
            remove_file(path)
        else:
            write_atomic(path, text.encode("utf-8", "surrogateescape"))


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
        self._number = number
        self._places: dict[str, _Places] = {}
        self._undo: list[Callable[[], None]] = []

    def stage(self, plan: Plan, tree_of: TreeOf, copier: TreeCopier) -> dict[str, dict[str, Placed]]:
        """Make every new directory ready, and keep copies of what will be replaced though a person edited it."""
        for change in plan.changes:
            self._at(change)  # before the work is shared out: every process must mean the same places
        copies = [(each, each.wanted) for each in plan.changes if isinstance(each.wanted, WantedCopy)]
        stamps = self._copied(copies, tree_of, copier)
        placed: dict[str, dict[str, Placed]] = {}
        for change in plan.changes:
            if change.backup:
                self._back_up(change)
            if change.carried:
                self._carry(change)
            if change.wanted is not None:
                skills = placed.setdefault(change.directory, {})
                skills[change.skill] = _record(change.wanted, stamps.get(_key(change), {}))
        return placed

    def _copied(
        self, copies: Sequence[tuple[Change, WantedCopy]], tree_of: TreeOf, copier: TreeCopier
    ) -> dict[tuple[str, str], dict[str, Stamp]]:
        """The stamps of every skill's files; each skill is now ready in the stage."""

        def copy(job: tuple[Change, WantedCopy]) -> dict[str, Stamp]:
            change, wanted = job
            return copier.copy(tree_of(wanted.tree), self._ready(change), wanted.files)

        done: dict[tuple[str, str], dict[str, Stamp]] = {}
        for job, stamps in zip(copies, share_out(copies, copy, least=_WORTH_SHARING), strict=True):
            if stamps is None:  # another process could not do it, and left nobody knows what
                remove_tree(self._ready(job[0]))
            done[_key(job[0])] = copy(job) if stamps is None else stamps
        return done

    def sync(self, plan: Plan) -> None:
        """Wait until the disk has it: the scope's file system, and those of targets that lie elsewhere."""
        make_directory(self._scope.state)
        stages = {self._at(change).stage for change in plan.changes} - {str(self._scope.state / "stage")}
        for stage in (self._scope.state, *(Path(each) for each in sorted(stages) if kind_at(each) == "directory")):
            sync_filesystem(stage)

    def swap(self, plan: Plan) -> None:
        """Move the old out and the new in, skill by skill."""
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
        """Undo the moves that were made, the last one first, as far as the disk allows."""
        for step in reversed(self._undo):
            with suppress(SkillctlError):
                step()

    def clear(self) -> None:
        """Remove the stages. What can't be removed now, the next command removes."""
        for stage in {str(self._scope.state / "stage"), *(each.stage for each in self._places.values())}:
            with suppress(SkillctlError):
                remove_tree(stage)

    def _carry(self, change: Change) -> None:
        """Bring files that are not ours along, where the new skill has none of that path."""
        own = change.wanted.files if isinstance(change.wanted, WantedCopy) else {}
        for path in change.carried:
            if path not in own and not isinstance(change.wanted, WantedLink):
                copy_file(Path(self._at(change).skills, change.skill, path), Path(self._ready(change), path))

    def _back_up(self, change: Change) -> None:
        kept = self._scope.backups / str(self._number) / change.directory.strip("/").replace("/", "-") / change.skill
        remove_tree(kept)
        copy_directory(Path(self._at(change).skills, change.skill), kept)

    def _swap_one(self, change: Change) -> None:
        at = self._at(change)
        present = f"{at.skills}/{change.skill}"
        if change.seen.kind != "nothing":
            self._move(present, f"{at.old}/{change.skill}")
        if isinstance(change.wanted, WantedLink):
            make_link(Path(present), change.wanted.text)
            self._undo.append(lambda: remove_file(Path(present)))
        elif isinstance(change.wanted, WantedCopy) or change.carried:
            self._move(self._ready(change), present)

    def _move(self, source: str, target: str) -> None:
        move(source, target)
        self._undo.append(lambda: move(target, source))

    def _ready(self, change: Change) -> str:
        """Where the skill is made ready."""
        return f"{self._at(change).new}/{change.skill}"

    def _at(self, change: Change) -> _Places:
        """The places of the change's directory, worked out once for all of its skills."""
        places = self._places.get(change.directory)
        if places is None:
            directory = self._scope.directory(change.directory)
            stage = str(self._scope.stage(directory))
            number = len(self._places)
            places = _Places(str(directory), stage, f"{stage}/new/{number}", f"{stage}/old/{number}")
            self._places[change.directory] = places
        return places


def _key(change: Change) -> tuple[str, str]:
    return change.directory, change.skill


def _record(wanted: Wanted, stamps: Mapping[str, Stamp]) -> Placed:
    """What the generation says of a skill that is being put in place."""
    if isinstance(wanted, WantedLink):
        return Linked(wanted.pack, wanted.tree, wanted.text)
    files = {path: installed_file(entry.sha256, stamps[path]) for path, entry in wanted.files.items()}
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

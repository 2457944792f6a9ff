"""`history`: the generations of a scope, and which of them an `undo` would bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from skillctl.app.install import shown_version
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import existing_scope, find_project, parse_lock, the_project_scope, the_user_scope
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import upwards
from skillctl.install.generation import EMPTY, Generation, Linked
from skillctl.install.scope import Scope
from skillctl.install.state import generation_numbers, read_believed, read_state

NOTHING_BEFORE = -1
"""What an undo of the first generation brings back: the scope without anything of skillctl's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PastGeneration:
    """One line of the history."""

    number: int
    created: str
    command: str
    packs: int
    changed: tuple[tuple[str, str, str], ...]
    """Pack, its version before (empty: none), its version after (empty: gone)."""
    current: bool
    restores: int
    """The generation whose state it brought back; 0: it is none that an undo made."""

    def to_json(self) -> JsonObject:
        """The generation in an envelope."""
        return {
            "number": self.number,
            "created": self.created,
            "command": self.command,
            "packs": self.packs,
            "changed": [
                {"name": name, "before": before or None, "after": after or None} for name, before, after in self.changed
            ],
            "current": self.current,
            "restores": max(self.restores, 0) if self.restores else None,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryOutcome(Outcome):
    """What a scope was, the newest first."""

    scope: str
    root: str
    generations: tuple[PastGeneration, ...]

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "scope": self.scope,
            "root": self.root,
            "generations": [each.to_json() for each in self.generations],
        }


def history(settings: Settings, cwd: Path, *, user: bool = False) -> HistoryOutcome:
    """The generations that are kept. One that can't be read is told (W490) and left out."""
    scope = scope_with_history(settings, cwd, user=user)
    kept, problems = kept_generations(scope)
    current = read_state(scope).newest.number
    lines: list[PastGeneration] = []
    versions: Mapping[str, str] = {}
    for generation in kept:
        after = _versions(generation, scope, settings)
        changed = tuple(
            (name, versions.get(name, ""), after.get(name, ""))
            for name in sorted(versions.keys() | after.keys())
            if versions.get(name) != after.get(name)
        )
        first = generation is kept[0] and generation.before is None
        lines.append(
            PastGeneration(
                number=generation.number,
                created=generation.created,
                command=generation.command,
                packs=len(after),
                changed=() if first else changed,  # what was before it is not known any more
                current=generation.number == current,
                restores=generation.restores,
            )
        )
        versions = after
    return HistoryOutcome(problems=problems, scope=scope.kind, root=str(scope.root), generations=tuple(reversed(lines)))


def scope_with_history(settings: Settings, cwd: Path, *, user: bool) -> Scope:
    """The scope around; also one whose project file went with an undo. InstallError E402 if there is neither."""
    if user:
        return the_user_scope(settings)
    home = Path(settings.directories.home)
    if find_project(cwd, home=home) is None:
        for directory in upwards(cwd):
            scope = the_project_scope(settings, directory)
            if scope.generations.is_dir():
                return scope
            if directory == home or (directory / ".git").exists():
                break
    return existing_scope(settings, cwd, user=False)


def kept_generations(scope: Scope) -> tuple[tuple[Generation, ...], tuple[Problem, ...]]:
    """Those that are kept and were made by this user, ascending; and what is to be told of the others."""
    kept: list[Generation] = []
    problems: list[Problem] = []
    for number in generation_numbers(scope):
        try:
            generation = read_believed(scope, number)
        except InstallError as error:
            reason = str(error.problems[0].evidence.get("reason", error.code))
            problems.append(problem("W490", number=number, reason=reason))
            continue
        if generation.number:
            kept.append(generation)
    return tuple(kept), tuple(problems)


def generation_before(kept: Sequence[Generation], newest: Generation) -> Generation | None:
    """The state that one step back leads to: `EMPTY` for that before the first; None if it is not kept any more.

    Who went back three times stands where three commands were not done, so the next step counts from there. What only
    repaired, and so is no other state, is passed over.
    """
    here = newest.restores or newest.number
    if here == NOTHING_BEFORE:
        return None
    older = [each for each in kept if each.number < here and not (each.restores and each.restores == here)]
    for each in reversed(older):
        if not is_same_state(each, newest):
            return each
    first = kept[0] if kept else newest
    return EMPTY if first.before is not None and not is_empty_state(newest) else None


def is_same_state(one: Generation, other: Generation) -> bool:
    """Whether both say the same of the scope: its files, its agents, what stands where."""
    return (one.project, one.lock, _places(one)) == (other.project, other.lock, _places(other))


def is_empty_state(generation: Generation) -> bool:
    """Whether nothing of skillctl's is left in it."""
    return generation.lock is None and not any(generation.targets.values())


def _places(generation: Generation) -> dict[tuple[str, str], object]:
    """Directory and skill -> what is there, without times."""
    return {
        (directory, skill): (
            placed.text
            if isinstance(placed, Linked)
            else {path: file.partition(" ")[0] for path, file in placed.files.items()}
        )
        for directory, skills in generation.targets.items()
        for skill, placed in skills.items()
    }


def _versions(generation: Generation, scope: Scope, settings: Settings) -> dict[str, str]:
    """Pack -> version, or its commit where it has no version; nothing where the lock is of a newer program."""
    try:
        lock = parse_lock(generation.lock, scope, settings.limits)
    except SkillctlError:
        return {}
    return {name: shown_version(pack) for name, pack in lock.packs.items()} if lock else {}

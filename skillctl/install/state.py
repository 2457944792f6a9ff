"""The state of a scope on disk: which generation is in place, and which was committed but not finished."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path, PurePath

from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.names import is_skill_name
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import (
    list_names,
    read_bytes,
    remove_empty_directory,
    remove_file,
    write_atomic,
)
from skillctl.formats.json_text import dump_json, load_json
from skillctl.install.generation import EMPTY, Generation, Targets, generation_from_json, generation_to_json
from skillctl.install.roots import is_known
from skillctl.install.scope import Scope

KEPT_GENERATIONS = 10
_STATE_BYTES = 1 << 30  # our own file: bounded by what was installed, so only against nonsense
_DEPTH = 16
_LIST_BYTES = 1 << 20
_ATTEMPTS = 4
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class State:
    """What a scope has installed."""

    current: Generation
    """What is in place."""
    unfinished: tuple[Generation, ...] = ()
    """What was committed by commands that were killed before they had put everything in place, the newest first."""

    @property
    def pending(self) -> Generation | None:
        """The one that the scope is to become, if it is not that already."""
        return self.unfinished[0] if self.unfinished else None

    @property
    def newest(self) -> Generation:
        """What the scope's files and targets are to be."""
        return self.pending or self.current

    @property
    def recorded(self) -> tuple[Targets, ...]:
        """Everything that skillctl may have put in place, the newest first."""
        return tuple(each.targets for each in (*self.unfinished, self.current))


def read_state(scope: Scope) -> State:
    """The state of the scope; of one in which nothing was ever installed, the empty one.

    InstallError E460 if a part of it is a link, E461 if it can't be understood.
    """
    check_state(scope)
    for _ in range(_ATTEMPTS):
        numbers = generation_numbers(scope)
        try:
            return _read_state(scope, numbers)
        except InstallError:
            if numbers == generation_numbers(scope):
                raise
            # whoever only looks does not hold the scope: a generation came or went meanwhile
    return _read_state(scope, generation_numbers(scope))


def check_state(scope: Scope) -> None:
    """Refuse a state directory that leads elsewhere (E460): a repository may bring one."""
    for path in (scope.state, scope.generations, scope.backups):
        if path.is_symlink():
            raise InstallError.of("E460", path=str(path))


def _read_state(scope: Scope, numbers: list[int]) -> State:
    marked = _marked(scope)
    current = read_believed(scope, marked) if marked in numbers else EMPTY
    newer = [number for number in reversed(numbers) if number > current.number]
    unfinished = tuple(each for number in newer if (each := _committed(scope, number)).number)
    return State(current, unfinished)


def _committed(scope: Scope, number: int) -> Generation:
    """A generation above the current one. One that can't be read was not on the disk when the power went: no commit."""
    try:
        return read_believed(scope, number)
    except InstallError:
        return EMPTY


def read_believed(scope: Scope, number: int) -> Generation:
    """That generation if this user made it, else the empty one: a repository may bring one."""
    generation = read_generation(scope, number)
    if generation.number != number or not is_known(scope, generation.owner):
        return EMPTY
    return _placed_inside(scope, generation)


def _placed_inside(scope: Scope, generation: Generation) -> Generation:
    """The generation, if its places are such as skillctl writes. InstallError E461 if they lead out of the project."""
    for directory, skills in generation.targets.items():
        path = PurePath(directory)
        outside = path.is_absolute() and scope.kind == "project"
        if outside or ".." in path.parts or not all(map(_is_one_name, skills)):
            file = str(scope.generation(generation.number))
            raise InstallError.of("E461", path=file, reason=f"`{directory}` is no place that skillctl installs to")
    return generation


def _is_one_name(skill: str) -> bool:
    """Whether it is the name of one directory. Skills of other programs may have names that a pack of ours may not."""
    if is_skill_name(skill):
        return True
    from skillctl.core.paths import path_problem  # hardly any skill has one

    return "/" not in skill and path_problem(skill) is None


def stages(scope: Scope) -> set[Path]:
    """Every place where a killed command may have left something ready for the scope."""
    listed = (read_text(scope.stages_elsewhere, max_bytes=_LIST_BYTES) or "").splitlines()
    elsewhere = {Path(line) for line in listed if PurePath(line).name == scope.stage_name}
    return {*elsewhere, scope.own_stage}


def has_leftovers(scope: Scope) -> bool:
    """Whether a killed command left something that it had made ready."""
    return os.path.lexists(scope.own_stage)


def generation_numbers(scope: Scope) -> list[int]:
    """The numbers of all generations that are kept, ascending."""
    stems = [name.removesuffix(".json") for name in list_names(scope.generations) if name.endswith(".json")]
    return sorted(int(stem) for stem in stems if _NUMBER.fullmatch(stem))


def read_generation(scope: Scope, number: int) -> Generation:
    """That generation. InstallError E461 if its file can't be understood."""
    path = scope.generation(number)
    try:
        data = read_bytes(path, max_bytes=_STATE_BYTES) or b""
        value = load_json(data, file=str(path), max_bytes=_STATE_BYTES, max_depth=_DEPTH)
        return generation_from_json(value, file=str(path))
    except SkillctlError as error:
        raise InstallError.of("E461", path=str(path), reason=str(error)) from error


def write_generation(scope: Scope, generation: Generation) -> None:
    """The commit: from here on, the scope is to become this generation."""
    path = scope.generation(generation.number)
    write_atomic(path, dump_json(generation_to_json(generation)), stage=scope.own_stage)


def next_number(scope: Scope, state: State) -> int:
    """The number of the scope's next generation: above everything that lies there, believed or not."""
    return max([state.newest.number, *generation_numbers(scope)]) + 1


def withdraw_generation(scope: Scope, number: int) -> None:
    """Take a commit back, after everything it had put in place is out again."""
    remove_file(scope.generation(number))


def mark_current(scope: Scope, number: int) -> None:
    """Everything of that generation is in place; older ones beyond the number kept go."""
    write_atomic(scope.current, f"{number}\n".encode(), stage=scope.own_stage)
    with suppress(SkillctlError):  # the next command tries again; what was done is done
        remove_empty_directory(scope.own_stage)
        for old in generation_numbers(scope)[:-KEPT_GENERATIONS]:
            remove_file(scope.generation(old))


def read_text(path: Path, *, max_bytes: int) -> str | None:
    """The text of one of the scope's files; None if there is none.

    InstallError E462 for a link: a repository may bring one, and what it leads to would be copied into the project.
    """
    if path.is_symlink():
        raise InstallError.of("E462", path=str(path))
    data = read_bytes(path, max_bytes=max_bytes)
    return None if data is None else data.decode("utf-8", "surrogateescape")


def text_digest(text: str | None) -> str:
    """What a text is compared by, across the end of a process."""
    import hashlib

    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _marked(scope: Scope) -> int:
    text = (read_bytes(scope.current, max_bytes=64) or b"").decode("ascii", "replace").strip()
    return int(text) if _NUMBER.fullmatch(text) else 0

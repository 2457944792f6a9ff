"""The state of a scope on disk: which generation is in place, and which was committed but not finished."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skillctl.core.errors import InstallError, SkillctlError
from skillctl.edges.disk.files import list_names, read_bytes, remove_file, write_atomic
from skillctl.formats.json_text import dump_json, load_json
from skillctl.install.generation import EMPTY, Generation, Targets, generation_from_json, generation_to_json
from skillctl.install.scope import Scope

KEPT_GENERATIONS = 10
_STATE_BYTES = 1 << 30  # our own file: bounded by what was installed, so only against nonsense
_DEPTH = 16


@dataclass(frozen=True, slots=True)
class State:
    """What a scope has installed."""

    current: Generation
    """What is in place."""
    pending: Generation | None = None
    """What was committed by a command that was killed before it had put everything in place."""

    @property
    def newest(self) -> Generation:
        """What the scope's files and targets are to be."""
        return self.pending or self.current

    @property
    def recorded(self) -> tuple[Targets, ...]:
        """Everything that skillctl may have put in place, the newest first."""
        return tuple(each.targets for each in (self.pending, self.current) if each is not None)


def read_state(scope: Scope) -> State:
    """The state of the scope; of one in which nothing was ever installed, the empty one."""
    if scope.state.is_symlink():
        raise InstallError.of("E460", path=str(scope.state))
    numbers = generation_numbers(scope)
    marked = _marked(scope)
    current = read_generation(scope, marked) if marked in numbers else EMPTY
    newer = [number for number in numbers if number > current.number]
    return State(current, read_generation(scope, newer[-1]) if newer else None)


def stages(scope: Scope, state: State) -> set[Path]:
    """Every place where a command may have made something ready for the scope."""
    directories = {scope.directory(each) for targets in state.recorded for each in targets}
    return {scope.state / "stage", *(scope.stage(each) for each in directories)}


def has_leftovers(scope: Scope, state: State) -> bool:
    """Whether a killed command left something that it had made ready."""
    return any(stage.exists() for stage in stages(scope, state))


def generation_numbers(scope: Scope) -> list[int]:
    """The numbers of all generations that are kept, ascending."""
    stems = [name.removesuffix(".json") for name in list_names(scope.generations) if name.endswith(".json")]
    return sorted(int(stem) for stem in stems if stem.isdecimal())


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
    write_atomic(scope.generation(generation.number), dump_json(generation_to_json(generation)))


def withdraw_generation(scope: Scope, number: int) -> None:
    """Take a commit back, after everything it had put in place is out again."""
    remove_file(scope.generation(number))


def mark_current(scope: Scope, number: int) -> None:
    """Everything of that generation is in place; older ones beyond the number kept go."""
    write_atomic(scope.current, f"{number}\n".encode())
    for old in generation_numbers(scope)[:-KEPT_GENERATIONS]:
        remove_file(scope.generation(old))


def read_text(path: Path, *, max_bytes: int) -> str | None:
    """The text of a file; None if there is none."""
    data = read_bytes(path, max_bytes=max_bytes)
    return None if data is None else data.decode("utf-8", "surrogateescape")


def text_digest(text: str | None) -> str:
    """What a text is compared by, across the end of a process."""
    import hashlib

    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _marked(scope: Scope) -> int:
    text = (read_bytes(scope.current, max_bytes=64) or b"").decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else 0

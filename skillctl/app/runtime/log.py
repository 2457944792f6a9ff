"""The journals of a project: what was run, when, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass
from skillctl_runtime.journal import read, runs
from skillctl_runtime.writing import is_project


@dataclass(frozen=True, kw_only=True, slots=True)
class LogOutcome(Outcome):
    """One journal, and the names of all."""

    root: str
    run: str
    """Empty: the project has none."""
    lines: tuple[Mapping[str, JsonValue], ...]
    runs: tuple[str, ...]

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"root": self.root, "run": self.run, "runs": self.runs, "lines": self.lines}


def show_log(root: Path, run: str = "") -> LogOutcome:
    """The journal of that name, or the newest. ExecutionError E515 for no project, E531 for no such run."""
    if not is_project(root):
        raise ExecutionError.of("E515", path=str(root))
    names = runs(root)
    if run and run not in names:
        raise ExecutionError.of("E531", path=str(root), run=run)
    chosen = run or (names[-1] if names else "")
    lines = tuple(read(root, chosen)) if chosen else ()
    return LogOutcome(root=str(root), run=chosen, lines=lines, runs=tuple(names))

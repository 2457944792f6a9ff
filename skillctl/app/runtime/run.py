"""A project that was made: its program run, or its plan's checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.any_plugins import not_heard, plugins_told
from skillctl.app.outcome import Outcome
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.process.streaming import Heard
from skillctl_plugins.guards import guard_notes
from skillctl_runtime.surroundings import surroundings

if TYPE_CHECKING:
    from skillctl_runtime.checking import CheckReport
    from skillctl_runtime.reporter import Reporter
    from skillctl_runtime.running import RunResult


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOutcome(Outcome):
    """A program that is over."""

    ran: RunResult

    @property
    def ok(self) -> bool:
        """Whether it ended with status 0."""
        return self.ran.status == 0

    @property
    def status(self) -> int:
        """The program's."""
        return self.ran.status

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return self.ran.to_json()


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOutcome(Outcome):
    """How the checks went; those that failed are problems."""

    project_dir: str
    reports: tuple[CheckReport, ...]
    run: str

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        checks = [each.to_json() for each in self.reports]
        return {"project_dir": self.project_dir, "checks": checks, "run": self.run}


def run_request(
    settings: Settings,
    environ: Mapping[str, str],
    root: Path,
    *,
    cwd: Path,
    args: Sequence[str] = (),
    reporter: Reporter | None = None,
    heard: Heard | None = None,
) -> RunOutcome:
    """Start the project, pass on what it says, and stay to its end."""
    from skillctl_runtime.running import run_program

    with plugins_told(settings, cwd) as plugins:
        ran = run_program(
            root, surroundings(settings, environ), args=args, heard=heard, plugins=plugins, reporter=reporter
        )
        notes = (*not_heard(plugins), *guard_notes(settings))
    return RunOutcome(problems=(*notes, *ran.problems), ran=ran)


def check_request(
    settings: Settings, environ: Mapping[str, str], root: Path, *, cwd: Path, reporter: Reporter | None = None
) -> CheckOutcome:
    """Run the checks of the project's plan."""
    from skillctl_runtime.checking import check_project

    with plugins_told(settings, cwd) as plugins:
        found = check_project(root, surroundings(settings, environ), plugins=plugins, reporter=reporter)
        notes = (*not_heard(plugins), *guard_notes(settings))
    problems = (*notes, *found.problems)
    return CheckOutcome(problems=problems, project_dir=found.project_dir, reports=found.reports, run=found.run)

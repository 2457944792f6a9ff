"""What every use case gives back: a value that can be shown to people, printed for programs and turned into a status.

A use case takes settings and a request, prints nothing and asks nothing. What went well stands in its outcome's own
fields; what is worth knowing beside it stands in `problems`, as evidence. What makes the work impossible is raised as a
`SkillctlError` instead. The command line has one render function for each outcome; the envelope takes `to_json`.
"""

from __future__ import annotations

from skillctl.core.diagnostics import Problem
from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The base of all outcomes."""

    problems: tuple[Problem, ...] = ()
    """Warnings and notes of work that was done, or what a check found."""

    @property
    def ok(self) -> bool:
        """Whether the command ends with status 0. A check that has other ways to fail than an error says so here."""
        return all(problem.severity != "error" for problem in self.problems)

    @property
    def status(self) -> int:
        """The exit status of the command. One that stands in for a program ends with the program's."""
        return 0 if self.ok else 1

    def to_json(self) -> JsonObject:
        """The `result` of the envelope: the same facts that people are shown, and more where they are cheap."""
        raise NotImplementedError

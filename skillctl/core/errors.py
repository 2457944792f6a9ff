"""The errors of the whole program.

    SkillctlError                  one or more problems, each with a stable code
    ├── UsageError        E0xx     the command was called wrongly (exit status 2)
    ├── ManifestError     E1xx     a pack's own files break a rule
    ├── RegistryError     E2xx     a registry or an archive did not give what it should
    │                     E7xx     trust in a registry, its server, its stores and its views
    ├── ResolveError      E3xx     no set of versions fits
    ├── InstallError      E4xx     targets, project files or state on disk
    ├── ExecutionError    E5xx     a plan could not be executed
    └── PluginError       E6xx     a plugin refused or failed

An error carries evidence, not prose: `skillctl.core.wording` has the words. A wrong call by a programmer is a
`ValueError` or a `RuntimeError`, never one of these.
"""

from __future__ import annotations

from typing import ClassVar, Self

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.value import replace


class SkillctlError(Exception):
    """The work can't be done, for the reasons in `problems` (at least one, the gravest first)."""

    exit_status: ClassVar[int] = 1

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("an error needs at least one problem")
        super().__init__(*problems)
        self.problems = problems

    @classmethod
    def of(cls, code: str, *, place: Place | None = None, **evidence: object) -> Self:
        """The error of one problem."""
        return cls(problem(code, place=place, severity=None, **evidence))

    @property
    def code(self) -> str:
        """The code of the first problem."""
        return self.problems[0].code

    def as_warnings(self) -> tuple[Problem, ...]:
        """Its problems, for work that goes on without what failed."""
        return tuple(replace(each, severity="warning") for each in self.problems)

    def __str__(self) -> str:
        from skillctl.core.wording import worded

        return "; ".join(f"{each.code} {worded(each).title}" for each in self.problems)


class UsageError(SkillctlError):
    """The command line asks for something that does not exist or does not go together."""

    exit_status: ClassVar[int] = 2


class ManifestError(SkillctlError):
    """A pack's manifest, skill files or tree break a rule: the author's to mend."""


class RegistryError(SkillctlError):
    """A registry, source or archive is missing, damaged, hostile or contradicts itself."""


class ResolveError(SkillctlError):
    """The requirements can't be met together, or something that they name is nowhere."""


class InstallError(SkillctlError):
    """The project's files, the targets or the state on disk stand in the way."""


class ExecutionError(SkillctlError):
    """A plan can't be executed."""


class PluginError(SkillctlError):
    """A plugin refused the work or failed at it."""

"""What skillctl is about to do to the world, as values: all that policy, audit and Patchwork ever see.

A use case gathers the effects of one phase (an install, the files of a plan, a command that it runs) and shows them to
every guard before the first of them happens. A guard that says no raises, and nothing is done; when the phase is over
it is told how that went. Nobody below `app` decides which guards there are: they are handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol

from skillctl.core.diagnostics import Problem
from skillctl.core.errors import SkillctlError
from skillctl.core.value import dataclass, field

Network = Literal["none", "loopback", "registries", "all"]
"""What a command may reach."""

PhaseName = Literal["install", "remove", "publish", "trust", "plan", "command", "decision", "client"]
"""What kind of work a phase is: of the pack manager, of a plan's files, of one command that it runs; a decision for an
agent's client, and what that client did."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """A file is made or replaced."""

    path: str
    """Absolute, without `..`, as the system will write it."""
    sha256: str = ""
    """Of its bytes, in hex; empty where they are not known yet."""
    size: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Delete:
    """A file or a directory goes away."""

    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A file of somebody else's is read and used."""

    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A program is started."""

    argv: tuple[str, ...]
    """The words of the call; one line for a shell where `shell` says so."""
    cwd: str
    """Absolute."""
    shell: bool = False
    network: Network = "all"
    environment: tuple[str, ...] = ()
    """The names of the variables that it gets beside the usual ones; never their values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetch:
    """Something is downloaded by skillctl itself."""

    url: str
    """Without credentials."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Install:
    """A release comes into a scope."""

    pack: str
    version: str
    tree: str
    """Its tree digest."""
    source: str
    """Where it comes from: a registry's id or name, a folder, a repository with its commit."""
    licence: str = ""
    """SPDX; empty where the manifest says none."""
    published: str = ""
    """When it was published, RFC 3339; empty where nobody says."""
    signed: bool = False
    hooks: bool = False
    """Does it bring a hooks module?"""
    files: tuple[str, ...] = ()
    """Absolute paths of the SKILL.md and hooks files that will be written: what an agent or a hook would obey."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remove:
    """A release leaves a scope."""

    pack: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Publish:
    """A release becomes visible in a registry."""

    pack: str
    version: str
    tree: str
    registry: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Code of somebody else's may run from now on, or no longer."""

    subject: str
    """What is trusted: a pack or a plugin file."""
    digest: str
    given: bool
    """False: the trust was taken back."""


Effect = Write | Delete | Read | Run | Fetch | Install | Remove | Publish | Trust


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """Effects that begin and end together."""

    id: str
    """Unique; the same in the record of the beginning and that of the end."""
    name: PhaseName
    project: str
    """The directory it is about, absolute; empty for what belongs to the user."""
    effects: tuple[Effect, ...]
    run: str = ""
    """The execution it belongs to, where there is one: the name of its journal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a phase went."""

    ok: bool
    detail: str = ""
    """One line: an exit status, the code of an error."""
    facts: tuple[tuple[str, str], ...] = field(default=())
    """What else is worth a record: bytes of output, seconds."""


class Guard(Protocol):
    """Somebody who is asked before and told after."""

    @property
    def name(self) -> str:
        """How messages call it."""

    def before(self, phase: Phase) -> None:
        """Let the phase begin, or raise PluginError with the reason. Anything else that it raises is a no as well."""

    def after(self, phase: Phase, ending: Ending) -> None:
        """Take notice. What is done is done: an error here is reported and undoes nothing."""


@contextmanager
def guarded(guards: Sequence[Guard], phase: Phase) -> Iterator[list[Problem]]:
    """Run the body between the questions to all guards and the word to those that were asked.

    The guards are asked in order; the first no ends it, and those asked before it are told so, so that no record
    stays open. They are told in reverse order. What they fail at then stands, as warnings, in the list that the block
    gets: what is done is done.
    """
    asked: list[Guard] = []
    problems: list[Problem] = []
    try:
        for guard in guards:
            asked.append(guard)
            guard.before(phase)
        yield problems
    except BaseException as error:
        _tell(asked, phase, Ending(ok=False, detail=str(error) or type(error).__name__))
        raise
    problems += _tell(asked, phase, Ending(ok=True))


def _tell(asked: Sequence[Guard], phase: Phase, ending: Ending) -> list[Problem]:
    problems: list[Problem] = []
    for guard in reversed(asked):
        try:
            guard.after(phase, ending)
        except SkillctlError as error:
            problems += (Problem(each.code, each.evidence, each.place, "warning") for each in error.problems)
    return problems

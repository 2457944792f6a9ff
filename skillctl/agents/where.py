"""Where an agent looks for skills, and whether it is on this machine: pure rules over the table.

Whatever a rule must know of the world comes in: home and project as absolute paths, the variables as a mapping, the
look at the disk as a function.

    ~/.claude/skills  with CLAUDE_CONFIG_DIR=/etc/cl   ->  /etc/cl/skills
    ~/.gemini/skills  with GEMINI_CLI_HOME=/srv        ->  /srv/.gemini/skills
    ~/.config/opencode/skills  with XDG_CONFIG_HOME=/c ->  /c/opencode/skills

A variable that is empty counts as not set. XDG variables with a relative path are ignored, as the XDG specification
asks; any other relative path counts from the project, where the agent would be started.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Literal

from skillctl.agents.table import DEFAULT_AGENT, SHARED_PROJECT, SHARED_USER, Agent, agents
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass

Scope = Literal["project", "user"]

_OFF = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the rules must know of the machine."""

    home: str
    """The user's home, absolute."""
    project_root: str = ""
    """The project's directory, absolute; empty where there is no project."""
    environment: Mapping[str, str]


def surroundings(settings: Settings, *, project_root: str = "") -> Surroundings:
    """What a command's settings say of the machine."""
    return Surroundings(
        home=settings.directories.home, project_root=project_root, environment=dict(settings.environment)
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that gives an agent away."""

    kind: Literal["directory", "program"]
    what: str
    """The directory's path, or the program's name."""


@dataclass(frozen=True, slots=True)
class Detected:
    """An agent that is on this machine."""

    agent: Agent
    evidence: tuple[Evidence, ...]


def skills_directory(agent: Agent, scope: Scope, around: Surroundings) -> str:
    """The absolute path of the agent's own directory of skills."""
    if scope == "project":
        return _joined(around.project_root, agent.project)
    return _in_home(agent.user, agent, around)


def shared_directory(scope: Scope, around: Surroundings) -> str:
    """The absolute path of the directory that several agents read."""
    if scope == "project":
        return _joined(around.project_root, SHARED_PROJECT)
    return _joined(around.home, SHARED_USER.removeprefix("~/"))


def reads_shared(agent: Agent, scope: Scope, around: Surroundings) -> bool:
    """Whether the agent, started here, reads exactly `shared_directory`.

    One whose home was moved by a variable reads another directory of that name.
    """
    if not (agent.shared_in_project if scope == "project" else agent.shared_in_user):
        return False
    if any(scope in scopes and _is_on(around.environment.get(name, "")) for name, scopes in agent.unshared_by):
        return False
    return scope == "project" or _in_home(SHARED_USER, agent, around) == shared_directory(scope, around)


def read_directories(agent: Agent, scope: Scope, around: Surroundings) -> tuple[str, ...]:
    """Every directory that the agent, started here, finds skills in, absolute: its own first."""
    also = agent.also_in_project if scope == "project" else agent.also_in_user
    off = [end for variable, end in agent.unread_by if _is_on(around.environment.get(variable, ""))]
    found = [skills_directory(agent, scope, around)]
    found += [shared_directory(scope, around)] if reads_shared(agent, scope, around) else []
    found += [_anywhere(path, agent, around) for path in also if not path.endswith(tuple(off) or ("\0",))]
    return tuple(dict.fromkeys(each for each in found if each))


def overrides(agent: Agent, around: Surroundings) -> tuple[tuple[str, str], ...]:
    """The variables that are set and change where the agent looks, each with its value."""
    moved = [variable for variable, _ in agent.moved_by if _directory_of(variable, around)]
    off = [variable for variable, _ in (*agent.unshared_by, *agent.unread_by) if _is_on(_value(variable, around))]
    named = [path[1:].partition("/")[0] for path in agent.also_in_user if path.startswith("$")]
    found = dict.fromkeys([*moved, *off, *(each for each in named if _value(each, around))])
    return tuple((variable, _value(variable, around)) for variable in found)


def has_a_place(agent: Agent, scope: Scope, around: Surroundings, is_directory: Callable[[str], bool]) -> bool:
    """Whether `*`, every agent, means this one here: whether nothing is made for an agent that nobody has.

    Who reads the shared directory costs nothing more; a directory of its own is begun where its parent is there, in
    the project (`.windsurf`) or as a sign of the agent on the machine.
    """
    if agent.id == DEFAULT_AGENT or reads_shared(agent, scope, around):
        return True
    root = agent.project.partition("/")[0]
    if scope == "project" and root.startswith(".") and is_directory(_joined(around.project_root, root)):
        return True
    return any(is_directory(path) for each in agent.directories if (path := _anywhere(each, agent, around)))


def detect(
    around: Surroundings,
    *,
    is_directory: Callable[[str], bool],
    has_program: Callable[[str], bool],
    among: Iterable[Agent] | None = None,
) -> tuple[Detected, ...]:
    """The agents that this machine gives signs of, in the order of the table, each with every sign.

    `is_directory` is asked with absolute paths, `has_program` with names to be looked for on PATH; each once.
    """
    look, ask = cache(is_directory), cache(has_program)
    found: list[Detected] = []
    for agent in agents() if among is None else among:
        paths = [path for written in agent.directories if (path := _anywhere(written, agent, around))]
        evidence = [Evidence("directory", path) for path in paths if look(path)]
        evidence += [Evidence("program", name) for name in agent.programs if ask(name)]
        if evidence:
            found.append(Detected(agent, tuple(evidence)))
    return tuple(found)


def _anywhere(path: str, agent: Agent, around: Surroundings) -> str:
    """The absolute path of one of the forms in the table; empty where a part of it is not known."""
    if path.startswith("~"):
        return _in_home(path, agent, around)
    if path.startswith("$"):
        name, _, rest = path[1:].partition("/")
        value = around.environment.get(name, "")
        return _joined(value, rest) if value else ""
    if path.startswith("/"):
        return path
    return _joined(around.project_root, path) if around.project_root else ""


def _in_home(path: str, agent: Agent, around: Surroundings) -> str:
    for variable, replaced in agent.moved_by:
        value = _directory_of(variable, around)
        if value and (path == replaced or path.startswith(f"{replaced}/")):
            return _joined(value, path[len(replaced) + 1 :])
    return _joined(around.home, path[2:])


def _directory_of(variable: str, around: Surroundings) -> str:
    """The absolute path that a variable names, or empty."""
    value = around.environment.get(variable, "")
    if value.startswith("~/"):
        return _joined(around.home, value[2:])
    if not value or _is_absolute(value):
        return value
    if variable.startswith("XDG_"):
        return ""
    return posixpath.normpath(_joined(around.project_root or around.home, value))


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "\\")) or path[1:3] in (":\\", ":/")


def _value(variable: str, around: Surroundings) -> str:
    return around.environment.get(variable, "")


def _is_on(value: str) -> bool:
    return value.strip().lower() not in _OFF


def _joined(directory: str, rest: str) -> str:
    """`/` joins on every system: Windows takes it too, and texts compare alike."""
    return f"{directory.rstrip('/')}/{rest}" if rest else directory

"""The agents that are known: what each one is called, where it looks, how it is recognised.

The facts are data, `agents.json` beside this module, one line for each fact. They are read when first asked for.

    project, user       the directory of skills in a project, and in the user's home
    shared              whether the agent also reads the `.agents/skills` that several agents share, in each scope
    also                other directories that it reads, in each scope; skillctl writes to none of them
    moved_by            variables that replace a directory: `{"CLAUDE_CONFIG_DIR": "~/.claude"}` says that `~/.claude`
                        is elsewhere, with all that lies in it, where the variable is set
    unshared_by         variables that make the agent leave the shared directory alone
    unread_by           variables that make it leave such another directory alone
    found_by            what gives the agent away: directories (of the home or the project) and programs
    verified            whether this was seen in the running client; else it is the vendor's or a third party's word
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import InstallError
from skillctl.core.names import near_names
from skillctl.core.value import dataclass

SHARED_PROJECT = ".agents/skills"
SHARED_USER = "~/.agents/skills"

DEFAULT_AGENT = "claude-code"
"""The agent where neither command, project nor machine say another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """One agent. Paths have `/` between names; `~` stands for the user's home, `$NAME` for a variable."""

    id: str
    name: str
    project: str
    user: str
    shared_in_project: bool
    shared_in_user: bool
    moved_by: tuple[tuple[str, str], ...] = ()
    """Variable and the directory that it replaces."""
    unshared_by: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Variable and the scopes in which it turns the shared directory off."""
    also_in_project: tuple[str, ...] = ()
    also_in_user: tuple[str, ...] = ()
    unread_by: tuple[tuple[str, str], ...] = ()
    """Variable and the end of the directories that it turns off."""
    directories: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    verified: bool = False


UNIVERSAL = Agent(
    id="universal",
    name="Shared by several agents",
    project=SHARED_PROJECT,
    user=SHARED_USER,
    shared_in_project=True,
    shared_in_user=True,
)
"""Not an agent: the shared directory itself, for agents that are not in the table."""


def agents() -> tuple[Agent, ...]:
    """Every agent of the table, in its order: those that were seen running first. `universal` is not among them."""
    return _table()


def agent(name: str) -> Agent:
    """The agent of that id. InstallError E430 with the ids that may have been meant."""
    return chosen_agents([name])[0]


def chosen_agents(names: Iterable[str]) -> tuple[Agent, ...]:
    """The agents of these ids, each once, in the order given. InstallError E430 for all that are unknown."""
    known = _by_id()
    chosen: dict[str, Agent] = {}
    problems: list[Problem] = []
    for name in names:
        if name in known:
            chosen[name] = known[name]
        else:
            problems.append(problem("E430", agent=name, near=near_agents(name)))
    if problems:
        raise InstallError(*problems)
    return tuple(chosen.values())


def near_agents(text: str) -> tuple[str, ...]:
    """Ids that somebody who typed the text may have meant; the best known ones if nothing is like it."""
    typed = text.strip().lower().replace(" ", "-").replace("_", "-")
    called = {name: each.id for each in _table() for name in (*each.programs, each.name.lower().replace(" ", "-"))}
    exact = [called[typed]] if typed in called else []
    begun = [each.id for each in _table() if typed and each.id.startswith(typed)]
    alike = near_names(typed, list(_by_id()))
    return tuple(dict.fromkeys(exact + begun + alike))[:3] or tuple(each.id for each in _table()[:4])


@cache
def _table() -> tuple[Agent, ...]:
    entries: list[dict[str, Any]] = json.loads(Path(__file__).with_name("agents.json").read_bytes())
    return tuple(_agent(entry) for entry in entries)


@cache
def _by_id() -> dict[str, Agent]:
    return {each.id: each for each in (*_table(), UNIVERSAL)}


def _agent(entry: dict[str, Any]) -> Agent:
    """A member of agents.json, which is part of the program and trusted like it."""
    return Agent(
        id=entry["id"],
        name=entry["name"],
        project=entry["project"],
        user=entry["user"],
        shared_in_project=entry["shared"]["project"],
        shared_in_user=entry["shared"]["user"],
        moved_by=tuple(entry.get("moved_by", {}).items()),
        unshared_by=tuple((name, tuple(scopes)) for name, scopes in entry.get("unshared_by", {}).items()),
        also_in_project=tuple(entry.get("also", {}).get("project", ())),
        also_in_user=tuple(entry.get("also", {}).get("user", ())),
        unread_by=tuple(entry.get("unread_by", {}).items()),
        directories=tuple(entry["found_by"]["directories"]),
        programs=tuple(entry["found_by"]["programs"]),
        verified=entry["verified"],
    )

"""The agents that a scope is installed for, and where each of them looks by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skillctl.agents.table import DEFAULT_AGENT, Agent, agent, agents
from skillctl.agents.where import Scope as WhereScope
from skillctl.agents.where import Surroundings, detect, has_a_place, skills_directory, surroundings
from skillctl.core.settings import Settings
from skillctl.install.scope import Scope

if TYPE_CHECKING:
    from skillctl.core.project import ProjectFile


def chosen_agents(project: ProjectFile, settings: Settings, around: Surroundings) -> tuple[Agent, ...]:
    """The project's agents, else the user's, else those on this machine, else Claude Code.

    `*` is every agent of the table that has a place here (see `has_a_place`).
    """
    named = project.agents or settings.agents
    if named:
        return tuple({each.id: each for name in named for each in _meant(name, around)}.values())
    from skillctl.edges.machine import has_program, is_directory

    path = settings.variable("PATH")
    found = detect(around, is_directory=is_directory, has_program=lambda name: has_program(name, path=path))
    return tuple(each.agent for each in found) or (agent(DEFAULT_AGENT),)


def _meant(name: str, around: Surroundings) -> list[Agent]:
    if name != "*":
        return [agent(name)]
    from skillctl.edges.machine import is_directory

    scope: WhereScope = "project" if around.project_root else "user"
    return [each for each in agents() if has_a_place(each, scope, around, is_directory)]


def around_scope(scope: Scope, settings: Settings) -> Surroundings:
    """What the rules of agents must know of the machine, for this scope."""
    return surroundings(settings, project_root=str(scope.root) if scope.kind == "project" else "")


def own_directories(scope: Scope, chosen: Sequence[Agent], around: Surroundings) -> dict[str, str]:
    """Id of each agent -> its own directory of skills."""
    return {each.id: skills_directory(each, scope.kind, around) for each in chosen}

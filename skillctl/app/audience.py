"""The agents that a scope is installed for, and where each of them looks by itself."""

from __future__ import annotations

from collections.abc import Sequence

from skillctl.agents.table import DEFAULT_AGENT, Agent, agent, agents
from skillctl.agents.where import Detected, Surroundings, detect, has_a_place, skills_directory, surroundings
from skillctl.agents.where import Scope as WhereScope
from skillctl.core.settings import Settings
from skillctl.install.scope import Scope


def chosen_agents(named: Sequence[str], settings: Settings, around: Surroundings) -> tuple[Agent, ...]:
    """The agents that the project has `named`, else the user's, else those on this machine, else Claude Code.

    `*` is every agent of the table that has a place here (see `has_a_place`).
    """
    names = named or settings.agents
    if names:
        return tuple({each.id: each for name in names for each in _meant(name, around)}.values())
    return tuple(each.agent for each in detected_agents(around, settings)) or (agent(DEFAULT_AGENT),)


def detected_agents(around: Surroundings, settings: Settings) -> tuple[Detected, ...]:
    """The agents that are on this machine, and by what each shows."""
    from skillctl.edges.machine import has_program, is_directory  # whoever names agents looks for none

    path = settings.variable("PATH")
    return detect(around, is_directory=is_directory, has_program=lambda name: has_program(name, path=path))


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

"""Which directories are written for the agents that were chosen: one real copy, and links to it.

The rules (DESIGN.md section 6, "several agents"):

1. One agent alone: the copy lies in its own directory.
2. Several, and one of them at least reads the shared `.agents/skills`: the copy lies there, and serves all that read
   it. Nothing lies in their own directories, so that no agent meets a skill twice.
3. Several, and none reads the shared directory: the copy lies in the first one's directory.
4. Every other agent gets, in its own directory, one link for each skill.
5. Directories are compared by real path: where one is a link to another, they are one target. Two targets never have
   the same real path.

So there is exactly one copy, always the first target, and no two directories with different bytes under one name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from skillctl.agents.table import Agent
from skillctl.agents.where import Scope, Surroundings, reads_shared, shared_directory, skills_directory
from skillctl.core.value import dataclass

TargetKind = Literal["copy", "link"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One directory of skills to be kept equal to the lock."""

    directory: str
    """Absolute, as the agent names it (not resolved)."""
    agents: tuple[str, ...]
    """Ids of the chosen agents that find their skills through it, in the order chosen."""
    kind: TargetKind


def plan_targets(
    agents: Sequence[Agent], *, scope: Scope, around: Surroundings, real_path: Callable[[str], str]
) -> tuple[Target, ...]:
    """The targets of these agents (at least one), the copy first."""
    own = {agent.id: skills_directory(agent, scope, around) for agent in agents}
    copy = _copy_directory(agents, own, scope, around, real_path)
    copy_real = real_path(copy)
    is_shared = copy_real == real_path(shared_directory(scope, around))

    served: list[str] = []
    links: dict[str, tuple[str, list[str]]] = {}
    for agent in agents:
        directory = own[agent.id]
        real = real_path(directory)
        if real == copy_real or (is_shared and reads_shared(agent, scope, around)):
            served.append(agent.id)
        else:
            links.setdefault(real, (directory, []))[1].append(agent.id)
    return (
        Target(directory=copy, agents=tuple(dict.fromkeys(served)), kind="copy"),
        *(
            Target(directory=directory, agents=tuple(dict.fromkeys(ids)), kind="link")
            for directory, ids in links.values()
        ),
    )


def _copy_directory(
    agents: Sequence[Agent],
    own: dict[str, str],
    scope: Scope,
    around: Surroundings,
    real_path: Callable[[str], str],
) -> str:
    first = own[agents[0].id]
    if len(own) == 1:
        return first
    shared = shared_directory(scope, around)
    shared_real = real_path(shared)
    if any(real_path(own[each.id]) == shared_real or reads_shared(each, scope, around) for each in agents):
        return shared
    return first

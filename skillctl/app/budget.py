"""What the skills of a scope cost each agent's context, and whether the project's budget allows it.

Counted is what is always there: the line of each skill in the list that the agent shows its model. What skillctl
installs counts, not what lies beside it. In Claude Code a skill with `disable-model-invocation: true` has no such line,
so it costs nothing until a person calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skillctl.app.audience import around_scope, chosen_agents
from skillctl.app.commands import ON_DEMAND_IN, always_on
from skillctl.app.outcome import Outcome
from skillctl.app.targets import audience, chosen_skills
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import InstallError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass

if TYPE_CHECKING:
    from skillctl.core.lockfile import Lock
    from skillctl.core.project import ProjectFile
    from skillctl.core.stored import StoredPack, StoredSkill
    from skillctl.install.scope import Scope

_LARGEST = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillCost:
    """One skill, for one agent."""

    pack: str
    skill: str
    always_on: int
    """Estimated tokens in every conversation."""
    when_loaded: int
    """Those of its text, once it is used."""

    def to_json(self) -> JsonObject:
        """The cost in an envelope."""
        return {
            "pack": self.pack,
            "skill": self.skill,
            "always_on": self.always_on,
            "when_loaded": self.when_loaded,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentCost:
    """All skills of one agent."""

    agent: str
    limit: int | None
    skills: tuple[SkillCost, ...]
    """The dearest first."""

    @property
    def always_on(self) -> int:
        """All of them together."""
        return sum(each.always_on for each in self.skills)

    @property
    def is_over(self) -> bool:
        """Whether that is more than the budget allows."""
        return self.limit is not None and self.always_on > self.limit

    def to_json(self) -> JsonObject:
        """The table in an envelope."""
        return {
            "agent": self.agent,
            "always_on": self.always_on,
            "limit": self.limit,
            "over": self.is_over,
            "skills": [each.to_json() for each in self.skills],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetOutcome(Outcome):
    """What every agent of a scope pays."""

    scope: str
    root: str
    agents: tuple[AgentCost, ...]

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"scope": self.scope, "root": self.root, "agents": [each.to_json() for each in self.agents]}


def show_budget(settings: Settings, cwd: Path, *, user: bool = False) -> BudgetOutcome:
    """What is in the lock, by agent. InstallError E402 without a project, E413 without a lock, E480 over the budget."""
    from skillctl.app.installing import registries_later
    from skillctl.app.scopes import ScopeFiles, existing_scope
    from skillctl.app.trees import ensure_trees, open_store

    scope = existing_scope(settings, cwd, user=user)
    files = ScopeFiles(scope, settings.limits)
    if files.lock is None:
        raise InstallError.of("E413", file=str(scope.lock_file))
    sources = registries_later(settings, files.project, scope)
    packs = ensure_trees(files.lock, open_store(settings), sources, settings, keep=False)
    costs = agent_costs(scope, files.project, files.lock, packs, settings)
    problems = (*_unknown_agents(files.project), *_over(costs, "E480"))
    return BudgetOutcome(scope=scope.kind, root=str(scope.root), agents=costs, problems=problems)


def check_budget(
    scope: Scope,
    project: ProjectFile,
    lock: Lock,
    packs: Mapping[str, StoredPack],
    settings: Settings,
    *,
    refuse: bool,
) -> tuple[Problem, ...]:
    """What there is to tell of the budget. Where it is to be kept, InstallError E480 by agent.

    InstallError E481 if it has a limit for something that is no agent.
    """
    if project.budget is None:
        return ()
    unknown = _unknown_agents(project)
    if unknown:
        raise InstallError(*unknown)
    over = _over(agent_costs(scope, project, lock, packs, settings), "E480" if refuse else "W480")
    if refuse and over:
        raise InstallError(*over)
    return tuple(over)


def agent_costs(
    scope: Scope, project: ProjectFile, lock: Lock, packs: Mapping[str, StoredPack], settings: Settings
) -> tuple[AgentCost, ...]:
    """The cost of the lock's skills for each chosen agent."""
    everyone = chosen_agents(project.agents, settings, around_scope(scope, settings))
    chosen = chosen_skills(lock, packs)
    found = []
    for agent in everyone:
        skills = [
            _cost(pack, skill, packs[pack].skills[skill], agent.id)
            for pack, names in chosen.items()
            if agent in audience(packs[pack], everyone)
            for skill in names
        ]
        skills.sort(key=lambda each: (-each.always_on, each.skill))
        limit = project.budget.limit_for(agent.id) if project.budget else None
        found.append(AgentCost(agent=agent.id, limit=limit, skills=tuple(skills)))
    return tuple(found)


def _cost(pack: str, name: str, skill: StoredSkill, agent: str) -> SkillCost:
    return SkillCost(pack=pack, skill=name, always_on=always_on(skill, (agent,)), when_loaded=skill.on_demand)


def _over(costs: Iterable[AgentCost], code: Literal["E480", "W480"]) -> list[Problem]:
    return [
        problem(
            code,
            agent=each.agent,
            tokens=each.always_on,
            limit=each.limit,
            excess=each.always_on - (each.limit or 0),
            largest=[f"{skill.skill} ({skill.pack}) {skill.always_on}" for skill in each.skills[:_LARGEST]],
            advice=_ADVICE_CLAUDE_CODE if each.agent == ON_DEMAND_IN else _ADVICE,
        )
        for each in costs
        if each.is_over
    ]


_ADVICE = "take only the skills that are needed (`skills` in skillctl.json), remove a pack, or raise the budget"
_ADVICE_CLAUDE_CODE = (
    f"{_ADVICE}; a skill with `disable-model-invocation: true` costs nothing in Claude Code until a person calls it"
)


def _unknown_agents(project: ProjectFile) -> list[Problem]:
    """Limits for agents that nobody knows, which would hold nobody back."""
    from skillctl.agents.table import agents, near_agents

    known = {each.id for each in agents()}
    named = project.budget.agents if project.budget else ()
    return [
        problem("E481", agent=each, near=near_agents(each) or ("claude-code",)) for each in named if each not in known
    ]

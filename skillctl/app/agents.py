"""`agents`: which agents are on this machine and by what it shows, where each one looks, and what would be written."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from skillctl.agents.table import Agent, agents
from skillctl.agents.table import chosen_agents as named_agents
from skillctl.agents.targets import Target, plan_targets
from skillctl.agents.where import Evidence, Surroundings, overrides, read_directories
from skillctl.app.audience import around_scope, chosen_agents, detected_agents
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import ScopeFiles, find_project, the_project_scope, the_user_scope
from skillctl.core.errors import SkillctlError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.look import real_path
from skillctl.install.scope import Scope

Chosen = Literal["project", "user", "found", "default"]
"""Who says for which agents skills are installed: skillctl.json, the user's setting, this machine, nobody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentView:
    """One agent as it is here."""

    agent: Agent
    evidence: tuple[Evidence, ...]
    """What gives it away; nothing: it was not found."""
    project: tuple[str, ...]
    """Every directory that it reads in this project, its own first."""
    user: tuple[str, ...]
    overrides: tuple[tuple[str, str], ...]
    """Variables that are set and count, with their values."""
    chosen: bool
    """Whether skills are installed for it here."""

    def to_json(self) -> JsonObject:
        """The agent in an envelope."""
        return {
            "id": self.agent.id,
            "name": self.agent.name,
            "found": bool(self.evidence),
            "evidence": [{"kind": each.kind, "what": each.what} for each in self.evidence],
            "project": list(self.project),
            "user": list(self.user),
            "overrides": dict(self.overrides),
            "chosen": self.chosen,
            "verified": self.agent.verified,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentsOutcome(Outcome):
    """The agents, and where skills would go."""

    scope: str
    root: str
    agents: tuple[AgentView, ...]
    known: int
    """How many the table has."""
    chosen_by: Chosen
    targets: tuple[Target, ...]
    """The directories that would be written, the one with the copies first."""
    copies: bool
    """Whether every one of them gets copies."""

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "scope": self.scope,
            "root": self.root,
            "agents": [each.to_json() for each in self.agents],
            "known": self.known,
            "chosen_by": self.chosen_by,
            "targets": [
                {
                    "directory": each.directory,
                    "kind": "copy" if self.copies else each.kind,
                    "agents": list(each.agents),
                }
                for each in self.targets
            ],
        }


def _named(names: tuple[str, ...]) -> tuple[Agent, ...]:
    try:
        return named_agents(names)
    except SkillctlError as error:
        raise UsageError(*error.problems) from error


def look_at_agents(
    settings: Settings, cwd: Path, *, names: tuple[str, ...] = (), user: bool = False, everyone: bool = False
) -> AgentsOutcome:
    """Those that were found or chosen; `everyone` of the table; or the named ones. UsageError E430 for an unknown."""
    root = find_project(cwd, home=Path(settings.directories.home))
    scope = the_user_scope(settings) if user else the_project_scope(settings, root or cwd)
    project = ScopeFiles(scope, settings.limits).project
    around = around_scope(scope, settings)
    chosen = chosen_agents(project.agents, settings, around)
    both = around_scope(the_project_scope(settings, root or cwd), settings)
    found = {each.agent.id: each.evidence for each in detected_agents(both, settings)}
    ids = {each.id for each in chosen}
    shown = _named(names) if names else [each for each in agents() if everyone or each.id in {*found, *ids}]
    by: Chosen = "project" if project.agents else "user" if settings.agents else "found" if found else "default"
    return AgentsOutcome(
        scope=scope.kind,
        root=str(scope.root),
        agents=tuple(_view(each, found.get(each.id, ()), both, each.id in ids) for each in shown),
        known=len(agents()),
        chosen_by=by,
        targets=_targets(chosen, scope, around),
        copies=project.copy or project.vendor,
    )


def _view(agent: Agent, evidence: tuple[Evidence, ...], around: Surroundings, chosen: bool) -> AgentView:
    return AgentView(
        agent=agent,
        evidence=evidence,
        project=read_directories(agent, "project", around),
        user=read_directories(agent, "user", around),
        overrides=overrides(agent, around),
        chosen=chosen,
    )


def _targets(chosen: tuple[Agent, ...], scope: Scope, around: Surroundings) -> tuple[Target, ...]:
    return plan_targets(chosen, scope=scope.kind, around=around, real_path=lambda path: str(real_path(Path(path))))

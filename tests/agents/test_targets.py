"""The targets of a set of agents: exactly one copy, links for whoever can't see it, and nobody left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.agents.table import UNIVERSAL, Agent, agents, chosen_agents
from skillctl.agents.targets import Target, plan_targets
from skillctl.agents.where import Scope, Surroundings, reads_shared, shared_directory, skills_directory

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("target_cases.json").read_bytes())


def planned(
    chosen: list[Agent], scope: Scope, environment: Mapping[str, str], links: Mapping[str, str]
) -> tuple[Target, ...]:
    around = Surroundings(home="/h", project_root="/p", environment=environment)
    return plan_targets(chosen, scope=scope, around=around, real_path=lambda path: links.get(path, path))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_targets(case: dict[str, Any]) -> None:
    chosen = list(chosen_agents(case["agents"]))
    targets = planned(chosen, case["scope"], case.get("environment", {}), case.get("links", {}))
    assert [[each.kind, each.directory, list(each.agents)] for each in targets] == case["targets"]


everybody = st.lists(st.sampled_from([*agents(), UNIVERSAL]), min_size=1, max_size=8, unique=True)
scopes: st.SearchStrategy[Scope] = st.sampled_from(["project", "user"])
environments = st.sampled_from(
    [
        {},
        {"GEMINI_CLI_HOME": "/srv"},
        {"CLAUDE_CONFIG_DIR": "/cl", "XDG_CONFIG_HOME": "/c"},
        {"OPENCLAW_STATE_DIR": "/s"},
    ]
)


@settings(max_examples=150)
@given(everybody, scopes, environments)
def test_there_is_one_copy_and_every_agent_finds_the_skills_once(
    chosen: list[Agent], scope: Scope, environment: dict[str, str]
) -> None:
    around = Surroundings(home="/h", project_root="/p", environment=environment)
    targets = planned(chosen, scope, environment, {})
    assert [each.kind for each in targets] == ["copy"] + ["link"] * (len(targets) - 1)
    assert len({each.directory for each in targets}) == len(targets)
    assert sorted(name for each in targets for name in each.agents) == sorted(each.id for each in chosen)
    for agent in chosen:
        target = next(each for each in targets if agent.id in each.agents)
        read = {skills_directory(agent, scope, around)}
        if reads_shared(agent, scope, around):
            read.add(shared_directory(scope, around))
        assert target.directory in read

"""The table of agents: whole, consistent, and helpful to somebody who mistypes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from skillctl.agents.table import DEFAULT_AGENT, UNIVERSAL, agent, agents, chosen_agents, near_agents
from skillctl.core.errors import InstallError
from skillctl.edges.config import AGENT_VARIABLES


def test_the_table_has_every_known_agent_once() -> None:
    ids = [each.id for each in agents()]
    assert len(ids) == len(set(ids)) == 48
    assert DEFAULT_AGENT == ids[0] == "claude-code"
    assert UNIVERSAL.id not in ids


@pytest.mark.parametrize("each", agents(), ids=lambda each: each.id)
def test_an_entry_is_in_the_form_that_the_rules_read(each: object) -> None:
    found = agent(each.id)  # type: ignore[attr-defined]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", found.id)
    assert found.name.strip() == found.name != ""
    assert not found.project.startswith(("/", "~", "$"))
    assert found.user.startswith("~/")
    assert found.directories
    for variable, replaced in found.moved_by:
        assert replaced == "~" or replaced.startswith("~/")
        moved = (found.user, *found.directories, *found.also_in_user)
        assert any(path.startswith(replaced) for path in moved), f"{variable} moves nothing"


FACTS: dict[str, dict[str, Any]] = {
    each["id"]: each
    for each in json.loads((Path(__file__).parents[1] / "data" / "agents" / "facts.json").read_text(encoding="utf-8"))
}
OTHERWISE = {
    "github-copilot": {"programs": ["copilot"]},  # `code` is Visual Studio Code, with Copilot or without
    "zed": {"directories": ["~/.config/zed", "$APPDATA/Zed", "$FLATPAK_XDG_CONFIG_HOME/zed"]},  # in our own notation
    "gemini-cli": {"variables": ["GEMINI_CLI_HOME"]},  # the other one is of trust, not of places
    "pi": {"variables": ["PI_CODING_AGENT_DIR"]},  # the other one is of the network
}
"""Where the table does not follow the facts to the letter, and why."""


@pytest.mark.parametrize("name", FACTS)
def test_the_table_says_what_the_facts_say(name: str) -> None:
    found, fact = agent(name), {**FACTS[name], **OTHERWISE.get(name, {})}
    assert (found.project, found.user) == (fact["project"], fact["user"])
    assert {"project": found.shared_in_project, "user": found.shared_in_user} == fact["shared"]
    assert (list(found.directories), list(found.programs)) == (fact["directories"], fact["programs"])
    said = {variable for variable, _ in (*found.moved_by, *found.unshared_by, *found.unread_by)}
    said |= {path[1:].partition("/")[0] for path in found.also_in_user if path.startswith("$")}
    assert sorted(said) == fact["variables"]
    assert found.verified == fact["verified"]
    plain = {path.split(" ")[0] for path in fact["also"]} - {"$CODEX_HOME/skills"}
    assert {path for path in plain if "<mode>" not in path} <= {*found.also_in_project, *found.also_in_user}


def test_only_agents_that_were_seen_running_are_called_verified() -> None:
    verified = {each.id for each in agents() if each.verified}
    assert verified == {"claude-code", "codex", "gemini-cli", "opencode", "github-copilot", "pi", "kilo"}


def test_claude_code_never_reads_the_shared_directory() -> None:
    assert not agent("claude-code").shared_in_project
    assert not agent("claude-code").shared_in_user


def test_an_agent_whose_own_directory_is_the_shared_one_reads_it() -> None:
    for each in (*agents(), UNIVERSAL):
        if each.project == UNIVERSAL.project:
            assert each.shared_in_project, each.id
        if each.user == UNIVERSAL.user:
            assert each.shared_in_user, each.id


def test_all_unknown_agents_are_named_together_with_what_may_have_been_meant() -> None:
    with pytest.raises(InstallError) as caught:
        chosen_agents(["claude", "codex", "nothing-like-it"])
    assert [problem.code for problem in caught.value.problems] == ["E430", "E430"]
    assert [problem.evidence["agent"] for problem in caught.value.problems] == ["claude", "nothing-like-it"]
    assert caught.value.problems[0].evidence["near"] == ("claude-code",)
    assert len(caught.value.problems[1].evidence["near"]) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("claude", "claude-code"),
        ("Claude Code", "claude-code"),
        ("gemini", "gemini-cli"),
        ("copilot", "github-copilot"),
        ("open-code", "opencode"),
        ("cursr", "cursor"),
        ("qwen", "qwen-code"),
    ],
)
def test_a_near_name_is_found(typed: str, meant: str) -> None:
    assert near_agents(typed)[0] == meant


def test_the_configuration_lets_every_variable_of_the_table_through() -> None:
    moves = {variable for each in agents() for variable, _ in (*each.moved_by, *each.unshared_by, *each.unread_by)}
    paths = [path for each in agents() for path in (*each.directories, *each.also_in_user) if path.startswith("$")]
    in_paths = {path[1:].partition("/")[0] for path in paths}
    assert moves | in_paths <= AGENT_VARIABLES
    assert moves
    assert in_paths

"""Where agents look for skills, and what gives them away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skillctl.agents.table import agent
from skillctl.agents.where import Evidence, Surroundings, detect, shared_directory, skills_directory

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("where_cases.json").read_bytes())


def around(environment: dict[str, str] | None = None, *, project_root: str = "/p") -> Surroundings:
    return Surroundings(home="/h", project_root=project_root, environment=environment or {})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['agent']} {case['scope']} {case['environment']}")
def test_an_agent_looks_where_its_variables_say(case: dict[str, Any]) -> None:
    assert skills_directory(agent(case["agent"]), case["scope"], around(case["environment"])) == case["directory"]


def test_the_shared_directory_lies_in_the_project_or_the_home() -> None:
    assert shared_directory("project", around()) == "/p/.agents/skills"
    assert shared_directory("user", around()) == "/h/.agents/skills"


def found(
    *, directories: set[str], programs: set[str], environment: dict[str, str] | None = None, project_root: str = "/p"
) -> dict[str, tuple[Evidence, ...]]:
    detected = detect(
        around(environment, project_root=project_root),
        is_directory=directories.__contains__,
        has_program=programs.__contains__,
    )
    return {each.agent.id: each.evidence for each in detected}


def test_nothing_is_detected_on_an_empty_machine() -> None:
    assert found(directories=set(), programs=set()) == {}


def test_every_sign_of_an_agent_is_told() -> None:
    assert found(directories={"/h/.claude"}, programs={"claude", "gemini"}) == {
        "claude-code": (Evidence("directory", "/h/.claude"), Evidence("program", "claude")),
        "gemini-cli": (Evidence("program", "gemini"),),
    }


def test_a_moved_directory_is_looked_for_where_it_was_moved_to() -> None:
    moved = {"CLAUDE_CONFIG_DIR": "/etc/cl", "XDG_CONFIG_HOME": "/c"}
    assert set(found(directories={"/etc/cl", "/c/opencode"}, programs=set(), environment=moved)) == {
        "claude-code",
        "opencode",
    }
    assert found(directories={"/h/.claude", "/h/.config/opencode"}, programs=set(), environment=moved) == {}


def test_signs_in_the_project_count_where_there_is_a_project() -> None:
    assert set(found(directories={"/p/.continue"}, programs=set())) == {"continue"}
    assert found(directories={"/.continue", ".continue"}, programs=set(), project_root="") == {}


def test_a_directory_below_a_variable_that_is_not_set_is_not_looked_for() -> None:
    assert found(directories={"/Zed", "Zed"}, programs=set()) == {}
    assert set(found(directories={"C:\\Users\\me/Zed"}, programs=set(), environment={"APPDATA": "C:\\Users\\me"})) == {
        "zed"
    }


def test_the_world_is_asked_once_for_each_thing() -> None:
    asked: list[str] = []

    def ask(what: str) -> bool:
        asked.append(what)
        return False

    detect(around(), is_directory=ask, has_program=ask)
    assert len(asked) == len(set(asked))

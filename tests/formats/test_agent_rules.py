"""Rules of single agents: told where the agent is named, and nothing that only concerns others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.wording import worded
from skillctl.formats.checks import examine_pack
from tests.support.packs import pack

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "validation" / "agents.json").read_bytes()
)["cases"]


def skill_of(case: dict[str, Any], name: str) -> bytes:
    front = case.get("front", "").replace("{long}", "words " * 260)
    described = "" if case.get("plain") else "description: Does one thing.\n"
    return f"---\nname: {name}\n{described}{front}\n---\n\n{case.get('body', 'Do it.')}\n".encode()


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_rules_of_the_named_agents_and_no_others(case: dict[str, Any]) -> None:
    name = case.get("name", "one")
    files = {**pack("tiny", skills=[name]), f"skills/{name}/SKILL.md": skill_of(case, name)}
    problems = examine_pack(files, agents=case["agents"]).problems
    assert sorted(each.code for each in problems) == sorted(case["codes"])
    for each in problems:
        told = worded(each)
        assert each.place is not None
        assert each.place.file == f"skills/{name}/SKILL.md"
        if each.code in ("E125", "E126", "W125", "W126", "W127"):
            assert all(agent in told.title for agent in case["agents"])


def test_the_catalog_of_zed_is_bounded_over_all_skills_of_the_pack() -> None:
    names = [f"skill-number-{number}" for number in range(60)]
    files = pack("tiny", skills=names)
    for name in names:
        files[f"skills/{name}/SKILL.md"] = f"---\nname: {name}\ndescription: {'words ' * 150}\n---\n\nDo it.\n".encode()
    assert [each.code for each in examine_pack(files, agents=["zed"]).problems] == ["W128"]
    assert examine_pack(files).problems == ()

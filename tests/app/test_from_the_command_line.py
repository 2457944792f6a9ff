"""The user's verbs as they are typed: what is said, to whom, with which status."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pytest

from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack

Run = Callable[..., Ran]


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.publish(
        pack("base", "1.0.0"),
        pack("base", "2.0.0"),
        pack("left", "1.0.0", "base ^1"),
        pack("right", "1.0.0", "base ^2"),
    )
    machine.publish(pack("maps", "1.0.0", skills=["draw", "read"], capabilities=["mapping"]))
    return machine


def test_install_tells_each_slash_command_with_its_file_and_its_tokens(machine: Machine, skillctl: Run) -> None:
    ran = skillctl("install", "maps")
    assert ran.status == 0
    for name in ("draw", "read"):
        line = next(line for line in ran.out.splitlines() if f"/{name} " in line)
        assert f".claude/skills/{name}/SKILL.md" in line
        assert "token" in line
    assert "maps 1.0.0" in ran.out


def test_a_conflict_is_told_in_words_with_a_way_out_and_changes_nothing(machine: Machine, skillctl: Run) -> None:
    before = machine.seen(machine.project, locks=True)
    ran = skillctl("install", "left", "right")
    assert (ran.status, ran.out) == (1, "")
    for word in ("left", "right", "base", "^1", "^2", "E301"):
        assert word in ran.err
    assert "Traceback" not in ran.err
    assert machine.seen(machine.project, locks=True) == before


def test_the_envelope_of_a_conflict_has_its_code(skillctl: Run) -> None:
    ran = skillctl("install", "left", "right", "--json")
    assert (ran.status, ran.codes, ran.envelope["ok"], ran.result) == (1, ["E301"], False, None)


def test_the_envelope_of_an_install_tells_packs_skills_and_commands(machine: Machine, skillctl: Run) -> None:
    result = skillctl("install", "left", "--json").result
    assert {each["name"]: each["after"] for each in result["changed"]} == {"base": "1.0.0", "left": "1.0.0"}
    assert {each["skill"]: each["action"] for each in result["skills"]} == {"base": "add", "left": "add"}
    assert [each["name"] for each in result["commands"]] == ["base", "left"]
    assert result["made_project"] is True
    assert result["root"] == str(machine.project)


def test_an_unknown_name_is_told_with_the_near_one(skillctl: Run) -> None:
    ran = skillctl("install", "mapps")
    assert ran.status == 1
    assert "did you mean `maps`" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("install", "maps", "charts", "--skill", "draw"),
        ("install", "maps", "--frozen"),
        ("install", "--registry", "local"),
        ("install", "maps", "--registry", "nowhere"),
        ("install", "Not A Name"),
    ],
)
def test_what_can_not_be_meant_is_wrong_usage(machine: Machine, skillctl: Run, words: tuple[str, ...]) -> None:
    before = machine.seen(machine.project, locks=True)
    assert skillctl(*words).status == 2
    assert machine.seen(machine.project, locks=True) == before


def test_an_option_in_every_spelling_means_the_same(machine: Machine, skillctl: Run) -> None:
    assert skillctl("install", "maps", "-a", "codex", "-s", "draw", "-g").status == 0
    wanted = json.loads((machine.config / "skillctl.json").read_bytes())
    assert wanted["agents"] == ["codex"]
    assert wanted["packs"] == {"maps": {"skills": ["draw"], "version": "^1.0.0"}}
    assert (machine.home / ".agents" / "skills" / "draw" / "SKILL.md").is_file()


def test_a_life_of_a_project_from_the_command_line(machine: Machine, skillctl: Run) -> None:
    assert skillctl("init").status == 0
    assert skillctl("install", "maps", "left").status == 0
    assert "nothing to do" in skillctl("install").out
    assert skillctl("sync", "--check").status == 0
    shutil.rmtree(machine.skill("draw").parent)
    assert skillctl("sync", "--check").status == 1
    assert skillctl("sync").status == 0
    assert [each["name"] for each in skillctl("list", "--json").result["packs"]] == ["base", "left", "maps"]
    machine.publish(pack("maps", "1.2.0", skills=["draw"]))
    assert "1.0.0 -> 1.2.0" in skillctl("update", "maps").out
    assert skillctl("remove", "left").status == 0
    assert machine.skills() == ["draw"]
    assert skillctl("install", "--frozen").status == 0


def test_list_available_shows_capabilities_and_finds_by_them(skillctl: Run) -> None:
    every = {each["name"]: each for each in skillctl("list", "--available", "--json").result["packs"]}
    assert every["maps"]["capabilities"] == ["mapping"]
    found = skillctl("list", "--available", "--capability", "mapping", "--json").result["packs"]
    assert [each["name"] for each in found] == ["maps"]
    assert "mapping" in skillctl("list", "--available").out


def test_what_remove_keeps_is_told(machine: Machine, skillctl: Run) -> None:
    skillctl("install", "left", "base@^1")
    machine.skill("left").write_text("mine\n", encoding="utf-8")
    ran = skillctl("remove", "left", "--json")
    assert (ran.status, ran.codes) == (0, ["W402"])


def test_the_limits_are_told(skillctl: Run) -> None:
    ran = skillctl("config", "limits", "--json")
    assert ran.status == 0
    assert "archive_bytes" in json.dumps(ran.result)


def test_the_cache_from_the_command_line(machine: Machine, skillctl: Run) -> None:
    skillctl("install", "maps")
    assert skillctl("cache", "dir").out.strip() == str(machine.cache)
    assert skillctl("cache", "size", "--json").result["trees"] == 1
    assert skillctl("cache", "prune", "--json").result["removed"] == []
    assert len(skillctl("cache", "clean", "--json").result["removed"]) == 1
    assert skillctl("cache", "size", "--json").result["trees"] == 0

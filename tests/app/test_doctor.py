"""What the doctor sees, one broken thing at a time."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.doctor import Check, examine
from skillctl.app.hooks import install_hooks
from tests.support.machine import Machine
from tests.support.packs import pack

STANDIN = Path(__file__).parents[1] / "plugins" / "patchwork" / "standin.py"


def found(machine: Machine, name: str) -> Check:
    (check,) = (each for each in examine(machine.environment, machine.project).checks if each.name == name)
    return check


def health(machine: Machine, name: str) -> str:
    return found(machine, name).health


def standin(machine: Machine, **policy: Any) -> None:
    """The stand-in for Patchwork on PATH, with a policy if one is given."""
    program = machine.room / "programs" / "patchwork"
    program.write_text(f"#!{sys.executable} -IS\n{STANDIN.read_text(encoding='utf-8')}", encoding="utf-8")
    program.chmod(0o755)
    (machine.home / ".patchwork").mkdir()
    if policy:
        (machine.home / ".patchwork" / "policy.yml").write_text(json.dumps(policy))


@pytest.fixture
def installed(machine: Machine) -> Machine:
    machine.publish(pack("gis", skills=["map-draw"]))
    machine.install("gis", agents=("claude-code",))
    return machine


def test_a_new_machine_has_nothing_that_fails(machine: Machine) -> None:
    outcome = examine(machine.environment, machine.project)
    assert outcome.ok
    assert [each for each in outcome.checks if each.health == "fail"] == []
    assert found(machine, "Patchwork").detail == "inactive: program not found"


def test_a_configuration_that_can_not_be_read_fails_and_the_rest_is_still_looked_at(machine: Machine) -> None:
    machine.configure(nonsense=1)
    outcome = examine(machine.environment, machine.project)
    assert not outcome.ok
    assert [each.code for each in outcome.problems] == ["E680"]
    assert health(machine, "configuration") == "fail"
    assert health(machine, "policy") == "ok"


def test_a_place_that_can_not_be_written_fails(machine: Machine) -> None:
    machine.cache.write_text("a file in the way")
    assert health(machine, "store and caches") == "fail"
    assert health(machine, "state") == "ok"


def test_a_registry_that_is_not_there_fails_by_its_name(machine: Machine) -> None:
    machine.configure(format="1.0", registries=[{"name": "team", "location": str(machine.room / "nowhere")}])
    check = found(machine, "registry team")
    assert check.health == "fail"
    assert health(machine, "registry builtin") == "ok"


def test_skills_as_the_lock_says_are_well_and_others_are_told(installed: Machine) -> None:
    assert found(installed, "skills of the project").detail == "1 pack, as the lock says"
    shutil.rmtree(installed.skill("map-draw").parent)
    assert health(installed, "skills of the project") == "warn"
    installed.fresh_clone()
    assert health(installed, "skills of the project") == "warn"
    (installed.project / "skillctl.lock").unlink()
    assert found(installed, "skills of the project").detail == "there is no lock"
    (installed.project / "skillctl.lock").write_text("<<<<<<<")
    assert health(installed, "skills") == "fail"


def test_a_lock_that_can_not_be_read_fails_by_the_name_of_its_file(installed: Machine) -> None:
    (installed.project / "skillctl.lock").write_text("{", encoding="utf-8")
    failed = [each for each in examine(installed.environment, installed.project).checks if each.health == "fail"]
    assert failed
    assert all(str(installed.project / "skillctl.lock") in each.detail for each in failed)


def test_an_agent_that_finds_two_skills_of_one_name_is_told(installed: Machine) -> None:
    installed.program("claude")
    other = installed.home / ".claude" / "skills" / "map-draw"
    other.mkdir(parents=True)
    (other / "SKILL.md").write_text("Another one\n")
    assert health(installed, "skill map-draw") == "warn"
    (other / "SKILL.md").write_bytes(installed.skill("map-draw").read_bytes())
    assert not [
        each for each in examine(installed.environment, installed.project).checks if each.name == "skill map-draw"
    ]


def test_a_policy_that_can_not_be_read_fails(machine: Machine) -> None:
    machine.config.mkdir()
    (machine.config / "policy.yaml").write_text("version: 1\ncomands: {}\n")
    assert health(machine, "policy") == "fail"


def test_an_audit_log_that_was_edited_fails(installed: Machine) -> None:
    log = installed.state / "audit" / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"gis", b"sig"))
    assert health(installed, "audit log") == "fail"


def test_an_audit_log_that_is_off_is_told(machine: Machine) -> None:
    machine.configure(format="1.0", audit="off")
    assert health(machine, "audit log") == "warn"


def test_hooks_that_are_there_in_part_are_told(machine: Machine) -> None:
    install_hooks(machine.settings(), machine.project, agent="claude-code", user=True, dry_run=False)
    assert found(machine, "hooks of claude-code, user").detail == "installed"
    file = machine.home / ".claude" / "settings.json"
    value = json.loads(file.read_bytes())
    del value["hooks"]["PreToolUse"]
    file.write_text(json.dumps(value))
    assert health(machine, "hooks of claude-code, user") == "warn"


def test_a_plugin_that_is_broken_is_told(machine: Machine) -> None:
    (machine.config / "plugins").mkdir(parents=True)
    (machine.config / "plugins" / "mine.py").write_text("def register(")
    assert health(machine, "plugin mine") == "warn"


class TestPatchwork:
    def test_a_policy_that_lets_everything_pass_is_told(self, machine: Machine) -> None:
        standin(machine)
        assert health(machine, "Patchwork") == "ok"
        assert health(machine, "Patchwork's policy") == "warn"

    def test_a_policy_that_denies_is_well(self, machine: Machine) -> None:
        standin(machine, name="strict", version="1", max_risk="high")
        assert health(machine, "Patchwork's policy") == "ok"

    def test_an_engine_that_does_not_answer_as_it_has_to_fails(self, machine: Machine) -> None:
        standin(machine)
        (machine.home / "standin.json").write_text('{"say": "other"}')
        assert health(machine, "Patchwork") == "fail"

    def test_a_log_that_does_not_verify_fails(self, machine: Machine) -> None:
        standin(machine)
        (machine.home / ".patchwork" / "events.jsonl").write_text('{"torn')
        assert health(machine, "Patchwork's log") == "fail"

    def test_it_never_approves_anything(self, machine: Machine) -> None:
        standin(machine, name="strict", version="1", max_risk="high")
        (machine.home / "standin.json").write_text('{"lines": true}')
        examine(machine.environment, machine.project)
        calls = [json.loads(line) for line in (machine.home / "calls.jsonl").read_text().splitlines()]
        assert {each["words"][0] for each in calls} == {"hook", "verify"}

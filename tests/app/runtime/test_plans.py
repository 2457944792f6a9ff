"""Plans of installed packs: listed, and filled in from the store's tree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.runtime.execute import ExecuteRequest, execute_request
from skillctl.app.runtime.plans import filled_plan, offered_plans
from skillctl.core.errors import ExecutionError
from skillctl_runtime.plan_door import parse_plan
from tests.support.machine import Machine
from tests.support.packs import pack

SCAN: dict[str, Any] = {
    "name": "scan of {{ folder }}",
    "description": "Scan a folder",
    "variables": {"folder": {"description": "What to scan"}, "depth": {"default": 2}},
    "files": [
        {"filename": "scan.py", "from": "scripts/scan.py"},
        {"filename": "settings.txt", "code": "{{ folder }} {{ depth }}"},
    ],
    "run": "python scan.py {{ folder | json }}",
}
CODE = "print('{{ not a template }}')\n"


def machine_with(tmp_path: Path, plan: object = SCAN, **files: str) -> Machine:
    machine = Machine(tmp_path)
    every = {"plans/scan.json": json.dumps(plan), "scripts/scan.py": CODE, **files}
    machine.publish(pack("gis", plans={"scan": "plans/scan.json"}, files=every))
    machine.install("gis", agents=("claude-code",))
    return machine


def test_installed_packs_offer_their_plans_with_what_can_be_set(tmp_path: Path) -> None:
    machine = machine_with(tmp_path)
    (plan,) = offered_plans(machine.settings(), machine.project).plans
    assert (plan.title, plan.description) == ("gis:scan", "Scan a folder")
    assert plan.variables == {"folder": "What to scan", "depth": ""}


def test_a_plan_is_filled_in_and_its_files_come_from_the_pack_byte_for_byte(tmp_path: Path) -> None:
    machine = machine_with(tmp_path)
    plan = parse_plan(filled_plan(machine.settings(), machine.project, "gis:scan", {"folder": "a b"})).plan
    assert plan.name == "scan of a b"
    assert plan.run == ('python scan.py "a b"',)
    assert [each.data.decode() for each in plan.files] == [CODE, "a b 2"]


def test_a_variable_can_be_made_one_word_of_a_command(tmp_path: Path) -> None:
    machine = machine_with(tmp_path, {**SCAN, "run": "ls {{ folder | quote }}"})
    run = filled_plan(machine.settings(), machine.project, "gis:scan", {"folder": "$(id); x"})["run"]
    assert run == "ls '$(id); x'"


def test_the_plan_is_that_of_the_store_and_not_what_lies_in_an_agents_directory(tmp_path: Path) -> None:
    machine = machine_with(tmp_path)
    for path in (machine.project / ".claude/skills").rglob("*.json"):
        path.write_text("{}")
    assert filled_plan(machine.settings(), machine.project, "gis:scan", {"folder": "x"})["name"] == "scan of x"


def test_a_plan_without_variables_may_be_full_of_braces(tmp_path: Path) -> None:
    machine = machine_with(tmp_path, {"files": [{"filename": "a.vue", "code": "{{ message }}"}]})
    files = filled_plan(machine.settings(), machine.project, "gis:scan", {})["files"]
    assert files == [{"filename": "a.vue", "code": "{{ message }}"}]


@pytest.mark.parametrize(
    ("plan", "given", "code"),
    [
        (SCAN, {}, "E518"),
        (SCAN, {"folder": "x", "colour": "red"}, "E517"),
        ({**SCAN, "files": [{"filename": "a", "from": "../../etc/passwd"}]}, {"folder": "x"}, "E519"),
        ({**SCAN, "files": [{"filename": "a", "from": "no/such"}]}, {"folder": "x"}, "E519"),
        ({**SCAN, "run": "{{ folder.__class__.__mro__ }}"}, {"folder": "x"}, "E519"),
        ({**SCAN, "run": "{{ nobody }}"}, {"folder": "x"}, "E519"),
        ({**SCAN, "run": "{% for x %}"}, {"folder": "x"}, "E519"),
        ({**SCAN, "variables": []}, {}, "E519"),
        ([], {}, "E519"),
    ],
)
def test_what_can_not_be_filled_in_is_refused(tmp_path: Path, plan: object, given: dict[str, str], code: str) -> None:
    machine = machine_with(tmp_path, plan)
    with pytest.raises(ExecutionError, match=code):
        filled_plan(machine.settings(), machine.project, "gis:scan", given)


@pytest.mark.parametrize("plan", ["plan.json", "-"])
def test_a_value_for_a_plan_without_variables_is_not_lost_without_a_word(tmp_path: Path, plan: str) -> None:
    machine = machine_with(tmp_path)
    text = b'{"files": [{"filename": "a.sh", "code": "echo a"}]}'
    (machine.project / "plan.json").write_bytes(text)
    request = ExecuteRequest(plan=plan, cwd=machine.project, stdin=text, given={"colour": "red"})
    with pytest.raises(ExecutionError, match=r"E517.*colour"):
        execute_request(machine.settings(), machine.environment, request)


def test_a_plan_that_nobody_offers_is_named(tmp_path: Path) -> None:
    machine = machine_with(tmp_path)
    for title in ("gis:other", "nothing:scan"):
        with pytest.raises(ExecutionError, match=f"E516.*{title}"):
            filled_plan(machine.settings(), machine.project, title, {})


def test_a_packs_plan_is_told_from_a_path(tmp_path: Path) -> None:
    machine = machine_with(tmp_path)
    (machine.project / "gis:scan").write_text("{}")
    for plan, code in (
        ("gis:other", "E516"),
        ("@acme/gis:scan", "E516"),
        ("no-such.json", "E530"),
        ("./a:b/c", "E530"),
    ):
        with pytest.raises(ExecutionError, match=code):
            execute_request(machine.settings(), {}, ExecuteRequest(plan=plan, cwd=machine.project))
    with pytest.raises(ExecutionError, match="E501"):
        execute_request(machine.settings(), {}, ExecuteRequest(plan="gis:scan", cwd=machine.project))

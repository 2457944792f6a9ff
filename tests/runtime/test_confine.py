"""Hostile plans: each breaks one rule, and is refused before anything is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import ExecutionError
from skillctl_runtime.confine import (
    FILE_BYTES,
    STDIN_BYTES,
    TREE_BYTES,
    TREE_FILES,
    command_problem,
    confined,
    unprivileged,
)
from skillctl_runtime.plan import Plan, PlanFile
from skillctl_runtime.plan_door import parse_plan

HOSTILE: list[dict[str, Any]] = json.loads((Path(__file__).parent / "hostile.json").read_text(encoding="utf-8"))


def _files(*sizes: int) -> tuple[PlanFile, ...]:
    return tuple(PlanFile(path=f"f{number}", data=bytes(size)) for number, size in enumerate(sizes))


# too large to be written down
_MADE: Mapping[str, Callable[[], Plan]] = {
    "large-file": lambda: Plan(name="h", files=_files(FILE_BYTES + 1)),
    "large-tree": lambda: Plan(name="h", files=_files(*[TREE_BYTES // 11 + 1] * 11)),
    "many-files": lambda: Plan(name="h", files=_files(*[0] * (TREE_FILES + 1))),
    "large-stdin": lambda: Plan(name="h", files=_files(1), stdin="x" * (STDIN_BYTES + 1)),
}


def _plan(value: dict[str, Any]) -> Plan:
    made = _MADE.get(value.get("$make", ""))
    return made() if made else parse_plan(value).plan


def refuse(plan: Plan) -> None:
    """Both doors that a plan has to pass."""
    confined(plan)
    unprivileged(plan)


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: str(case["rule"]))
def test_a_hostile_plan_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ExecutionError) as caught:
        refuse(_plan(case["plan"]))
    assert {each.code for each in caught.value.problems} == {case["code"]}
    assert str(caught.value)


def test_there_are_more_than_a_hundred_and_no_two_test_the_same_rule() -> None:
    assert len({case["rule"] for case in HOSTILE}) == len(HOSTILE) > 100


@pytest.mark.parametrize(
    "line",
    [
        "python main.py",
        "cd frontend && npm run dev",
        "echo 'sudo is not needed'",
        "python -m pseudosudo",
        "node su.js",
        "grep sudo README.md",
        "timeout sudo",
        "echo if sudo is here",
        "cd ./build && ./app --path=/tmp",
        "PORT=3000 node server.js",
        'bash -c "npm ci && npm start"',
    ],
)
def test_an_honest_command_is_let_through(line: str) -> None:
    assert command_problem(line) is None


@pytest.mark.parametrize(
    "package",
    [
        "fastapi>=0.110,<1",
        "uvicorn[standard]",
        "express@^4.18",
        "@types/node@20",
        "lodash@>=4 <5",
        "github.com/gin-gonic/gin@v1.10.0",
        "com.google.guava:guava:33.0.0-jre",
        "tomli; python_version < '3.11'",
        'serde = { version = "1", features = ["derive"] }',
        "git-sizer",
        "file-type@19",
    ],
)
def test_an_honest_package_is_let_through(package: str) -> None:
    confined(parse_plan({"files": {"a": ""}, "dependencies": [package]}).plan)


def test_variables_that_steer_an_interpreter_are_let_through_where_the_run_is_isolated() -> None:
    plan = parse_plan({"files": {"a": ""}, "env": {"PYTHONPATH": "src"}}).plan
    confined(plan, isolated=True)
    with pytest.raises(ExecutionError):
        confined(plan)
    with pytest.raises(ExecutionError):
        confined(parse_plan({"files": {"a": ""}, "env": {"LD_PRELOAD": "x"}}).plan, isolated=True)


def test_every_problem_of_a_plan_is_told_together() -> None:
    plan = parse_plan({"files": {"../a": "", "b\\c": ""}, "run": "cd / && ls", "env": {"PATH": "."}}).plan
    with pytest.raises(ExecutionError) as caught:
        confined(plan, where="plan.json")
    assert [each.code for each in caught.value.problems] == ["E505", "E505", "E510", "E508"]
    assert {each.place.file for each in caught.value.problems if each.place} == {"plan.json"}

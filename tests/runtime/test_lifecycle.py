"""Plugins on the plan of an execution: what they change counts as it stands in the plan, lists of commands too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import PluginError
from skillctl_plugins import PluginManager
from skillctl_runtime.lifecycle import Lifecycle
from skillctl_runtime.plan import Plan
from tests.runtime.scripted import Room, Scripted, plan_of

WHOLE = plan_of(
    {"main.sh": "echo hello\n"}, run=("sh a.sh", "sh b.sh"), build=("true",), args=("--loud",), ports=(8080,)
)


def through(*callbacks: Any) -> Plan:
    with PluginManager() as plugins:
        for each in callbacks:
            plugins.add_hook("pre_execute", each)
        return Lifecycle(plugins).changed_plan(WHOLE, where="plan")


def renamed(plan: dict[str, Any]) -> dict[str, Any]:
    return {**plan, "name": f"{plan['name']}x"}


def test_a_plan_with_every_kind_of_list_passes_from_plugin_to_plugin() -> None:
    changed = through(renamed, renamed)
    assert changed.name == f"{WHOLE.name}xx"
    assert (changed.run, changed.build) == (WHOLE.run, WHOLE.build)
    assert (changed.args, changed.ports) == (WHOLE.args, WHOLE.ports)


def test_a_plan_that_nobody_changes_is_the_very_same() -> None:
    assert through(lambda plan: None, lambda plan: plan) is WHOLE


@pytest.mark.parametrize("answer", ["text", {"files": 5}, [1]])
def test_an_answer_that_is_no_plan_blocks(answer: object) -> None:
    with pytest.raises(PluginError, match="E601"):
        through(lambda plan: answer)


@pytest.mark.parametrize("answer", ["touch x", [["make"], "assets"], [[]], [["make", 1]], {"steps": []}])
def test_steps_of_another_shape_block_the_build_and_name_the_plugin(room: Room, answer: object) -> None:
    with PluginManager() as plugins:
        plugins.add_hook("pre_build", lambda **_: answer, plugin="clumsy")
        with pytest.raises(PluginError, match=r"E607.*clumsy"):
            room.execute(plan_of(), Scripted(), plugins=plugins)


def test_variables_of_another_shape_block_the_run() -> None:
    with PluginManager() as plugins:
        plugins.add_hook("pre_run", lambda **_: ["A=1"], plugin="clumsy")
        with pytest.raises(PluginError, match=r"E607.*clumsy"):
            Lifecycle(plugins).before_run(Path("/p"))


def test_a_stack_that_nobody_knows_is_told_and_passed_over() -> None:
    with PluginManager() as plugins:
        plugins.add_hook("detect_stack", lambda **_: "cobol", plugin="old")
        plugins.add_hook("detect_stack", lambda **_: "go", plugin="new")
        life = Lifecycle(plugins)
        assert life.stack_of(plan_of()) == "go"
        assert [each.code for each in life.problems] == ["W603"]

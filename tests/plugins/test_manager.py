"""Hooks: who is called, in which order, and what answers and failures do."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from skillctl.core.errors import ExecutionError, PluginError
from skillctl.core.json_value import JsonValue
from skillctl_plugins import PluginManager
from skillctl_plugins.events import EVENTS
from skillctl_plugins.manager import Hook
from skillctl_plugins.plugin import Plugin

PLAN: dict[str, Any] = {"name": "p", "files": [{"filename": "a", "code": ""}]}


def test_callbacks_come_by_priority_and_then_in_the_order_of_adding() -> None:
    manager, seen = PluginManager(), list[str]()
    for name, priority in (("c", 100), ("a", 10), ("d", 100), ("b", 50)):
        manager.add_hook("pre_run", lambda project_dir, name=name, **_: seen.append(name), priority)
    manager.fire("pre_run", project_dir="/p")
    assert seen == ["a", "b", "c", "d"]


def test_answers_come_back_in_order_without_those_that_said_nothing() -> None:
    manager = PluginManager()
    manager.add_hook("pre_run", lambda project_dir: {"A": "1"})
    manager.add_hook("pre_run", lambda **_: None)
    manager.add_hook("pre_run", lambda **arguments: {"B": arguments["project_dir"]})
    fired = manager.fire("pre_run", project_dir="/p")
    assert fired.answers == ({"A": "1"}, {"B": "/p"})
    assert len(fired.calls) == 3
    assert all(call.seconds > 0 for call in fired.calls)


def test_a_callback_gets_the_arguments_that_it_names_and_each_its_own_copy() -> None:
    manager, seen = PluginManager(), list[Any]()

    def spoil(plan: dict[str, Any]) -> None:
        plan["name"] = "spoilt"

    manager.add_hook("post_execute", spoil)
    manager.add_hook("post_execute", lambda plan, result, **_: seen.append((plan["name"], result)))
    manager.fire("post_execute", plan=PLAN, result={"ok": True})
    assert seen == [("p", {"ok": True})]


@pytest.mark.parametrize("event", [name for name, event in EVENTS.items() if event.kind == "pre"])
def test_before_something_a_failure_blocks_with_name_and_reason(event: str) -> None:
    manager, seen = PluginManager(), list[str]()

    def block(**_: object) -> None:
        raise RuntimeError("not on my watch")

    manager.add_hook(event, block)
    manager.add_hook(event, lambda **_: seen.append("later"))
    with pytest.raises(PluginError, match=r"E600.*this program.*RuntimeError: not on my watch"):
        manager.fire(event, **dict.fromkeys(EVENTS[event].arguments))
    assert seen == []


@pytest.mark.parametrize("event", [name for name, event in EVENTS.items() if event.kind != "pre"] + ["custom"])
def test_elsewhere_a_failure_is_reported_and_the_others_go_on(event: str) -> None:
    manager = PluginManager()

    def fail(**_: object) -> None:
        raise SystemExit(3)

    manager.add_hook(event, fail)
    manager.add_hook(event, lambda **_: "here")
    arguments = EVENTS[event].arguments if event in EVENTS else {}
    fired = manager.fire(event, **dict.fromkeys(arguments))
    assert fired.answers == ("here",)
    assert [each.code for each in fired.problems] == ["W600"]
    assert fired.problems[0].evidence["reason"] == "SystemExit: 3"


def test_changes_of_a_plan_go_from_plugin_to_plugin_and_each_is_checked() -> None:
    manager, checked = PluginManager(), list[JsonValue]()

    def accept(value: JsonValue) -> JsonValue:
        checked.append(value)
        return value

    manager.add_hook("pre_execute", lambda plan: {**plan, "name": plan["name"] + "1"})
    manager.add_hook("pre_execute", lambda plan: None)
    manager.add_hook("pre_execute", lambda plan, **_: {**plan, "name": plan["name"] + "2"})
    end = manager.chain("pre_execute", "plan", PLAN, accept=accept)
    assert end.value == {**PLAN, "name": "p12"}
    assert [each["name"] for each in checked if isinstance(each, dict)] == ["p1", "p12"]


def test_who_fails_at_changing_a_plan_blocks_it_and_nobody_is_asked_after_that() -> None:
    manager, seen = PluginManager(), list[str]()

    def block(**_: object) -> None:
        raise RuntimeError("not on my watch")

    manager.add_hook("pre_execute", block, plugin="strict")
    manager.add_hook("pre_execute", lambda plan: seen.append("later"))
    with pytest.raises(PluginError, match=r"E600.*strict.*RuntimeError: not on my watch"):
        manager.chain("pre_execute", "plan", PLAN, accept=lambda value: value)
    assert seen == []


def test_a_change_that_breaks_a_rule_blocks_and_names_the_plugin() -> None:
    manager = PluginManager()
    manager.add_hook("pre_execute", lambda plan: {"files": "nonsense"}, plugin="clumsy")

    def accept(value: JsonValue) -> JsonValue:
        raise ExecutionError.of("E501", key="$.files", found="a text", wanted="a list")

    with pytest.raises(PluginError, match=r"E601.*clumsy") as caught:
        manager.chain("pre_execute", "plan", PLAN, accept=accept)
    assert [each.code for each in caught.value.problems] == ["E601", "E501"]


def test_an_answer_that_is_no_json_is_a_failure() -> None:
    manager = PluginManager()
    manager.add_hook("pre_run", lambda **_: {"A": object()})
    with pytest.raises(PluginError, match="no JSON value"):
        manager.fire("pre_run", project_dir="/p")


def test_who_takes_too_long_is_abandoned_and_counts_as_failed() -> None:
    manager, release = PluginManager(), threading.Event()

    def wait(**_: object) -> str:
        release.wait()
        return "late"

    plugin = Plugin(name="slow", source="user", state="active")
    manager.add_plugin(plugin, [Hook(event="pre_run", plugin="slow", priority=1, callback=wait, seconds=0.01)])
    manager.add_plugin(plugin, [Hook(event="post_sync", plugin="slow", priority=1, callback=wait, seconds=0.01)])
    try:
        with pytest.raises(PluginError, match=r"longer than 0\.01 seconds"):
            manager.fire("pre_run", project_dir="/p")
        fired = manager.fire("post_sync", project_dir="/p", packs=[])
        assert fired.answers == ()
        assert [each.code for each in fired.problems] == ["W600"]
    finally:
        release.set()


def test_what_an_abandoned_plugin_prints_later_is_led_to_stderr_too(capsys: pytest.CaptureFixture[str]) -> None:
    manager, release = PluginManager(), threading.Event()

    def wait(**_: object) -> None:
        release.wait()
        print("late")

    manager.add_plugin(
        Plugin(name="slow", source="user", state="active"),
        [Hook(event="post_sync", plugin="slow", priority=1, callback=wait, seconds=0.01)],
    )
    manager.fire("post_sync", project_dir="/p", packs=[])
    print("ours")
    (thread,) = (each for each in threading.enumerate() if each.name == "plugin slow")
    release.set()
    thread.join()
    assert capsys.readouterr() == ("ours\n", "[slow] late\n")


def test_what_a_plugin_prints_goes_to_stderr_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    manager = PluginManager()
    manager.add_hook("pre_run", lambda **_: print("hello\nworld", end=""), plugin="chatty")
    manager.fire("pre_run", project_dir="/p")
    print("ours")
    out, err = capsys.readouterr()
    assert out == "ours\n"
    assert err == "[chatty] hello\n[chatty] world\n"


def test_custom_events_go_from_plugin_to_plugin() -> None:
    manager, seen = PluginManager(), list[object]()
    manager.add_hook("my_event", lambda number, **_: seen.append(number))

    def tell(**_: object) -> None:
        manager.fire("my_event", number=7)

    manager.add_hook("post_sync", tell)
    manager.fire("post_sync", project_dir="", packs=[])
    assert seen == [7]


def test_arguments_that_the_event_does_not_have_are_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="project_dir"):
        PluginManager().fire("pre_run", directory="/p")
    with pytest.raises(TypeError, match="callable"):
        PluginManager().add_hook("pre_run", "no function")  # type: ignore[arg-type]


def test_the_classic_names_of_events_are_the_same_events() -> None:
    manager = PluginManager()
    manager.add_hook("on_pre_run", lambda **_: {"A": "1"})
    manager.add_hook("on_something_of_ours", lambda **_: 5)
    assert manager.fire("pre_run", project_dir="/p").answers == ({"A": "1"},)
    assert manager.fire("on_something_of_ours").answers == (5,)

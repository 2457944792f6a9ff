"""Our entries in somebody else's settings: put in beside the rest, taken out without a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.json_value import JsonObject
from skillctl_plugins.clients.claude_code import CLOSED, EVENTS
from skillctl_plugins.clients.registration import is_mergeable, registered_in, with_ours, without_ours, written_like

THEIRS: JsonObject = {"matcher": "Bash", "hooks": [{"type": "command", "command": "their-linter"}]}
LOOKS_LIKE_OURS: JsonObject = {"hooks": [{"type": "command", "command": "skillctl hooks list"}]}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
commands = st.sampled_from(["make lint", "skillctl list", "hook PreToolUse", "other-skillctl-tool run"])
entries = st.fixed_dictionaries({"type": st.just("command"), "command": commands}) | st.just({"type": "prompt"})
groups = st.fixed_dictionaries(
    {"hooks": st.lists(entries, min_size=1, max_size=2)}, optional={"matcher": st.text(max_size=4)}
)
hooks = st.dictionaries(
    st.sampled_from([*EVENTS, "Stop"]), st.lists(groups, min_size=1, max_size=2), min_size=1, max_size=3
)
settings = st.builds(
    lambda rest, found: {**rest, **({"hooks": found} if found else {})},
    st.dictionaries(st.text(max_size=6).filter(lambda key: key != "hooks"), values, max_size=3),
    st.none() | hooks,
)  # fmt: skip


@given(settings)
def test_putting_in_and_taking_out_gives_the_same_settings(before: dict[str, Any]) -> None:
    assert without_ours(with_ours(before, "skillctl")) == before


@given(settings)
def test_everything_that_was_there_stays_where_it_was(before: dict[str, Any]) -> None:
    after: Any = with_ours(before, "skillctl")
    assert [key for key in after if key != "hooks"] == [key for key in before if key != "hooks"]
    for event, found in before.get("hooks", {}).items():
        assert after["hooks"][event][: len(found)] == found


@given(settings)
def test_putting_in_twice_is_putting_in_once(before: dict[str, Any]) -> None:
    once = with_ours(before, "'/old place/bin/python' -I -m skillctl")
    assert with_ours(once, "skillctl") == with_ours(before, "skillctl")
    assert registered_in(once) == EVENTS


def test_before_a_tool_or_a_skill_a_hook_that_can_not_run_is_a_no() -> None:
    after: Any = with_ours({}, "skillctl")
    for event in EVENTS:
        (group,) = after["hooks"][event]
        assert group["hooks"][0]["command"].endswith("|| exit 2") == (event in CLOSED)


def test_an_entry_that_only_looks_like_ours_stays() -> None:
    before: JsonObject = {"hooks": {"PreToolUse": [LOOKS_LIKE_OURS]}}
    assert registered_in(before) == ()
    assert without_ours(before) == before


def test_ours_in_a_group_with_theirs_goes_alone() -> None:
    ours: JsonObject = {"type": "command", "command": "skillctl hook PreToolUse || exit 2"}
    lint: JsonObject = {"type": "command", "command": "their-linter"}
    mixed: JsonObject = {"matcher": "Bash", "hooks": [lint, ours]}
    assert without_ours({"hooks": {"PreToolUse": [mixed]}}) == {"hooks": {"PreToolUse": [THEIRS]}}


@pytest.mark.parametrize("value", [[], "x", {"hooks": []}, {"hooks": {"PreToolUse": {}}}, {"hooks": None}])
def test_settings_of_another_form_are_not_merged_into(value: Any) -> None:
    assert not is_mergeable(value)


@pytest.mark.parametrize("indent", ["  ", "    ", "\t"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_the_text_keeps_indent_and_end(indent: str, end: str) -> None:
    before = json.dumps({"model": "ö", "env": {"A": "1"}}, indent=indent, ensure_ascii=False) + end
    assert written_like(before, json.loads(before)) == before

"""When a question may be asked and when text may be coloured."""

from __future__ import annotations

import sys

import pytest

from skillctl.edges.terminal import judged, look_at_terminal


def test_somebody_at_a_terminal_may_be_asked() -> None:
    assert judged({}, stdin=True, stdout=True, stderr=True).may_ask
    assert judged({}, stdin=True, stdout=False, stderr=True).may_ask  # stdout goes to a program


@pytest.mark.parametrize(("stdin", "stderr"), [(False, True), (True, False), (False, False)])
def test_without_a_terminal_nobody_is_asked(stdin: bool, stderr: bool) -> None:
    assert not judged({}, stdin=stdin, stdout=True, stderr=stderr).may_ask


@pytest.mark.parametrize("variable", ["CI", "CLAUDECODE", "AI_AGENT"])
def test_in_ci_and_inside_an_agent_nobody_is_asked(variable: str) -> None:
    assert not judged({variable: "1"}, stdin=True, stdout=True, stderr=True).may_ask
    assert judged({variable: ""}, stdin=True, stdout=True, stderr=True).may_ask
    assert judged({variable: "false"}, stdin=True, stdout=True, stderr=True).may_ask


def test_colour_needs_a_terminal_that_has_it_and_nobody_against_it() -> None:
    assert judged({"TERM": "xterm"}, stdin=True, stdout=True, stderr=True).colour
    assert not judged({"TERM": "dumb"}, stdin=True, stdout=True, stderr=True).colour
    assert not judged({"NO_COLOR": "0"}, stdin=True, stdout=True, stderr=True).colour
    assert judged({"NO_COLOR": ""}, stdin=True, stdout=True, stderr=True).colour
    assert not judged({}, stdin=True, stdout=True, stderr=False).colour


def test_streams_that_are_missing_or_closed_are_no_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    seen = look_at_terminal({})
    assert not any([seen.stdin, seen.stdout, seen.stderr, seen.may_ask, seen.colour])

"""What a person sees of long work: a line that is written over, on a terminal alone; and a word about waiting."""

from __future__ import annotations

import io
import sys

import pytest

from skillctl.cli.ear import TerminalEar
from skillctl.cli.streams import Manner
from tests.cli.conftest import Terminal


def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A standard error that is a terminal; time goes on by a second with every look.

    No fixture, since pytest puts its own standard error in place between those and the test.
    """
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(Manner, "quiet", False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    ticks = iter(range(10_000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(ticks)))
    return stream


def test_long_work_is_one_line_that_goes_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    err = at_a_terminal(monkeypatch)
    ear = TerminalEar()
    for done in range(4):
        ear.progress("fetching packs", done, 4)
    assert err.getvalue().split("\r\x1b[2K") == ["", *(f"fetching packs {done} of 4" for done in (1, 2, 3))]
    ear.progress("fetching packs", 4, 4)
    assert err.getvalue().endswith("\r\x1b[2K")


def test_a_line_is_cut_to_the_terminal_since_one_that_wraps_could_not_be_written_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    err = at_a_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "30")
    ear = TerminalEar()
    for done in range(2):
        ear.progress("fetching packs from a registry", done, 4)
    assert err.getvalue() == "\r\x1b[2Kfetching packs from a registr"


def test_a_line_of_work_that_failed_goes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    err = at_a_terminal(monkeypatch)
    ear = TerminalEar()
    for done in range(2):
        ear.progress("fetching packs", done, 4)
    ear.done()
    assert err.getvalue().endswith("1 of 4\r\x1b[2K")


def test_work_that_is_over_at_once_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    err = at_a_terminal(monkeypatch)
    monkeypatch.setattr("time.monotonic", lambda: 5.0)
    ear = TerminalEar()
    for done in range(3):
        ear.progress("copying", done, 2)
    assert err.getvalue() == ""


def test_without_a_terminal_only_waiting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(Manner, "quiet", False)
    ear = TerminalEar()
    ear.progress("copying", 1, 2)
    ear.waiting("process 7, skillctl install\x1b[2J", 60)
    assert stream.getvalue() == "waiting for process 7, skillctl install\\x1b[2J (at most 60 s; Ctrl-C ends it)\n"


def test_quiet_says_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    err = at_a_terminal(monkeypatch)
    monkeypatch.setattr(Manner, "quiet", True)
    ear = TerminalEar()
    ear.progress("copying", 1, 2)
    ear.waiting("process 7", 60)
    assert err.getvalue() == ""

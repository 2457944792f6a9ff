"""What a server does unasked: each of it by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError
from skillctl_registry.server import background
from skillctl_registry.server.background import Background
from skillctl_registry.server.service import Service

MINUTE, HOUR, DAY = 12, 720, 17280
"""Rounds."""


class Work:
    """The rounds in which each thing was done, and what can't be done now."""

    def __init__(self) -> None:
        self.fails: set[str] = set()
        self.why: Exception = RegistryError.of("E733", storage="files", database="db")
        self.wrong: Sequence[Problem] = ()
        self.is_closed = False
        self.done: dict[str, list[int]] = {"sign": [], "count": [], "remember": [], "refresh": []}
        self._round = 0
        signer = SimpleNamespace(
            sign_waiting=self._work("sign"), remember=self._work("remember"), keep_fresh=self._work("refresh")
        )
        database = SimpleNamespace(close=self._close)
        service = SimpleNamespace(signer=signer, write_counts=self._work("count"), database=database)
        self.background = Background(cast("Service", service))

    def rounds(self, until: int, *, since: int | None = None) -> None:
        for self._round in range(self._round if since is None else since, until):  # noqa: B020
            self.background._round(self._round)
        self._round = until

    def _close(self) -> None:
        self.is_closed = True

    def _work(self, name: str) -> Callable[[], Sequence[Problem]]:
        def work() -> Sequence[Problem]:
            if name in self.fails:
                raise self.why
            self.done[name].append(self._round)
            return self.wrong if name == "refresh" else ()

        return work


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """What the server's log is told; uvicorn's own logger goes elsewhere as soon as a server was made."""
    monkeypatch.setattr(background, "_logger", logging.getLogger("tests.background"))
    return caplog


def test_each_is_done_when_its_time_has_come() -> None:
    work = Work()
    work.rounds(HOUR + 1)
    assert work.done["sign"] == work.done["count"] == [*range(HOUR + 1)]
    assert work.done["remember"] == [*range(0, HOUR + 1, MINUTE)]
    assert work.done["refresh"] == [0, HOUR]


def test_what_fails_keeps_nothing_else_from_being_done() -> None:
    work = Work()
    work.fails = {"sign"}
    work.rounds(MINUTE + 1)
    assert (work.done["sign"], work.done["remember"], work.done["refresh"]) == ([], [0, MINUTE], [0])


def test_what_has_failed_is_done_in_the_next_round_and_not_after_its_hour() -> None:
    work = Work()
    work.fails = {"remember", "refresh"}
    work.rounds(3)
    work.fails = set()
    work.rounds(MINUTE + 4)
    assert (work.done["remember"], work.done["refresh"]) == ([3, MINUTE + 3], [3])


def test_an_error_that_nobody_has_thought_of_ends_nothing_and_is_told_with_its_traceback(
    log: pytest.LogCaptureFixture,
) -> None:
    work = Work()
    work.fails, work.why = {"count"}, KeyError("a row that is gone")
    work.rounds(3)
    assert (work.done["sign"], work.done["remember"]) == ([0, 1, 2], [0])
    [told] = log.records
    assert told.getMessage() == "writing down what was counted: KeyError"
    assert told.exc_info
    assert told.exc_info[1] is work.why


def test_the_log_is_told_of_what_is_wrong_when_that_changes_and_once_a_day(log: pytest.LogCaptureFixture) -> None:
    def told() -> list[str]:
        found = [each.getMessage() for each in log.records]
        log.clear()
        return found

    work = Work()
    work.fails = {"sign"}
    work.rounds(5)
    work.rounds(DAY, since=DAY - 5)
    assert told() == ["signing what waits: E733 files holds a registry that db knows nothing of"]
    work.rounds(DAY + 2)
    assert len(told()) == 1
    work.why = RegistryError.of("E713", registry="files", attempts=8)
    work.rounds(DAY + 4)
    assert [each.split()[3] for each in told()] == ["E713"]
    work.fails = set()
    work.rounds(DAY + 6)
    assert told() == ["signing what waits: it goes well again"]


def test_the_log_is_told_each_day_of_signatures_that_want_keys_which_are_away(log: pytest.LogCaptureFixture) -> None:
    work = Work()
    work.wrong = [problem("W703", role="root", registry="files", expires="2027-11-23T05:13:39Z")]
    work.rounds(HOUR + 1)
    work.rounds(DAY + 1, since=DAY)
    assert work.done["refresh"] == [0, HOUR, DAY]
    first, second = [each.getMessage() for each in log.records]
    assert first == second
    assert first.startswith("renewing signatures: W703 the root of the registry `files` will expire on 2027-11-23")


def test_a_server_ends_in_good_order_where_its_counts_can_not_be_written_down(log: pytest.LogCaptureFixture) -> None:
    work = Work()
    work.fails, work.why = {"count"}, ValueError()
    with work.background:
        pass
    assert work.is_closed
    assert log.records

"""What a server does unasked: each of it by itself."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from skillctl.core.errors import RegistryError
from skillctl_registry.server.service import Service
from skillctl_registry.server.serving import Background

MINUTE, HOUR = 12, 720
"""Rounds."""


class Work:
    """The rounds in which each thing was done, and what can't be done now."""

    def __init__(self) -> None:
        self.fails: set[str] = set()
        self.done: dict[str, list[int]] = {"sign": [], "count": [], "remember": [], "refresh": []}
        self._round = 0
        signer = SimpleNamespace(
            sign_waiting=self._work("sign"), remember=self._work("remember"), keep_fresh=self._work("refresh")
        )
        self._background = Background(cast("Service", SimpleNamespace(signer=signer, write_counts=self._work("count"))))

    def rounds(self, until: int) -> None:
        for self._round in range(self._round, until):  # noqa: B020
            self._background._round(self._round)
        self._round = until

    def _work(self, name: str) -> Callable[[], None]:
        def work() -> None:
            if name in self.fails:
                raise RegistryError.of("E733", storage="files", database="db")
            self.done[name].append(self._round)

        return work


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

"""Waiting for many answers at once: all of them, in order, and no more begun than somebody wants."""

from __future__ import annotations

import threading

import pytest

from skillctl_registry.at_once import JOBS, at_once


def test_all_are_given_in_their_order_however_they_come() -> None:
    second = threading.Event()

    def work(item: int) -> int:
        second.wait(5) if item == 0 else second.set()  # the first is done last
        return item * item

    assert list(at_once(work, range(100), ahead=3)) == [item * item for item in range(100)]
    assert list(at_once(work, [])) == []


def test_nothing_is_begun_far_ahead_of_what_was_taken() -> None:
    begun: list[int] = []
    done = at_once(begun.append, range(50), ahead=2)
    next(done)
    del done
    assert len(begun) <= 3


def test_what_was_not_begun_stays_so_when_the_work_raises() -> None:
    begun: list[int] = []
    gate = threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        if item == 0:
            raise LookupError
        gate.wait(0.2)

    with pytest.raises(LookupError):
        list(at_once(work, range(10 * JOBS)))
    assert len(begun) <= 2 * JOBS

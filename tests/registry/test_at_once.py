"""Waiting for many answers at once: all of them, in order, and no more begun than somebody wants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from skillctl_registry.at_once import JOBS, at_once


def test_all_are_given_in_their_order_however_they_come() -> None:
    second = threading.Event()

    def work(item: int) -> int:
        second.wait(5) if item == 0 else second.set()  # the first is done last
        return item * item

    with at_once(work, range(100), ahead=3) as done:
        assert list(done) == [item * item for item in range(100)]
    with at_once(work, []) as done:
        assert list(done) == []


def test_nothing_is_begun_far_ahead_of_what_was_taken() -> None:
    begun: list[int] = []
    with at_once(begun.append, range(50), ahead=2) as done:
        next(done)
    assert len(begun) <= 3


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set once the pool was told to end: what has not begun by then has been taken back, or will all be done."""
    told = threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            told.set()
            super().shutdown(wait=wait)

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor", Pool)
    yield told
    told.set()


def test_what_was_not_begun_stays_so_when_the_work_raises(ended: threading.Event) -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 0:
            raise LookupError
        assert ended.wait(10)

    with pytest.raises(LookupError), at_once(work, range(10 * JOBS)) as done:
        list(done)
    assert len(begun) <= 2 * JOBS


def test_what_was_not_begun_stays_so_when_who_takes_it_fails(ended: threading.Event) -> None:
    """Ctrl-C comes where the answers are looked at, and its traceback keeps alive whatever was at work."""
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        assert item == 0 or ended.wait(10)

    def interrupted(_: None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), at_once(work, range(10 * JOBS)) as done:
        interrupted(next(done))
    assert ended.is_set()
    assert len(begun) <= 2 * JOBS

"""What was worked out is kept for as long as there is room."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Semaphore

import pytest

from skillctl_registry.server.kept import Kept


def test_what_is_kept_is_not_made_again() -> None:
    kept: Kept[str] = Kept(10, len)
    assert kept.of("a", lambda: "one") == "one"
    assert kept.of("a", lambda: "other") == "one"


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept: Kept[str] = Kept(6, len)
    for key in ("a", "b", "a", "c"):
        kept.of(key, lambda key=key: key * 3)  # type: ignore[misc]
    assert kept.of("a", lambda: "new") == "aaa"
    assert kept.of("b", lambda: "new") == "new"


def test_what_is_larger_than_all_room_is_made_each_time() -> None:
    kept: Kept[str] = Kept(2, len)
    assert kept.of("a", lambda: "long") == "long"
    assert kept.of("a", lambda: "longer") == "longer"


def test_what_is_too_large_drives_nothing_else_out() -> None:
    kept: Kept[str] = Kept(4, len)
    for key, made in (("a", "one"), ("b", "longer")):
        kept.of(key, lambda made=made: made)  # type: ignore[misc]
    assert kept.of("a", lambda: "new") == "one"


def test_who_asks_while_it_is_made_waits_for_it_and_it_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Semaphore(0)

    class Awaited(Future[str]):
        def result(self, timeout: float | None = None) -> str:
            waiting.release()
            return super().result(timeout)

    monkeypatch.setattr("skillctl_registry.server.kept.Future", Awaited)
    kept: Kept[str] = Kept(10, len)
    begun, go_on, made = Event(), Event(), []

    def slowly() -> str:
        made.append(1)
        begun.set()
        assert go_on.wait(10)
        return "long"

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(kept.of, "a", slowly)
        assert begun.wait(10)
        others = [pool.submit(kept.of, "a", slowly) for _ in range(4)]
        assert kept.of("b", lambda: "x") == "x"
        assert all(waiting.acquire(timeout=10) for _ in others)
        go_on.set()
        assert {each.result(10) for each in (first, *others)} == {"long"}
    assert len(made) == 1


def test_what_can_not_be_made_is_tried_again_by_the_next() -> None:
    kept: Kept[str] = Kept(10, len)
    with pytest.raises(ZeroDivisionError):
        kept.of("a", lambda: str(1 // 0))
    assert kept.of("a", lambda: "one") == "one"

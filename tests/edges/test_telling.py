"""What takes long is told while somebody listens, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillctl.core.errors import InstallError
from skillctl.edges.disk import locks
from skillctl.edges.disk.locks import locked
from skillctl.edges.telling import listening, tell_progress, tell_waiting
from skillctl.edges.workers import share_out


class Kept:
    """An ear that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def progress(self, what: str, done: int, total: int) -> None:
        self.heard.append((what, done, total))

    def done(self) -> None:
        self.heard.append(("done",))

    def waiting(self, holder: str, seconds: float) -> None:
        self.heard.append((holder, seconds))


def test_nobody_has_to_listen() -> None:
    tell_progress("copying", 1, 2)
    tell_waiting("process 1", 60)


@pytest.mark.parametrize("least", [1, 1000])
def test_shared_work_tells_how_far_it_is_and_that_it_is_over(least: int) -> None:
    ear = Kept()
    with listening(lambda: ear):
        assert share_out(range(40), lambda job: job * 2, least=least, doing="counting") == [
            2 * each for each in range(40)
        ]
    assert ear.heard[0][0] == "counting"
    assert ear.heard[-2:] == [("counting", 40, 40), ("done",)]
    done = [each[1] for each in ear.heard[:-1]]
    assert done == sorted(done)  # type: ignore[type-var]


def test_who_waits_for_a_lock_is_told_who_holds_it_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_SILENT", 0.02)
    ear = Kept()
    held = locked(tmp_path / "lock", timeout=1, purpose="skillctl install")
    wanted = locked(tmp_path / "lock", timeout=0.2, purpose="skillctl sync")
    with held, listening(lambda: ear), pytest.raises(InstallError) as caught, wanted:
        pass
    assert caught.value.code == "E453"
    (holder, seconds), _ = ear.heard
    assert "skillctl install" in str(holder)
    assert seconds == 0.2


def test_a_lock_that_is_free_is_taken_without_a_word(tmp_path: Path) -> None:
    ear = Kept()
    with listening(lambda: ear), locked(tmp_path / "lock", timeout=1, purpose="x"):
        pass
    assert ear.heard == []

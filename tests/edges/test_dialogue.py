"""A program that is spoken to in lines, and what becomes of one that is late or gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError
from skillctl.edges.process.dialogue import Dialogue

ECHO = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"
SILENT = "import os, sys, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)"
SECONDS = 30.0


def of(code: str) -> Dialogue:
    return Dialogue([sys.executable, "-I", "-c", code], env={})


@pytest.fixture
def silent() -> Iterator[tuple[Dialogue, int]]:
    """A program that tells its number and then nothing any more."""
    with of(SILENT) as dialogue:
        yield dialogue, int(dialogue.hear(SECONDS))


def test_each_line_gets_its_answer() -> None:
    with of(ECHO) as dialogue:
        assert [dialogue.ask(each, SECONDS) for each in ("a", "b")] == ["A\n", "B\n"]


def test_who_is_late_is_killed_and_can_not_be_asked_again(silent: tuple[Dialogue, int]) -> None:
    dialogue, number = silent
    with pytest.raises(InstallError, match="E449"):
        dialogue.ask("a", 0.01)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    with pytest.raises(InstallError, match="E448"):
        dialogue.ask("a", SECONDS)


def test_who_has_ended_is_said_to_have_ended_however_often_he_is_asked() -> None:
    with of("") as dialogue:
        for _ in range(2):
            with pytest.raises(InstallError, match="E448"):
                dialogue.hear(SECONDS)


def test_a_number_is_killed_once_since_it_may_be_anothers_later(
    silent: tuple[Dialogue, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogue, number = silent
    killed: list[int] = []
    kill = os.killpg

    def killpg(group: int, signal: int) -> None:
        killed.append(group)
        kill(group, signal)

    monkeypatch.setattr("skillctl.edges.process.dialogue.os.killpg", killpg)
    dialogue.close()
    dialogue.close()
    assert killed == [number]


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="E448"):
        Dialogue([str(tmp_path / "nothing")], env={})

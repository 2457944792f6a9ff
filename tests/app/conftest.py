"""A machine of its own for every test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Bench, Ran
from tests.support.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with an empty project, and no agent and no registry of its own."""
    return Machine(tmp_path)


@pytest.fixture
def skillctl(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs command lines on the machine, in its project."""
    room = tmp_path / "bench"
    room.mkdir()
    bench = Bench(room, monkeypatch)
    return lambda *words, at=None, **more: bench(
        *words, at=at or machine.project, environment=machine.environment, **more
    )

"""One runner and one prepared world for the tests of a process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.runner import Runner
from tests.faults.world import World, new_world


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    with Runner() as started:
        yield started


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory where there is such a thing: these tests copy small trees thousands of times."""
    if os.access("/dev/shm", os.W_OK):
        with TemporaryDirectory(prefix="skillctl-test-", dir="/dev/shm") as name:
            yield Path(name)
    else:
        yield tmp_path


@pytest.fixture
def world(runner: Runner, room: Path) -> World:
    """Packs are published, nothing is installed."""
    return new_world(room / "world", runner)

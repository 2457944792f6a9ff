"""A world with something of a person's in it, and the process that runs command lines in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.runner import Runner
from tests.faults.world import World, new_world


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """`maps` is installed; what is there is saved as `old`."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with Runner() as runner, TemporaryDirectory(prefix="skillctl-test-", dir=memory) as room:
        made = new_world(Path(room) / "world", runner)
        made.does("install", "maps@==1.0.0", "--agent", "claude-code")
        made.save("old")
        yield made

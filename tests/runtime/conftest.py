"""A room for each test: a home, caches, a project directory and scripted stacks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.runtime.scripted import Room


@pytest.fixture
def room(tmp_path: Path, outer_environment: Mapping[str, str]) -> Room:
    """A user's room, with the best isolation of this machine."""
    return Room(tmp_path / "room", outer_environment)

"""A machine, and repositories on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.conftest import skillctl
from tests.support.machine import Machine
from tests.support.repositories import Repository

__all__ = ["skillctl"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that has git, and no agent and no registry."""
    machine = Machine(tmp_path)
    git = shutil.which("git")
    assert git is not None, "these tests need git"
    (tmp_path / "programs" / "git").symlink_to(git)
    return machine


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[str], Repository]:
    """Makes an empty git repository of that name."""
    return lambda name: Repository(tmp_path / "repositories" / name)

"""A machine, and repositories on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.app.conftest import skillctl
from tests.support.machine import Machine
from tests.support.repositories import Repository

__all__ = ["skillctl"]


class Tools(Repository):
    """A repository that packs are installed from."""

    @property
    def asked(self) -> str:
        """How it is asked for on the command line."""
        return f"git+{self.url}"

    def release(self, files: Mapping[str, bytes | str | None], *tags: str) -> str:
        """Commit the files, under these tags; the commit."""
        commit = self.commit(files)
        for tag in tags:
            self.git("tag", tag)
        return commit


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that has git, and no agent and no registry."""
    machine = Machine(tmp_path)
    git = shutil.which("git")
    assert git is not None, "these tests need git"
    (tmp_path / "programs" / "git").symlink_to(git)
    return machine


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[str], Tools]:
    """Makes an empty git repository of that name."""
    return lambda name: Tools(tmp_path / "repositories" / name)

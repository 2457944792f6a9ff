"""Directories whose names are no text: what only has to be found again is kept, what has to be written is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from skillctl.core.errors import SkillctlError
from tests.support.machine import Machine
from tests.support.packs import folder_with, pack

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file name is text")

ODD = os.fsdecode(b"caf\xe9")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With a project whose path is not UTF-8."""
    machine.publish(pack("maps"), pack("charts"))
    machine.project = machine.home / ODD
    machine.project.mkdir()
    return machine


def test_a_project_may_lie_anywhere(machine: Machine) -> None:
    machine.install("maps", agents=("claude-code", "codex"))
    assert machine.skills() == ["maps"]
    before = machine.seen(machine.project)
    assert machine.install().changed == ()
    assert machine.sync(check=True).ok
    assert machine.seen(machine.project) == before
    machine.install("charts")
    machine.remove("maps")
    assert machine.prune().problems == ()
    assert machine.skills() == ["charts"]


def test_an_agents_own_directory_may_lie_anywhere(machine: Machine) -> None:
    own = machine.room / ODD
    machine.environment["CLAUDE_CONFIG_DIR"] = str(own)
    machine.install("maps", user=True, agents=("claude-code", "codex"))
    assert os.listdir(own / "skills") == ["maps"]
    machine.install("charts", user=True)
    machine.remove("maps", user=True)
    assert os.listdir(own / "skills") == ["charts"]


@pytest.mark.parametrize("place", ["project", "room"])
def test_a_registry_that_can_not_be_written_down_is_refused(machine: Machine, place: str) -> None:
    folder: Path = getattr(machine, place) / f"packs-{ODD}"
    folder_with(folder, pack("globes"))
    with pytest.raises(SkillctlError) as caught:
        machine.install("globes", registry=str(folder))
    assert (caught.value.code, caught.value.exit_status) == ("E006", 2)
    assert not (machine.project / "skillctl.json").exists()

"""A lock that a merge or a hand left in pieces is never brought onto the disk as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from skillctl.core.errors import SkillctlError
from tests.support.machine import Machine
from tests.support.packs import pack, publish_to


@pytest.fixture
def installed(machine: Machine) -> Machine:
    """A project that asks for `left`, which needs `base`."""
    machine.publish(pack("base"))
    machine.publish(pack("left", dependencies={"base": "^1"}))
    machine.install("left")
    return machine


def edit_lock(machine: Machine, change: Callable[[dict[str, Any]], object]) -> None:
    file = machine.project / "skillctl.lock"
    lock = json.loads(file.read_text(encoding="utf-8"))
    change(lock["packs"])
    file.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a dependency is gone": lambda packs: packs.pop("base"),
    "everything is gone": lambda packs: packs.clear(),
    "a version does not fit": lambda packs: packs["left"].update(version="2.0.0"),
    "a dependency does not fit": lambda packs: packs["base"].update(version="2.0.0"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_frozen_refuses_it_and_changes_nothing(installed: Machine, edit: str) -> None:
    edit_lock(installed, EDITS[edit])
    before = installed.seen()
    with pytest.raises(SkillctlError) as refused:
        installed.install(frozen=True)
    assert refused.value.code == "E408"
    assert installed.seen() == before


@pytest.mark.parametrize("edit", EDITS)
def test_sync_refuses_it_and_changes_nothing(installed: Machine, edit: str) -> None:
    edit_lock(installed, EDITS[edit])
    before = installed.seen()
    with pytest.raises(SkillctlError) as refused:
        installed.sync()
    assert refused.value.code == "E418"
    assert installed.seen() == before


@pytest.mark.parametrize("edit", ["a dependency is gone", "everything is gone"])
def test_install_makes_it_whole_again(installed: Machine, edit: str) -> None:
    edit_lock(installed, EDITS[edit])
    installed.install()
    assert installed.skills() == ["base", "left"]
    installed.install(frozen=True)


def test_force_puts_back_an_edit_that_kept_size_and_time(installed: Machine) -> None:
    file = installed.project / ".claude" / "skills" / "left" / "SKILL.md"
    status, text = file.stat(), file.read_bytes()
    file.write_bytes(text.swapcase())
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(SkillctlError) as refused:
        installed.install(frozen=True)
    assert refused.value.code == "E405"
    installed.sync(force=True)
    assert file.read_bytes() == text
    installed.install(frozen=True)


def test_all_skills_of_a_pack_can_be_taken_again(machine: Machine) -> None:
    machine.publish(pack("maps", skills=("draw", "read")))
    machine.install("maps", skills=("draw",))
    assert machine.skills() == ["draw"]
    machine.install("maps", skills=("*",))
    assert machine.skills() == ["draw", "read"]


def test_a_registry_in_the_same_repository_is_written_relative_to_the_project(machine: Machine) -> None:
    repository = machine.project
    (repository / ".git").mkdir()
    publish_to(repository / "packs", pack("maps"))
    machine.project = repository / "app"
    machine.project.mkdir()
    machine.install("maps", registry=str(repository / "packs"))
    file = json.loads((machine.project / "skillctl.json").read_text(encoding="utf-8"))
    assert [each["location"] for each in file["registries"]] == ["../packs"]
    machine.fresh_clone()
    machine.install()
    assert machine.skills() == ["maps"]

"""`cache`: what it holds, and that nobody's trees go who can still come back to them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError
from tests.support.machine import Machine
from tests.support.packs import pack


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With `maps` 1.1.0 installed after 1.0.0, and `charts` for the user."""
    machine.publish(pack("maps", "1.0.0"), pack("charts"), pack("loose"))
    machine.install("maps")
    machine.publish(pack("maps", "1.1.0"))
    machine.update()
    machine.install("charts", user=True)
    return machine


def _other_project(machine: Machine) -> None:
    machine.install("loose", cwd=_room(machine))


def _room(machine: Machine) -> Path:
    path = machine.home / "second"
    path.mkdir(exist_ok=True)
    return path


def test_an_empty_cache_is_told_as_such_and_not_made(machine: Machine) -> None:
    shutil.rmtree(machine.cache)
    now = machine.cache_now()
    assert (now.directory, now.size, now.trees) == (str(machine.cache), 0, 0)
    assert not machine.cache.exists()


def test_size_and_trees_are_told(machine: Machine) -> None:
    now = machine.cache_now()
    assert now.trees == 3
    assert now.size > 500


def test_every_generation_of_every_scope_keeps_its_trees(machine: Machine) -> None:
    _other_project(machine)
    assert machine.prune().removed == ()
    assert machine.cache_now().trees == 4


def test_what_no_scope_can_come_back_to_goes(machine: Machine) -> None:
    _other_project(machine)
    shutil.rmtree(_room(machine))
    done = machine.prune()
    assert len(done.removed) == 1
    assert done.freed > 0
    assert done.size == machine.cache_now().size
    assert machine.cache_now().trees == 3
    shutil.rmtree(machine.data)
    machine.fresh_clone()
    machine.install()
    assert machine.skills() == ["maps"]


def test_a_project_that_was_moved_away_loses_nothing_but_time(machine: Machine) -> None:
    machine.project = machine.project.rename(machine.home / "moved")
    machine.prune()
    machine.fresh_clone()
    machine.install()
    assert machine.skills() == ["maps"]


@pytest.mark.parametrize("verb", ["prune", "clean"])
def test_a_rehearsal_tells_and_writes_nothing(machine: Machine, verb: str) -> None:
    _other_project(machine)
    shutil.rmtree(_room(machine))
    before = machine.seen(machine.cache, machine.home, locks=True)
    told = (machine.prune if verb == "prune" else machine.clean)(dry_run=True)
    assert len(told.removed) == (1 if verb == "prune" else 4)
    assert told.freed > 0
    assert machine.seen(machine.cache, machine.home, locks=True) == before


def test_a_rehearsal_on_an_empty_cache_makes_nothing(machine: Machine) -> None:
    shutil.rmtree(machine.cache)
    machine.prune(dry_run=True)
    machine.clean(dry_run=True)
    assert not machine.cache.exists()


def test_a_cleaned_cache_is_empty_and_what_is_installed_stays(machine: Machine) -> None:
    done = machine.clean()
    assert len(done.removed) == 3
    now = machine.cache_now()
    assert (now.trees, now.size) == (0, 0)
    assert machine.skills() == ["maps"]
    assert machine.sync(check=True).ok
    machine.publish(pack("maps", "1.2.0"))
    machine.update()
    assert machine.versions == {"maps": "1.2.0"}


def test_a_state_that_can_not_be_understood_prunes_nothing(machine: Machine) -> None:
    generations = machine.project / ".skillctl" / "generations"
    next(generations.glob("*.json")).write_text("{", encoding="utf-8")
    with pytest.raises(InstallError) as caught:
        machine.prune()
    assert caught.value.code == "E461"
    assert machine.cache_now().trees == 3


def test_rubbish_of_killed_commands_goes(machine: Machine) -> None:
    rubbish = machine.cache / "store" / "new" / "abc"
    rubbish.mkdir(parents=True)
    (rubbish / "half").write_bytes(b"x")
    machine.prune()
    assert not rubbish.exists()


def test_pruning_twice_frees_nothing_more(machine: Machine) -> None:
    machine.prune()
    assert (machine.prune().removed, machine.prune().freed) == ((), 0)

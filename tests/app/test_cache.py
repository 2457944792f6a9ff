"""`cache`: what it holds, and that nobody's trees go who can still come back to them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

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


def _generation(machine: Machine, number: int) -> Path:
    return machine.project / ".skillctl" / "generations" / f"{number}.json"


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_state_that_can_not_be_understood_keeps_nobody_from_pruning(machine: Machine, dry_run: bool) -> None:
    _other_project(machine)
    shutil.rmtree(_room(machine))
    _generation(machine, 1).write_text("{", encoding="utf-8")
    done = machine.prune(dry_run=dry_run)
    assert len(done.removed) == 2  # `loose`, and maps 1.0.0, which that generation alone had
    assert [(each.code, each.evidence["path"]) for each in done.problems] == [
        ("W405", str(machine.project / ".skillctl"))
    ]
    assert machine.cache_now().trees == (4 if dry_run else 2)


def test_a_state_of_which_nothing_can_be_read_is_told_once(machine: Machine) -> None:
    for number in (1, 2):
        _generation(machine, number).unlink()
        _generation(machine, number).mkdir()
    done = machine.prune()
    assert [each.code for each in done.problems] == ["W405"]
    assert machine.cache_now().trees == 1


def test_a_state_that_is_no_directory_of_ours_any_more_is_told(machine: Machine) -> None:
    generations = machine.project / ".skillctl" / "generations"
    shutil.rmtree(generations)
    generations.symlink_to(generations)
    assert [each.code for each in machine.prune().problems] == ["W405"]


def test_a_lock_that_can_not_be_understood_keeps_what_it_names(machine: Machine) -> None:
    path = _generation(machine, 1)
    said = json.loads(path.read_bytes())
    path.write_text(json.dumps({**said, "lock": '{"format":"9.0"} ' + said["lock"], "targets": {}}), encoding="utf-8")
    done = machine.prune()
    assert (done.removed, done.problems) == ((), ())


def test_rubbish_of_killed_commands_goes(machine: Machine) -> None:
    rubbish = machine.cache / "store" / "new" / "abc"
    rubbish.mkdir(parents=True)
    (rubbish / "half").write_bytes(b"x")
    machine.prune()
    assert not rubbish.exists()


def test_pruning_twice_frees_nothing_more(machine: Machine) -> None:
    machine.prune()
    assert (machine.prune().removed, machine.prune().freed) == ((), 0)

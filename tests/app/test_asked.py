"""`install` tells once, of each pack that comes, what it does by itself or asks for."""

from __future__ import annotations

import json

import pytest

from tests.support.machine import Machine
from tests.support.packs import pack


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.publish(pack("loud", skills=("one", "two"), text="Now !`id`"), pack("quiet"))
    return machine


def test_a_pack_that_brings_a_command_is_told_when_it_comes_and_not_again(machine: Machine) -> None:
    (told,) = machine.install("loud", "quiet").asked
    assert (told.name, [(each.skill, each.what) for each in told.asks]) == ("loud", [("one", "id"), ("two", "id")])
    assert machine.install("loud").asked == ()
    assert machine.install().asked == ()


def test_only_skills_that_are_taken_count(machine: Machine) -> None:
    (told,) = machine.install("loud", skills=("two",)).asked
    assert [each.skill for each in told.asks] == ["two"]


def test_whoever_clones_a_project_is_told_as_well(machine: Machine) -> None:
    machine.install("loud")
    machine.fresh_clone()
    assert [each.name for each in machine.install().asked] == ["loud"]


def test_a_record_of_an_older_program_hides_nothing(machine: Machine) -> None:
    machine.install("loud")
    for record in (machine.cache / "store" / "records").iterdir():
        members = json.loads(record.read_bytes())
        members.pop("asks")
        record.write_text(json.dumps(members))
    machine.fresh_clone()
    assert [each.name for each in machine.install().asked] == ["loud"]

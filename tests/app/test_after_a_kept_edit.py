"""What a person did to a skill outlives the pack, and is told."""

from __future__ import annotations

from tests.support.machine import Machine
from tests.support.packs import pack


def test_what_was_kept_can_be_forced_away_later(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.install("maps")
    machine.skill("maps").write_text("mine\n", encoding="utf-8")
    machine.remove("maps")
    assert [each.code for each in machine.sync().problems] == ["W402"]
    machine.sync(force=True)
    assert machine.skills() == []
    assert machine.sync(check=True).ok


def test_what_was_kept_is_known_when_the_pack_comes_again(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.install("maps")
    machine.skill("maps").write_text("mine\n", encoding="utf-8")
    machine.remove("maps")
    assert [each.code for each in machine.install("maps").problems] == ["W401"]
    assert machine.skill("maps").read_text() == "mine\n"


def test_what_was_kept_and_then_deleted_by_hand_is_forgotten(machine: Machine) -> None:
    import shutil

    machine.publish(pack("maps"))
    machine.install("maps")
    machine.skill("maps").write_text("mine\n", encoding="utf-8")
    machine.remove("maps")
    shutil.rmtree(machine.skill("maps").parent)
    assert not machine.sync().problems
    assert machine.sync(check=True).ok


def test_what_was_added_to_a_skill_stays_is_told_and_comes_back_with_it(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.install("maps")
    notes = machine.skill("maps").parent / "notes.md"
    notes.write_text("mine", encoding="utf-8")
    told = machine.remove("maps").problems
    assert [(each.code, each.evidence["files"]) for each in told] == [("N402", [".claude/skills/maps/notes.md"])]
    assert notes.read_text(encoding="utf-8") == "mine"
    machine.install("maps")
    assert machine.skill("maps").is_file()
    assert notes.read_text(encoding="utf-8") == "mine"

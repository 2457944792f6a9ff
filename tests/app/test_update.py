"""`update`: newer releases, inside the ranges that the project writes."""

from __future__ import annotations

import pytest

from skillctl.core.errors import InstallError, SkillctlError
from tests.support.machine import Machine
from tests.support.packs import pack


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With `maps` and `charts` 1.0.0, which need `base` 1.0.0; of each there is a 1.1.0 and a 2.0.0 since."""
    machine.publish(pack("base"), pack("maps", "1.0.0", "base"), pack("charts", "1.0.0", "base"))
    machine.install("maps", "charts")
    for version in ("1.1.0", "2.0.0"):
        machine.publish(*(pack(name, version, "base") for name in ("maps", "charts")), pack("base", version))
    return machine


def test_everything_goes_to_the_highest_version_in_its_range(machine: Machine) -> None:
    text = (machine.project / "skillctl.json").read_bytes()
    done = machine.update()
    assert machine.versions == {"base": "2.0.0", "charts": "1.1.0", "maps": "1.1.0"}
    assert {(each.name, each.before, each.after) for each in done.changed} == {
        ("base", "1.0.0", "2.0.0"),
        ("charts", "1.0.0", "1.1.0"),
        ("maps", "1.0.0", "1.1.0"),
    }
    assert (machine.project / "skillctl.json").read_bytes() == text
    assert machine.skill("maps").read_text().endswith("maps 1.1.0\n")


def test_only_the_named_pack_moves(machine: Machine) -> None:
    machine.update("maps")
    assert machine.versions == {"base": "1.0.0", "charts": "1.0.0", "maps": "1.1.0"}


def test_a_dependency_can_be_named(machine: Machine) -> None:
    machine.update("base")
    assert machine.versions == {"base": "2.0.0", "charts": "1.0.0", "maps": "1.0.0"}


def test_a_named_pack_takes_along_what_it_needs_in_newer_versions(machine: Machine) -> None:
    machine.publish(pack("maps", "1.2.0", "base ^1.1"))
    machine.update("maps")
    assert machine.versions == {"base": "1.1.0", "charts": "1.0.0", "maps": "1.2.0"}


def test_what_nobody_needs_any_more_goes(machine: Machine) -> None:
    machine.publish(pack("maps", "1.2.0"), pack("charts", "1.2.0"))
    machine.update()
    assert machine.versions == {"charts": "1.2.0", "maps": "1.2.0"}
    assert machine.skills() == ["charts", "maps"]


def test_an_update_again_has_nothing_to_do_and_rewrites_no_file(machine: Machine) -> None:
    machine.update()
    before = machine.seen()
    done = machine.update()
    assert not done.changed
    assert not done.changes
    assert machine.seen() == before


def test_a_name_that_is_not_installed_is_refused(machine: Machine) -> None:
    with pytest.raises(InstallError) as caught:
        machine.update("map")
    assert (caught.value.code, caught.value.problems[0].evidence["near"]) == ("E416", ["maps"])


def test_a_rehearsal_tells_and_writes_nothing(machine: Machine) -> None:
    before = machine.seen(locks=True)
    told = machine.update(dry_run=True)
    assert {each.name for each in told.changed} == {"base", "charts", "maps"}
    assert machine.seen(locks=True) == before


def test_an_update_that_does_not_work_out_changes_nothing(machine: Machine) -> None:
    machine.publish(pack("maps", "1.9.0", "base", skills=["charts"]))
    before = machine.seen(machine.project)
    with pytest.raises(InstallError) as caught:
        machine.update("maps")
    assert caught.value.code == "E403"
    assert machine.seen(machine.project) == before


def test_a_skill_that_was_picked_and_is_no_longer_there_is_told(machine: Machine) -> None:
    machine.publish(pack("tools", skills=["cut", "glue"]))
    machine.install("tools", skills=("cut",))
    machine.publish(pack("tools", "1.1.0", skills=["glue"]))
    with pytest.raises(SkillctlError) as caught:
        machine.update("tools")
    assert caught.value.code == "E404"
    assert machine.versions["tools"] == "1.0.0"
    assert machine.skills() == ["base", "charts", "cut", "maps"]


def test_a_skill_that_moved_to_another_pack_changes_hands(machine: Machine) -> None:
    machine.publish(pack("first", skills=["draw"]), pack("second", skills=["other"]))
    machine.install("first", "second")
    machine.publish(pack("first", "1.1.0", skills=["plain"]), pack("second", "1.1.0", skills=["draw", "other"]))
    machine.update()
    assert machine.skill("draw").read_text().endswith("draw 1.1.0\n")
    assert {"draw", "other", "plain"} <= set(machine.skills())
    assert machine.sync(check=True).ok

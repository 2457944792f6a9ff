"""`list`: what is installed, and what could be."""

from __future__ import annotations

import pytest

from skillctl.app.search import SearchOutcome, search
from skillctl.core.errors import InstallError
from tests.support.machine import Machine
from tests.support.packs import folder_with, pack


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.publish(
        pack("base", "1.1.0"),
        pack("maps", "1.0.0", "base", skills=["draw", "read"], capabilities=["mapping", "Drawing"], keywords=["gis"]),
        pack("maps", "2.0.0-beta.1", "base", skills=["draw"]),
    )
    return machine


def test_the_installed_packs_are_told_with_reason_and_skills(machine: Machine) -> None:
    machine.install("maps", skills=("read",))
    told = machine.listed()
    assert [(each.name, each.version, each.direct, each.needed_by, each.skills) for each in told.packs] == [
        ("base", "1.1.0", False, ("maps",), ("base",)),
        ("maps", "1.0.0", True, (), ("read",)),
    ]
    assert told.directories == (".claude/skills",)


def test_listing_writes_nothing(machine: Machine) -> None:
    machine.install("maps")
    before = machine.seen(locks=True)
    machine.listed()
    machine.available()
    assert machine.seen(locks=True) == before


def test_a_project_that_has_nothing_yet_lists_nothing(machine: Machine) -> None:
    machine.init()
    assert machine.listed().packs == ()


def test_without_a_project_there_is_nothing_to_list(machine: Machine) -> None:
    with pytest.raises(InstallError) as caught:
        machine.listed()
    assert caught.value.code == "E402"


def test_the_users_packs_are_a_list_of_their_own(machine: Machine) -> None:
    assert machine.listed(user=True).packs == ()
    machine.install("base", user=True)
    assert [each.name for each in machine.listed(user=True).packs] == ["base"]


def test_everything_that_the_registries_have_is_told_with_its_capabilities(machine: Machine) -> None:
    found = {each.entry.name: each for each in machine.available().packs}
    assert {"arcgis", "base", "maps"} <= found.keys()
    assert str(found["maps"].entry.latest) == "1.0.0"
    assert found["maps"].entry.capabilities == ("mapping", "Drawing")
    assert found["maps"].registry == "local"
    assert found["arcgis"].registry == "builtin"


def test_a_capability_is_found_whatever_its_case(machine: Machine) -> None:
    assert [each.entry.name for each in machine.available(capability="drawing").packs] == ["maps"]
    assert machine.available(capability="draw").packs == ()


def searched(machine: Machine, *words: str) -> SearchOutcome:
    return search(machine.settings(), machine.project, words)


@pytest.mark.parametrize("text", ["maps", "MAP", "About maps", "gis", "mapping", "draw"])
def test_a_text_is_found_in_all_that_a_pack_says_of_itself(machine: Machine, text: str) -> None:
    assert "maps" in [each.entry.name for each in searched(machine, text).packs]


def test_a_name_is_told_once_from_the_registry_that_it_belongs_to(machine: Machine) -> None:
    machine.publish(pack("maps", "0.5.0"), to="first")
    machine.configure(registries=[{"name": "first", "location": str(machine.room / "first")}])
    told = [(str(each.entry.latest), each.registry) for each in searched(machine, "maps").packs]
    assert told == [("0.5.0", "first")]


def test_a_scope_that_is_bound_elsewhere_is_not_offered(machine: Machine) -> None:
    machine.publish(pack("@acme/tools"), to="acme")
    machine.publish(pack("@acme/fake"))
    entry = {"name": "acme", "location": str(machine.room / "acme"), "scopes": ["@acme"]}
    machine.configure(registries=[entry])
    assert [each.entry.name for each in searched(machine, "acme").packs] == ["@acme/tools"]


def test_a_registry_of_the_project_is_seen_in_the_project(machine: Machine) -> None:
    folder_with(machine.project / "packs", pack("own-pack"))
    machine.write_project(packs={}, registries=[{"name": "ours", "location": "packs"}])
    assert [each.registry for each in searched(machine, "own-pack").packs] == ["ours"]


def test_what_is_yanked_as_a_whole_is_not_offered(machine: Machine) -> None:
    machine.publish(pack("gone"))
    machine.yank("gone", "1.0.0")
    assert searched(machine, "gone").packs == ()


def test_what_is_deprecated_is_said_with_the_reason(machine: Machine) -> None:
    machine.publish(pack("old-maps", deprecated="use maps"))
    folder_with(machine.project / "packs", pack("older-maps", deprecated="use old-maps"))
    machine.write_project(packs={}, registries=[{"name": "ours", "location": "packs"}])
    told = {each.entry.name: each.to_json()["deprecated"] for each in searched(machine, "maps").packs}
    assert told == {"maps": None, "old-maps": "use maps", "older-maps": "use old-maps"}

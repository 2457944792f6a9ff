"""Where a name is looked for: the order of registries, pins, scopes, and what the lock binds."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillctl.core.errors import SkillctlError, UsageError
from tests.support.machine import Machine
from tests.support.packs import folder_with, pack


def test_an_unscoped_name_belongs_to_the_first_registry_that_has_it(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), to="first")
    machine.publish(pack("maps", "2.0.0"))
    _configure(machine, "first")
    machine.install("maps")
    assert machine.versions == {"maps": "1.0.0"}
    assert machine.lock["packs"]["maps"]["registry"] == "id-of-first"


def test_a_later_registry_is_not_asked_even_if_only_it_has_what_fits(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), to="first")
    machine.publish(pack("maps", "2.0.0"))
    _configure(machine, "first")
    with pytest.raises(SkillctlError) as caught:
        machine.install("maps@^2")
    assert caught.value.code == "E303"


def test_the_order_is_project_user_local_builtin(machine: Machine) -> None:
    for place in ("of-the-project", "of-the-user", ""):
        machine.publish(pack("maps", text=place or "local"), to=place)
    machine.publish(pack("charts", text="of-the-user"), to="of-the-user")
    machine.publish(pack("charts", text="local"), pack("skillctl", text="local"))
    _configure(machine, "of-the-user")
    machine.write_project(packs={}, registries=[{"name": "ours", "location": "../../of-the-project"}])
    machine.install("maps", "charts", "skillctl")
    assert "of-the-project" in machine.skill("maps").read_text()
    assert "of-the-user" in machine.skill("charts").read_text()
    assert "local" in machine.skill("skillctl").read_text()


def test_the_shipped_packs_are_there_without_any_registry(machine: Machine) -> None:
    machine.install("arcgis")
    assert machine.lock["packs"]["arcgis"]["registry"] == "builtin"
    assert "arcgis" in machine.skills()


def test_one_word_that_is_no_registry_is_a_misspelt_alias(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), to="first")
    _configure(machine, "first")
    machine.environment["SKILLCTL_REGISTRY"] = "frist"
    with pytest.raises(UsageError) as caught:
        machine.install("maps")
    assert caught.value.code == "E004"
    assert "first" in caught.value.problems[0].evidence["known"]  # type: ignore[operator]


def test_a_pin_is_recorded_and_kept(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), to="first")
    machine.publish(pack("maps", "2.0.0"))
    _configure(machine, "first")
    machine.install("maps", registry="local")
    assert machine.wanted["packs"] == {"maps": {"registry": "local", "version": "^2.0.0"}}
    assert machine.versions == {"maps": "2.0.0"}
    machine.publish(pack("maps", "2.1.0"))
    machine.update()
    assert machine.versions == {"maps": "2.1.0"}


def test_a_pin_to_another_registry_moves_a_pack_that_is_installed(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0", text="first"), to="first")
    machine.publish(pack("maps", "1.0.0", text="local"))
    _configure(machine, "first")
    machine.install("maps")
    machine.install("maps", registry="local")
    assert machine.lock["packs"]["maps"]["registry"] == "id-of-registry"
    assert "local" in machine.skill("maps").read_text()


@pytest.mark.parametrize("kind", ["registry", "folder"])
def test_a_directory_becomes_one_of_the_projects_registries(machine: Machine, kind: str) -> None:
    directory = machine.project / "packs"
    if kind == "folder":
        folder_with(directory, pack("maps", "1.3.0"))
    else:
        machine.publish(pack("maps", "1.3.0"), to=str(directory))
    machine.install("maps", registry="./packs")
    assert machine.wanted["registries"] == [{"name": "packs", "location": "packs"}]
    assert machine.wanted["packs"] == {"maps": {"registry": "packs", "version": "^1.3.0"}}
    machine.install("maps", registry="packs")
    machine.install("maps", registry=str(directory))
    assert len(machine.wanted["registries"]) == 1
    assert machine.versions == {"maps": "1.3.0"}


def test_a_relative_directory_counts_from_where_the_command_runs(machine: Machine) -> None:
    folder_with(machine.project / "src" / "packs", pack("maps"))
    machine.init()
    machine.install("maps", registry="./packs", cwd=machine.project / "src")
    assert machine.wanted["registries"] == [{"name": "packs", "location": "src/packs"}]


def test_a_second_directory_of_the_same_name_gets_another_alias(machine: Machine) -> None:
    folder_with(machine.project / "one" / "packs", pack("maps"))
    folder_with(machine.project / "two" / "packs", pack("charts"))
    machine.install("maps", registry="one/packs")
    machine.install("charts", registry="two/packs")
    assert machine.wanted["packs"]["charts"]["registry"] == "packs-2"
    assert set(machine.versions) == {"charts", "maps"}


def test_an_alias_that_nobody_knows_is_wrong_usage(machine: Machine) -> None:
    with pytest.raises(UsageError) as caught:
        machine.install("maps", registry="nowhere")
    assert caught.value.code == "E004"
    with pytest.raises(SkillctlError) as refused:
        machine.install("maps", registry="./nowhere")
    assert refused.value.code == "E232"


def test_a_pin_that_this_machine_does_not_know_is_told_with_those_it_knows(machine: Machine) -> None:
    machine.write_project(packs={"maps": {"registry": "acme", "version": "^1"}})
    with pytest.raises(SkillctlError) as caught:
        machine.install()
    assert caught.value.code == "E243"
    assert "local" in str(caught.value.problems[0].evidence["known"])


def test_a_scope_that_is_bound_is_asked_for_there_alone(machine: Machine) -> None:
    machine.publish(pack("@acme/tools", "1.0.0"), to="acme")
    machine.publish(pack("@acme/tools", "9.0.0"), pack("@acme/other", "9.0.0"), to="stranger")
    machine.configure(
        registries=[
            {"name": "stranger", "location": str(machine.room / "stranger")},
            {"name": "acme", "location": str(machine.room / "acme"), "scopes": ["@acme"]},
        ]
    )
    machine.install("@acme/tools")
    assert machine.versions == {"@acme/tools": "1.0.0"}
    with pytest.raises(SkillctlError) as caught:
        machine.install("@acme/other")
    assert caught.value.code == "E302"
    with pytest.raises(SkillctlError) as refused:
        machine.install("@acme/tools", registry="stranger")
    assert refused.value.code == "E244"


def test_a_scope_of_a_dependency_is_bound_too(machine: Machine) -> None:
    machine.publish(pack("@acme/base", "1.0.0"), to="acme")
    machine.publish(pack("@acme/base", "9.0.0"), pack("maps", "1.0.0", "@acme/base"))
    machine.configure(registries=[{"name": "acme", "location": str(machine.room / "acme"), "scopes": ["@acme"]}])
    machine.install("maps")
    assert machine.versions == {"@acme/base": "1.0.0", "maps": "1.0.0"}


def test_the_environment_may_name_the_one_registry(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), to="first")
    machine.publish(pack("maps", "2.0.0"))
    _configure(machine, "first")
    machine.environment["SKILLCTL_REGISTRY"] = "local"
    machine.install("maps")
    assert machine.versions == {"maps": "2.0.0"}
    assert machine.wanted["packs"] == {"maps": "^2.0.0"}


# --- the lock binds -----------------------------------------------------------------------------------------------


def test_what_the_command_line_names_outweighs_what_the_environment_does(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"))
    machine.publish(pack("maps", "2.0.0"), to="other")
    machine.environment["SKILLCTL_REGISTRY"] = "local"
    machine.install("maps", registry=str(machine.room / "other"))
    assert machine.versions == {"maps": "2.0.0"}


def test_a_registry_that_comes_first_later_does_not_take_over_what_is_locked(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0", text="ours"))
    machine.install("maps")
    machine.publish(pack("maps", "1.0.0", text="theirs"), pack("maps", "1.8.0", text="theirs"), to="first")
    machine.publish(pack("charts"), to="first")
    _configure(machine, "first")
    machine.install("charts")
    assert machine.lock["packs"]["maps"]["registry"] == "id-of-registry"
    assert "ours" in machine.skill("maps").read_text()
    machine.clean()
    machine.fresh_clone()
    machine.install()
    assert "ours" in machine.skill("maps").read_text()


def test_another_version_of_what_is_locked_comes_from_the_same_registry(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), pack("maps", "2.0.0", text="ours"))
    machine.install("maps@^1")
    machine.publish(pack("maps", "2.5.0", text="theirs"), to="first")
    _configure(machine, "first")
    machine.install("maps@^2")
    assert machine.versions == {"maps": "2.0.0"}
    assert "ours" in machine.skill("maps").read_text()


def test_another_version_is_not_taken_from_a_stranger_while_the_registry_is_away(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), to="ours")
    _configure(machine, "ours")
    machine.install("maps@^1")
    machine.publish(pack("maps", "2.0.0"))
    machine.configure(registries=[])
    with pytest.raises(SkillctlError) as caught:
        machine.install("maps@^2")
    assert caught.value.code == "E247"


def test_an_update_asks_in_the_order_that_holds_now(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"))
    machine.install("maps")
    machine.publish(pack("maps", "1.2.0"), to="first")
    _configure(machine, "first")
    machine.update("maps")
    assert machine.lock["packs"]["maps"]["registry"] == "id-of-first"


def test_a_broken_pack_in_a_folder_is_told_and_hides_no_other(machine: Machine) -> None:
    folder = folder_with(machine.room / "packs", pack("maps"), pack("charts"))
    (folder / "pack-1" / "skill.json").write_text("{", encoding="utf-8")
    machine.configure(registries=[{"name": "packs", "location": str(folder)}])
    done = machine.install("maps")
    assert done.ok
    assert [each.code for each in done.problems] == ["W223"]


def test_a_folder_of_packs_that_was_edited_under_the_same_version_is_told(machine: Machine) -> None:
    folder = folder_with(machine.room / "packs", pack("maps"), pack("charts"))
    machine.configure(registries=[{"name": "packs", "location": str(folder)}])
    machine.install("maps")
    skill = folder / "pack-0" / "skills" / "maps" / "SKILL.md"
    skill.write_text(skill.read_text() + "more\n", encoding="utf-8")
    with pytest.raises(SkillctlError) as caught:
        machine.install("charts")
    assert caught.value.code == "E246"
    machine.update("maps")
    assert machine.skill("maps").read_text().endswith("more\n")


def _configure(machine: Machine, *names: str) -> None:
    machine.configure(registries=[{"name": name, "location": str(Path(machine.room, name))} for name in names])


@pytest.mark.parametrize("alias", ["builtin", "local"])
def test_a_project_can_not_put_its_own_in_the_place_of_ours(machine: Machine, alias: str) -> None:
    machine.publish(pack("skillctl", "9.0.0"), to="home/project/reg")
    machine.write_project(packs={}, registries=[{"name": alias, "location": "./reg"}])
    with pytest.raises(SkillctlError) as caught:
        machine.install("skillctl", registry=alias)
    assert caught.value.code == "E146"
    assert machine.skills() == []

"""`install` without names: what the lock holds, to the letter or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from skillctl.core.errors import InstallError, SkillctlError, UsageError
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack


@pytest.fixture
def installed(machine: Machine) -> Machine:
    """With `maps` 1.0.0 and the `base` that it needs, from the default registry."""
    machine.publish(pack("base", "1.1.0"), pack("maps", "1.0.0", "base ^1"))
    machine.install("maps")
    return machine


def test_a_fresh_clone_gets_exactly_what_is_locked_and_its_files_stay_to_the_letter(installed: Machine) -> None:
    installed.publish(pack("base", "1.9.0"), pack("maps", "1.5.0", "base ^1"))
    installed.fresh_clone()
    committed = installed.seen(installed.project)
    done = installed.install()
    assert {(each.skill, each.action) for each in done.changes} == {("base", "add"), ("maps", "add")}
    assert not done.changed
    assert installed.skill("maps").read_text().endswith("maps 1.0.0\n")
    assert {path: installed.seen(installed.project)[path] for path in committed} == committed
    assert [each.name for each in done.commands] == ["base", "maps"]


def test_what_is_gone_from_the_store_is_fetched_again(installed: Machine) -> None:
    installed.clean()
    installed.fresh_clone()
    installed.install()
    assert installed.skills() == ["base", "maps"]


def test_a_deleted_skill_and_a_deleted_file_come_back(installed: Machine) -> None:
    shutil.rmtree(installed.skill("base").parent)
    installed.skill("maps").unlink()
    done = installed.install()
    assert {(each.skill, each.action) for each in done.changes} == {("base", "add"), ("maps", "repair")}
    assert installed.skill("maps").is_file()


def test_a_wish_that_a_person_wrote_is_met_and_the_rest_stays_locked(installed: Machine) -> None:
    installed.publish(pack("base", "1.9.0"), pack("charts", "2.0.0", "base ^1"))
    installed.write_project(format="1.0", packs={"maps": "^1.0.0", "charts": "*"})
    done = installed.install()
    assert installed.versions == {"base": "1.1.0", "charts": "2.0.0", "maps": "1.0.0"}
    assert [each.name for each in done.changed] == ["charts"]
    assert installed.wanted["packs"] == {"maps": "^1.0.0", "charts": "*"}


def test_a_wish_that_a_person_took_out_goes_with_what_only_it_needed(installed: Machine) -> None:
    installed.write_project(format="1.0", packs={})
    done = installed.install()
    assert installed.versions == {}
    assert installed.skills() == []
    assert {(each.name, each.after) for each in done.changed} == {("base", ""), ("maps", "")}


# --- --frozen -----------------------------------------------------------------------------------------------------


def test_frozen_installs_what_is_locked(installed: Machine) -> None:
    installed.fresh_clone()
    before = installed.seen(installed.project)
    installed.install(frozen=True)
    assert installed.skills() == ["base", "maps"]
    assert {path: installed.seen(installed.project)[path] for path in before} == before


def test_frozen_again_rewrites_nothing(installed: Machine) -> None:
    before = installed.seen(installed.project, installed.state, installed.cache)
    installed.install(frozen=True)
    assert installed.seen(installed.project, installed.state, installed.cache) == before


def test_frozen_needs_a_lock(installed: Machine) -> None:
    (installed.project / "skillctl.lock").unlink()
    _refuses(installed, "E408", frozen=True)


def test_frozen_refuses_a_lock_that_was_made_from_other_wishes(installed: Machine) -> None:
    installed.write_project(format="1.0", packs={"maps": "^1.0.0", "base": "^1"})
    _refuses(installed, "E408", frozen=True)


def test_frozen_refuses_a_file_with_other_content_even_of_the_same_size_and_time(installed: Machine) -> None:
    import os

    path = installed.skill("maps")
    status = path.stat()
    path.write_bytes(path.read_bytes().swapcase())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not installed.install().changes, "a glance sees no difference"
    _refuses(installed, "E405", frozen=True)


def test_frozen_takes_no_names(installed: Machine) -> None:
    with pytest.raises(UsageError) as caught:
        installed.install("maps", frozen=True)
    assert caught.value.exit_status == 2


# --- without registries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"frozen": True}])
def test_what_is_in_the_store_needs_no_registry(installed: Machine, options: dict[str, Any]) -> None:
    shutil.rmtree(installed.data)
    installed.fresh_clone()
    installed.install(**options)
    assert installed.skills() == ["base", "maps"]


def test_offline_uses_the_store(installed: Machine, skillctl: Callable[..., Ran]) -> None:
    shutil.rmtree(installed.data)
    installed.fresh_clone()
    ran = skillctl("install", "--offline", "--json")
    assert (ran.status, ran.codes) == (0, [])
    assert installed.skills() == ["base", "maps"]


def test_another_pack_can_be_added_while_the_registry_of_the_rest_is_away(machine: Machine) -> None:
    machine.publish(pack("maps"), to="away")
    machine.publish(pack("charts"))
    machine.configure(registries=[{"name": "away", "location": str(machine.room / "away")}])
    machine.install("maps")
    machine.configure(registries=[])
    machine.install("charts")
    assert machine.versions == {"charts": "1.0.0", "maps": "1.0.0"}
    assert machine.lock["packs"]["maps"]["registry"] == "id-of-away"


# --- what is no longer to be had ----------------------------------------------------------------------------------


def test_a_release_that_its_registry_lost_is_an_error_that_says_what_to_do(installed: Machine) -> None:
    _lose(installed, "maps")
    installed.publish(pack("maps", "1.0.1", "base ^1"))
    installed.clean()
    installed.fresh_clone()
    evidence = _refuses(installed, "E245")
    assert (evidence["name"], evidence["version"], evidence["registry"]) == ("maps", "1.0.0", "local")
    installed.update("maps")
    assert installed.versions["maps"] == "1.0.1"


def test_another_tree_under_the_locked_version_is_an_error(installed: Machine) -> None:
    _lose(installed, "maps")
    installed.publish(pack("maps", "1.0.0", "base ^1", text="something else"))
    installed.clean()
    installed.fresh_clone()
    _refuses(installed, "E246")
    installed.update("maps")
    assert "something else" in installed.skill("maps").read_text()


def test_a_registry_that_is_not_at_hand_is_an_error_with_its_id(machine: Machine) -> None:
    machine.publish(pack("maps"), to="away")
    machine.configure(registries=[{"name": "away", "location": str(machine.room / "away")}])
    machine.install("maps")
    machine.configure(registries=[])
    machine.clean()
    machine.fresh_clone()
    assert _refuses(machine, "E247")["id"] == "id-of-away"


def test_it_is_the_same_error_where_something_else_is_asked_for_as_well(machine: Machine) -> None:
    machine.publish(pack("maps"), to="away")
    machine.publish(pack("charts"))
    machine.configure(registries=[{"name": "away", "location": str(machine.room / "away")}])
    machine.install("maps")
    machine.configure(registries=[])
    machine.clean()
    with pytest.raises(SkillctlError) as caught:
        machine.install("charts")
    assert caught.value.code == "E247"


def test_everything_that_is_gone_is_told_at_once(installed: Machine) -> None:
    _lose(installed, "maps")
    _lose(installed, "base")
    installed.publish(pack("maps", "1.0.1", "base ^1"), pack("base", "1.2.0"), pack("charts"))
    installed.clean()
    with pytest.raises(SkillctlError) as caught:
        installed.install("charts")
    assert [(each.code, each.evidence["name"]) for each in caught.value.problems] == [
        ("E245", "base"),
        ("E245", "maps"),
    ]


def test_any_registry_with_the_same_files_may_serve_it(machine: Machine) -> None:
    machine.publish(pack("maps"), to="first")
    machine.publish(pack("maps"), to="mirror")
    machine.configure(registries=[{"name": "first", "location": str(machine.room / "first")}])
    machine.install("maps")
    text = (machine.project / "skillctl.lock").read_bytes()
    machine.configure(registries=[{"name": "mirror", "location": str(machine.room / "mirror")}])
    machine.clean()
    machine.fresh_clone()
    machine.install()
    assert machine.skills() == ["maps"]
    assert (machine.project / "skillctl.lock").read_bytes() == text


def test_a_damaged_lock_is_refused_and_left(installed: Machine) -> None:
    path = installed.project / "skillctl.lock"
    path.write_text("<<<<<<< ours\n", encoding="utf-8")
    with pytest.raises(SkillctlError):
        installed.install()
    assert path.read_text() == "<<<<<<< ours\n"


def test_a_lock_of_a_newer_format_is_refused_and_left(installed: Machine) -> None:
    path = installed.project / "skillctl.lock"
    path.write_text(json.dumps({**installed.lock, "format": "2.0"}), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(SkillctlError) as caught:
        installed.install()
    assert caught.value.code == "E148"
    assert path.read_bytes() == before


def test_the_lock_names_no_path_and_no_alias_of_this_machine(machine: Machine) -> None:
    machine.publish(pack("maps"), to="far")
    machine.configure(registries=[{"name": "acme", "location": str(machine.room / "far")}])
    machine.install("maps")
    text = (machine.project / "skillctl.lock").read_text()
    assert str(machine.room) not in text
    assert "acme" not in text
    assert machine.lock["packs"]["maps"]["registry"] == "id-of-far"


# --- yanked -------------------------------------------------------------------------------------------------------


def test_a_yanked_release_is_not_chosen_anew(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), pack("maps", "1.1.0"))
    machine.yank("maps", "1.1.0")
    machine.install("maps")
    assert machine.versions == {"maps": "1.0.0"}
    machine.yank("maps", "1.1.0", None)
    machine.update()
    assert machine.versions == {"maps": "1.1.0"}


def test_only_yanked_releases_are_as_good_as_none_and_it_is_told_why(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"))
    machine.yank("maps", "1.0.0", "leaks")
    with pytest.raises(SkillctlError) as caught:
        machine.install("maps")
    assert caught.value.code == "E303"
    assert "yanked" in str(caught.value.problems[0].evidence["there"])


@pytest.mark.parametrize("emptied", [False, True], ids=["in-the-store", "not-in-the-store"])
def test_a_yanked_release_is_installed_from_the_lock_with_a_warning(installed: Machine, emptied: bool) -> None:
    installed.yank("base", "1.1.0", "draws nonsense")
    if emptied:
        installed.clean()
    installed.fresh_clone()
    done = installed.install()
    assert installed.versions["base"] == "1.1.0"
    assert installed.skills() == ["base", "maps"]
    assert [(each.code, each.evidence["name"], each.evidence["reason"]) for each in done.problems] == [
        ("W301", "base", "draws nonsense")
    ]
    assert done.ok


def test_a_yanked_release_stays_where_something_else_is_added(installed: Machine) -> None:
    installed.publish(pack("base", "1.2.0"), pack("charts", "1.0.0", "base ^1"))
    installed.yank("base", "1.1.0")
    done = installed.install("charts")
    assert installed.versions["base"] == "1.1.0"
    assert [each.code for each in done.problems] == ["W301"]


def test_an_update_leaves_a_yanked_release(installed: Machine) -> None:
    installed.publish(pack("base", "1.0.0"))
    installed.yank("base", "1.1.0")
    installed.update()
    assert installed.versions["base"] == "1.0.0"


def _refuses(machine: Machine, code: str, **options: Any) -> Any:
    """The evidence of the refusal; the project is as it was."""
    before = machine.seen(machine.project)
    with pytest.raises(SkillctlError) as caught:
        machine.install(**options)
    assert (caught.value.code, caught.value.exit_status) == (code, 1)
    after = machine.seen(machine.project)
    after.pop(str(machine.project / ".skillctl"), None)
    before.pop(str(machine.project / ".skillctl"), None)
    assert after == before
    return caught.value.problems[0].evidence


def _lose(machine: Machine, name: str) -> None:
    """The default registry no longer knows anything of the pack."""
    (machine.registry / "index" / name[:2] / name).unlink()


def test_the_errors_are_install_errors_where_the_project_is_at_fault(installed: Machine) -> None:
    (installed.project / "skillctl.lock").unlink()
    with pytest.raises(InstallError):
        installed.install(frozen=True)

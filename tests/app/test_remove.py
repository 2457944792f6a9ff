"""`remove`: what goes, what stays, and why."""

from __future__ import annotations

import shutil

import pytest

from skillctl.core.errors import InstallError
from tests.support.machine import Machine
from tests.support.packs import pack


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With `top` that needs `middle` that needs `base`, and `other` that needs `base`."""
    machine.publish(
        pack("base"), pack("middle", "1.0.0", "base"), pack("top", "1.0.0", "middle"), pack("other", "1.0.0", "base")
    )
    machine.install("top", "other")
    return machine


def test_it_goes_with_the_dependencies_that_nobody_else_needs(machine: Machine) -> None:
    done = machine.remove("top")
    assert machine.wanted["packs"] == {"other": "^1.0.0"}
    assert set(machine.versions) == {"base", "other"}
    assert machine.skills() == ["base", "other"]
    assert [(each.name, each.before, each.after) for each in done.changed] == [
        ("middle", "1.0.0", ""),
        ("top", "1.0.0", ""),
    ]
    assert machine.sync(check=True).ok


def test_several_go_at_once_and_leave_nothing(machine: Machine) -> None:
    machine.remove("top", "other")
    assert machine.versions == {}
    assert not (machine.project / ".claude" / "skills").exists()
    assert machine.sync(check=True).ok


def test_it_needs_no_registry_and_no_store_for_what_stays_is_known(machine: Machine) -> None:
    shutil.rmtree(machine.data)
    machine.remove("top")
    assert machine.skills() == ["base", "other"]


def test_what_others_still_need_stays_and_it_is_told_why(machine: Machine) -> None:
    machine.install("base")
    done = machine.remove("base")
    assert [(each.code, each.evidence["by"]) for each in done.problems] == [("N401", ["middle", "other"])]
    assert done.ok
    assert "base" not in machine.wanted["packs"]
    assert "base" in machine.versions
    assert machine.skills() == ["base", "middle", "other", "top"]


def test_what_stays_for_others_is_whole_again_though_only_some_of_it_was_picked(machine: Machine) -> None:
    machine.publish(pack("kit", skills=["cut", "glue"]), pack("craft", "1.0.0", "kit"))
    machine.install("craft")
    machine.install("kit", skills=("cut",))
    assert "glue" not in machine.skills()
    machine.remove("kit")
    assert {"cut", "glue"} <= set(machine.skills())
    assert not machine.install("craft").changes


def test_a_dependency_alone_can_not_be_removed(machine: Machine) -> None:
    before = machine.seen(machine.project)
    with pytest.raises(InstallError) as caught:
        machine.remove("base")
    assert (caught.value.code, caught.value.problems[0].evidence["by"]) == ("E415", ["middle", "other"])
    assert machine.seen(machine.project) == before


def test_a_name_that_is_not_installed_is_told_with_those_near_it(machine: Machine) -> None:
    with pytest.raises(InstallError) as caught:
        machine.remove("toop")
    assert (caught.value.code, caught.value.problems[0].evidence["near"]) == ("E416", ["top"])
    with pytest.raises(InstallError) as refused:
        machine.remove("top", "something-else")
    assert refused.value.code == "E407"
    assert "top" in machine.versions


def test_an_edited_skill_is_kept_and_told(machine: Machine) -> None:
    machine.skill("top").write_text("mine\n", encoding="utf-8")
    done = machine.remove("top")
    assert [(each.code, each.evidence["pack"]) for each in done.problems] == [("W402", "top")]
    assert machine.skill("top").read_text() == "mine\n"
    assert machine.skills() == ["base", "other", "top"]
    assert set(machine.versions) == {"base", "other"}


def test_force_removes_it_after_a_backup(machine: Machine) -> None:
    machine.skill("top").write_text("mine\n", encoding="utf-8")
    machine.remove("top", force=True)
    assert machine.skills() == ["base", "other"]
    backups = list((machine.project / ".skillctl" / "backups").rglob("SKILL.md"))
    assert [path.read_text() for path in backups] == ["mine\n"]


def test_notes_that_an_agent_put_beside_stay_when_the_skill_goes(machine: Machine) -> None:
    notes = machine.skill("top").parent / "notes.md"
    notes.write_text("learnt\n", encoding="utf-8")
    machine.remove("top")
    assert notes.read_text() == "learnt\n"
    assert not machine.skill("top").exists()


def test_what_machines_leave_behind_goes_with_the_skill(machine: Machine) -> None:
    cache = machine.skill("top").parent / "__pycache__"
    cache.mkdir()
    (cache / "run.cpython-311.pyc").write_bytes(b"x")
    machine.remove("top")
    assert machine.skills() == ["base", "other"]


def test_a_rehearsal_removes_nothing(machine: Machine) -> None:
    before = machine.seen(locks=True)
    told = machine.remove("top", dry_run=True)
    assert {(each.skill, each.action) for each in told.changes} == {("middle", "remove"), ("top", "remove")}
    assert machine.seen(locks=True) == before


def test_a_wish_that_was_never_resolved_is_not_forgotten(machine: Machine) -> None:
    machine.publish(pack("charts"))
    machine.write_project(format="1.0", packs={"top": "^1.0.0", "other": "^1.0.0", "charts": "*"})
    machine.remove("top")
    assert set(machine.versions) == {"base", "charts", "other"}
    assert machine.wanted["packs"] == {"charts": "*", "other": "^1.0.0"}
    assert machine.skills() == ["base", "charts", "other"]


def test_a_wish_that_was_never_resolved_can_be_removed_again(machine: Machine) -> None:
    machine.write_project(format="1.0", packs={"top": "^1.0.0", "other": "^1.0.0", "nowhere": "*"})
    machine.remove("nowhere")
    assert set(machine.versions) == {"base", "middle", "other", "top"}
    assert machine.sync(check=True).ok


def test_without_a_lock_the_other_packs_stay(machine: Machine) -> None:
    (machine.project / "skillctl.lock").unlink()
    machine.remove("top")
    assert set(machine.versions) == {"base", "other"}
    assert machine.skills() == ["base", "other"]


def test_install_and_remove_leave_the_project_as_it_was(machine: Machine) -> None:
    machine.publish(pack("charts", "1.0.0", "base"))
    before = _files(machine)
    machine.install("charts")
    machine.remove("charts")
    assert _files(machine) == before


def test_a_pack_that_goes_and_comes_again_is_whole(machine: Machine) -> None:
    machine.remove("top")
    machine.install("top")
    assert machine.skills() == ["base", "middle", "other", "top"]
    assert machine.sync(check=True).ok


def test_it_also_works_through_the_links_of_several_agents(machine: Machine) -> None:
    machine.install(agents=("codex", "claude-code"))
    machine.remove("top")
    assert machine.skills() == ["base", "other"]
    assert machine.skills(".agents/skills") == ["base", "other"]


def _files(machine: Machine) -> dict[str, object]:
    """What is in the project, apart from the state; no times, since files may be written and taken back."""
    state = str(machine.project / ".skillctl")
    return {path: what[:2] for path, what in machine.seen(machine.project).items() if not path.startswith(state)}

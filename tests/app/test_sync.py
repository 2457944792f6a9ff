"""`sync`: the directories of skills become what the lock says, and nobody else's work is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import InstallError
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack

BOTH = ("codex", "claude-code")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With `maps` (two skills, each with a context file) and `charts` installed for Claude Code."""
    machine.publish(
        pack("maps", skills=["draw", "read"], files={"CONTEXT.md": "# maps\n"}, context_files=["CONTEXT.md"]),
        pack("charts"),
    )
    machine.install("maps", "charts", agents=("claude-code",))
    return machine


def _delete_skill(machine: Machine) -> None:
    shutil.rmtree(machine.skill("draw").parent)


def _delete_file(machine: Machine) -> None:
    (machine.skill("draw").parent / "CONTEXT.md").unlink()


def _edit_file(machine: Machine) -> None:
    machine.skill("draw").write_text("mine\n", encoding="utf-8")


def _empty_directory(machine: Machine) -> None:
    shutil.rmtree(machine.project / ".claude")


def _other_agents(machine: Machine) -> None:
    machine.write_project(**{**machine.wanted, "agents": list(BOTH)})


def _plain_copies(machine: Machine) -> None:
    machine.install(agents=BOTH)
    machine.write_project(**{**machine.wanted, "vendor": True})


def _other_lock(machine: Machine) -> None:
    """As after a pull: somebody else removed a pack and updated another."""
    other = Machine(machine.room / "colleague")
    other.environment["SKILLCTL_DATA_DIR"] = str(machine.data)
    for name in ("skillctl.json", "skillctl.lock"):
        shutil.copy(machine.project / name, other.project / name)
    machine.publish(pack("maps", "1.1.0", skills=["draw", "print"]))
    other.update()
    other.remove("charts")
    for name in ("skillctl.json", "skillctl.lock"):
        shutil.copy(other.project / name, machine.project / name)


def _newer_wish(machine: Machine) -> None:
    machine.write_project(**{**machine.wanted, "packs": {"maps": "^1.0.0", "charts": "*"}})


DRIFTS: list[Callable[[Machine], None]] = [
    _delete_skill,
    _delete_file,
    _edit_file,
    _empty_directory,
    _other_agents,
    _plain_copies,
    _other_lock,
    _newer_wish,
]


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_check_finds_every_drift_and_writes_nothing_at_all(
    machine: Machine, skillctl: Callable[..., Ran], drift: Callable[[Machine], None]
) -> None:
    assert skillctl("sync", "--check").status == 0
    drift(machine)
    before = machine.seen(machine.project, machine.home, machine.cache, machine.state, machine.data, locks=True)
    ran = skillctl("sync", "--check", "--json")
    assert ran.status == 1
    assert any(each["severity"] == "error" for each in ran.envelope["problems"])
    after = machine.seen(machine.project, machine.home, machine.cache, machine.state, machine.data, locks=True)
    assert after == before


@pytest.mark.parametrize("drift", [each for each in DRIFTS if each not in (_edit_file, _newer_wish)])
def test_sync_mends_it_so_that_the_next_check_is_content(machine: Machine, drift: Callable[[Machine], None]) -> None:
    drift(machine)
    assert machine.sync().ok
    checked = machine.sync(check=True)
    assert checked.ok
    assert not checked.problems


def test_a_check_on_a_machine_without_the_trees_fetches_nothing(machine: Machine) -> None:
    machine.clean()
    machine.fresh_clone()
    before = machine.seen(locks=True)
    assert not machine.sync(check=True).ok
    assert machine.seen(locks=True) == before


def test_it_says_what_it_did_by_skill(machine: Machine) -> None:
    _delete_skill(machine)
    (machine.skill("read").parent / "CONTEXT.md").unlink()
    done = machine.sync()
    assert {(each.skill, each.pack, each.action) for each in done.changes} == {
        ("draw", "maps", "add"),
        ("read", "maps", "repair"),
    }


def test_what_a_colleague_updated_and_removed_is_updated_and_removed(machine: Machine) -> None:
    _other_lock(machine)
    done = machine.sync()
    assert {(each.skill, each.action) for each in done.changes} == {
        ("charts", "remove"),
        ("draw", "update"),
        ("print", "add"),
        ("read", "remove"),
    }
    assert machine.skills() == ["draw", "print"]


def test_nothing_to_do_rewrites_no_file(machine: Machine) -> None:
    before = machine.seen()
    done = machine.sync()
    assert not done.changes
    assert machine.seen() == before


def test_newer_wishes_are_told_and_not_met(machine: Machine) -> None:
    _newer_wish(machine)
    text = (machine.project / "skillctl.lock").read_bytes()
    done = machine.sync()
    assert [each.code for each in done.problems] == ["W404"]
    assert done.ok
    assert (machine.project / "skillctl.lock").read_bytes() == text


def test_without_a_lock_there_is_nothing_to_be_equal_to(machine: Machine) -> None:
    (machine.project / "skillctl.lock").unlink()
    with pytest.raises(InstallError) as caught:
        machine.sync()
    assert caught.value.code == "E413"


def test_without_a_project_there_is_nothing_to_sync(machine: Machine) -> None:
    machine.project = machine.home / "elsewhere"
    machine.project.mkdir()
    with pytest.raises(InstallError) as caught:
        machine.sync()
    assert caught.value.code == "E402"


# --- what a person edited -----------------------------------------------------------------------------------------


def test_an_edited_file_is_kept_and_told_and_the_rest_is_mended(machine: Machine) -> None:
    _edit_file(machine)
    shutil.rmtree(machine.skill("read").parent)
    done = machine.sync()
    assert done.ok
    assert [(each.code, each.evidence["files"]) for each in done.problems] == [
        ("W401", [".claude/skills/draw/SKILL.md"])
    ]
    assert machine.skill("draw").read_text() == "mine\n"
    assert machine.skill("read").is_file()


def test_an_edited_skill_is_kept_though_the_lock_has_a_newer_one(machine: Machine) -> None:
    _edit_file(machine)
    machine.publish(pack("maps", "1.1.0", skills=["draw", "read"]))
    done = machine.update()
    assert machine.versions["maps"] == "1.1.0"
    assert machine.skill("draw").read_text() == "mine\n"
    assert machine.skill("read").read_text().endswith("read 1.1.0\n")
    assert [each.code for each in done.problems] == ["W401"]


def test_force_puts_back_what_is_locked_after_a_backup(machine: Machine) -> None:
    _edit_file(machine)
    machine.sync(force=True)
    assert machine.skill("draw").read_text().endswith("draw 1.0.0\n")
    assert _backups(machine) == {"draw/SKILL.md": "mine\n"}
    assert machine.sync(check=True).ok


def test_a_dry_force_backs_nothing_up(machine: Machine) -> None:
    _edit_file(machine)
    before = machine.seen(locks=True)
    assert {each.action for each in machine.sync(force=True, dry_run=True).changes} == {"repair"}
    assert machine.seen(locks=True) == before


def test_a_file_that_was_saved_again_unchanged_is_no_edit(machine: Machine) -> None:
    path = machine.skill("draw")
    path.write_bytes(path.read_bytes())
    os.utime(path, (1, 1))
    done = machine.sync()
    assert not done.problems
    assert not done.changes
    assert machine.sync(check=True).ok


def test_files_that_an_agent_put_beside_stay_through_an_update(machine: Machine) -> None:
    notes = machine.skill("draw").parent / "notes.md"
    notes.write_text("learnt\n", encoding="utf-8")
    assert machine.sync(check=True).ok
    machine.publish(pack("maps", "1.1.0", skills=["draw", "read"]))
    machine.update()
    assert notes.read_text() == "learnt\n"
    assert machine.skill("draw").read_text().endswith("draw 1.1.0\n")


# --- what is not ours ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("kind", ["directory", "file", "link"])
def test_a_skill_of_somebody_else_in_the_way_is_an_error_and_nothing_changes(
    machine: Machine, kind: str, force: bool
) -> None:
    machine.publish(pack("more", skills=["by-hand", "other"]))
    path = machine.project / ".claude" / "skills" / "by-hand"
    if kind == "directory":
        path.mkdir()
        (path / "SKILL.md").write_text("mine\n", encoding="utf-8")
    elif kind == "file":
        path.write_text("mine\n", encoding="utf-8")
    else:
        path.symlink_to(machine.home)
    before = machine.seen(machine.project)
    with pytest.raises(InstallError) as caught:
        machine.install("more", force=force)
    assert caught.value.code == "E401"
    assert caught.value.problems[0].evidence["skill"] == "by-hand"
    assert machine.seen(machine.project) == before


def test_skills_of_somebody_else_are_never_touched(machine: Machine) -> None:
    own = machine.project / ".claude" / "skills" / "by-hand" / "SKILL.md"
    own.parent.mkdir()
    own.write_text("mine\n", encoding="utf-8")
    before = machine.seen(own.parent)
    _delete_skill(machine)
    machine.sync(force=True)
    assert machine.sync(check=True).ok
    machine.remove("maps", "charts", force=True)
    assert machine.seen(own.parent) == before
    assert machine.skills() == ["by-hand"]


def test_a_directory_that_somebody_put_in_the_place_of_a_link_is_not_ours(machine: Machine) -> None:
    machine.install(agents=BOTH)
    link = machine.project / ".claude" / "skills" / "draw"
    link.unlink()
    link.mkdir()
    (link / "SKILL.md").write_text("mine\n", encoding="utf-8")
    with pytest.raises(InstallError) as caught:
        machine.sync()
    assert caught.value.code == "E401"
    assert (link / "SKILL.md").read_text() == "mine\n"


# --- what is equal already ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("agents", [("claude-code",), BOTH])
def test_after_the_state_was_deleted_what_equals_the_lock_is_taken_over(
    machine: Machine, agents: tuple[str, ...]
) -> None:
    machine.install(agents=agents)
    shutil.rmtree(machine.project / ".skillctl")
    before = machine.seen(machine.project)
    assert machine.sync(check=True).ok
    done = machine.sync()
    assert not done.changes
    after = machine.seen(machine.project)
    assert {path: after[path] for path in before} == before
    machine.remove("maps")
    assert machine.skills() == ["charts"]


def test_after_the_state_was_deleted_what_differs_is_somebody_elses(machine: Machine) -> None:
    shutil.rmtree(machine.project / ".skillctl")
    _edit_file(machine)
    with pytest.raises(InstallError) as caught:
        machine.sync()
    assert caught.value.code == "E401"
    assert machine.skill("draw").read_text() == "mine\n"


def test_a_fresh_clone_with_its_vendored_skills_is_content(machine: Machine) -> None:
    machine.install(agents=BOTH, vendor=True)
    machine.fresh_clone(".claude", ".agents", ".gitignore")
    before = machine.seen(machine.project)
    assert machine.sync(check=True).ok
    assert machine.seen(machine.project) == before
    machine.install(frozen=True)
    after = machine.seen(machine.project)
    assert {path: after[path] for path in before} == before


# --- .gitignore and vendoring -------------------------------------------------------------------------------------


def test_git_is_told_to_ignore_what_can_be_installed_again(machine: Machine) -> None:
    machine.install(agents=BOTH)
    assert _ignored(machine) == [
        "/.agents/skills/charts",
        "/.agents/skills/draw",
        "/.agents/skills/read",
        "/.claude/skills/charts",
        "/.claude/skills/draw",
        "/.claude/skills/read",
        "/.skillctl/",
    ]


def test_the_lines_around_the_block_are_the_persons(machine: Machine) -> None:
    path = machine.project / ".gitignore"
    path.write_bytes(b"node_modules\r\n" + path.read_bytes().replace(b"\n", b"\r\n") + b"dist\r\n")
    machine.remove("charts")
    text = path.read_bytes()
    assert text.startswith(b"node_modules\r\n")
    assert text.endswith(b"dist\r\n")
    assert b"charts" not in text
    assert _ignored(machine) == ["/.claude/skills/draw", "/.claude/skills/read", "/.skillctl/"]


def test_vendored_skills_are_plain_copies_for_each_agent_that_git_sees(machine: Machine) -> None:
    machine.install("maps", agents=BOTH, vendor=True)
    assert machine.wanted["vendor"] is True
    for directory in (".agents/skills", ".claude/skills"):
        assert machine.skills(directory) == ["charts", "draw", "read"]
        assert not any(each.is_symlink() for each in (machine.project / directory).iterdir())
    assert _ignored(machine) == ["/.skillctl/"]


def test_vendoring_is_remembered(machine: Machine) -> None:
    machine.install(agents=BOTH, vendor=True)
    machine.publish(pack("maps", "1.1.0", skills=["draw", "read"]), pack("more"))
    machine.update()
    machine.install("more")
    assert not any(each.is_symlink() for each in (machine.project / ".claude" / "skills").iterdir())
    assert _ignored(machine) == ["/.skillctl/"]
    assert machine.skill("draw").read_bytes() == machine.skill("draw", ".agents/skills").read_bytes()


def test_vendoring_can_be_given_up(machine: Machine) -> None:
    machine.install(agents=BOTH, vendor=True)
    machine.write_project(**{key: value for key, value in machine.wanted.items() if key != "vendor"})
    machine.sync()
    assert machine.skill("draw").parent.is_symlink()
    assert len(_ignored(machine)) == 7


# --- the way files are brought ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "copy"])
def test_an_edit_in_a_project_does_not_reach_the_store(machine: Machine, mode: Any) -> None:
    machine.remove("maps")
    machine.install("maps", link_mode=mode)
    with machine.skill("draw").open("a", encoding="utf-8") as file:
        file.write("mine\n")
    machine.sync(force=True)
    assert machine.skill("draw").read_text().endswith("draw 1.0.0\n")


def test_hard_links_are_for_those_who_ask(machine: Machine) -> None:
    assert machine.skill("draw").stat().st_nlink == 1
    machine.remove("maps")
    machine.install("maps", link_mode="hardlink")
    assert machine.skill("draw").stat().st_nlink > 1
    assert machine.sync(check=True).ok


def test_a_file_that_begins_with_an_interpreter_can_be_run(machine: Machine) -> None:
    files = {"skills/tool/run.sh": "#!/bin/sh\n", "skills/tool/data.txt": "1\n"}
    machine.publish(pack("tool", files=files))
    machine.install("tool")
    assert os.access(machine.skill("tool").parent / "run.sh", os.X_OK)
    assert not os.access(machine.skill("tool").parent / "data.txt", os.X_OK)


def _ignored(machine: Machine) -> list[str]:
    lines = (machine.project / ".gitignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("/")]


def _backups(machine: Machine) -> dict[str, str]:
    root = machine.project / ".skillctl" / "backups"
    return {
        "/".join(path.parts[-2:]): path.read_text()
        for path in root.rglob("SKILL.md")
        if path.is_file() and Path(path).read_text() == "mine\n"
    }

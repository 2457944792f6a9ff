"""Installing where people and machines did something in between: moved, linked, deleted, edited, shared."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from skillctl.core.errors import InstallError, SkillctlError
from skillctl.install import apply
from skillctl.install.state import write_generation
from tests.support.machine import Machine
from tests.support.packs import pack

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs links")
CLAUDE = ("claude-code",)
BOTH = ("codex", "claude-code")
"""A copy in .agents/skills, a link in .claude/skills."""


def installed(machine: Machine, version: str = "1.0.0", agents: tuple[str, ...] = CLAUDE) -> None:
    machine.publish(*(pack("maps", each, skills=["map"]) for each in ("1.0.0", "1.1.0")))
    machine.install(f"maps@=={version}", agents=agents)


def body(path: Path) -> str:
    return path.read_text().splitlines()[-1]


def contents(machine: Machine) -> dict[str, object]:
    """Everything in the project, without times."""
    return {path: what[:2] for path, what in machine.seen(machine.project).items()}


def is_in_order(machine: Machine) -> bool:
    return machine.sync(check=True).ok


class TestMovedAndDeleted:
    def test_a_project_that_was_moved_works_where_it_is_now(self, machine: Machine) -> None:
        installed(machine, agents=BOTH)
        there = machine.home / "elsewhere" / "project"
        there.parent.mkdir()
        machine.project.rename(there)
        machine.project = there
        assert is_in_order(machine)
        machine.install("maps@==1.1.0")
        assert body(machine.skill("map")) == "map 1.1.0"
        machine.remove("maps")
        assert not (there / ".claude" / "skills").exists()
        assert not (there / ".agents" / "skills").exists()

    def test_a_project_that_was_copied_shares_nothing_with_the_first(self, machine: Machine) -> None:
        installed(machine)
        first = machine.project
        machine.project = machine.home / "copy"
        shutil.copytree(first, machine.project, symlinks=True)
        machine.install("maps@==1.1.0")
        assert body(machine.skill("map")) == "map 1.1.0"
        machine.project = first
        assert body(machine.skill("map")) == "map 1.0.0"
        assert is_in_order(machine)

    def test_trees_of_a_project_that_was_deleted_are_pruned(self, machine: Machine) -> None:
        installed(machine)
        shutil.rmtree(machine.project)
        assert machine.prune().trees == 0

    def test_a_store_that_was_deleted_is_filled_again_when_it_is_needed(self, machine: Machine) -> None:
        installed(machine)
        shutil.rmtree(machine.cache)
        assert is_in_order(machine)
        assert machine.cache_now().trees == 0  # nothing had to be fetched to see that
        shutil.rmtree(machine.project / ".claude")
        machine.sync()
        assert body(machine.skill("map")) == "map 1.0.0"

    def test_state_that_was_deleted_is_made_again_from_what_is_there(self, machine: Machine) -> None:
        installed(machine, agents=BOTH)
        shutil.rmtree(machine.project / ".skillctl")
        machine.sync()
        assert is_in_order(machine)
        machine.remove("maps")
        assert not (machine.project / ".agents" / "skills").exists()
        assert not (machine.project / ".claude" / "skills").exists()

    def test_a_damaged_state_says_what_to_delete_and_that_helps(self, machine: Machine) -> None:
        installed(machine, agents=BOTH)
        state = machine.project / ".skillctl" / "generations" / "1.json"
        state.write_text("{")
        for command in (machine.sync, machine.listed, lambda: machine.remove("maps")):
            with pytest.raises(InstallError) as caught:
                command()
            assert caught.value.code == "E461"
            assert caught.value.problems[0].evidence["path"] == str(state)
        shutil.rmtree(state.parent)  # "delete the directory it is in"
        machine.sync()
        assert is_in_order(machine)
        assert [each.skills for each in machine.listed().packs] == [("map",)]
        machine.remove("maps")
        assert not (machine.project / ".claude" / "skills").exists()


class TestPlacesTakenByOthers:
    def test_a_skill_that_became_a_file_is_not_touched(self, machine: Machine) -> None:
        installed(machine)
        place = machine.project / ".claude" / "skills" / "map"
        shutil.rmtree(place)
        place.write_text("mine")
        for force in (False, True):
            with pytest.raises(InstallError) as caught:
                machine.sync(force=force)
            assert caught.value.code == "E401"
        assert place.read_text() == "mine"

    def test_a_file_in_the_place_of_the_directory_of_skills_is_an_error_that_changes_nothing(
        self, machine: Machine
    ) -> None:
        machine.publish(pack("maps"))
        (machine.project / ".claude").mkdir()
        (machine.project / ".claude" / "skills").write_text("mine")
        before = machine.seen(machine.project)
        with pytest.raises(InstallError) as caught:
            machine.install("maps", agents=CLAUDE)
        assert caught.value.code == "E452"
        assert machine.seen(machine.project) == before

    def test_notes_that_meet_a_new_file_are_kept_and_with_force_backed_up(self, machine: Machine) -> None:
        machine.publish(
            pack("maps", "1.0.0", skills=["map"]),
            pack("maps", "1.1.0", skills=["map"], files={"skills/map/notes.md": "from the pack\n"}),
        )
        machine.install("maps@==1.0.0", agents=CLAUDE)
        notes = machine.skill("map").with_name("Notes.md")
        notes.write_text("mine\n")
        done = machine.install("maps@==1.1.0")
        assert [each.code for each in done.problems] == ["W401"]
        assert notes.read_text() == "mine\n"
        assert body(machine.skill("map")) == "map 1.0.0"
        machine.sync(force=True)
        assert body(machine.skill("map")) == "map 1.1.0"
        backups = list((machine.project / ".skillctl" / "backups").rglob("Notes.md"))
        assert [each.read_text() for each in backups] == ["mine\n"]
        assert is_in_order(machine)

    def test_an_edit_that_keeps_size_and_time_is_found_before_anything_is_replaced(self, machine: Machine) -> None:
        installed(machine)
        file = machine.skill("map")
        status = file.stat()
        file.write_text(file.read_text().replace("1.0.0", "9.9.9"))
        os.utime(file, ns=(status.st_mtime_ns, status.st_mtime_ns))
        assert is_in_order(machine)  # a glance compares size and time
        with pytest.raises(InstallError) as caught:
            machine.install(frozen=True)
        assert caught.value.code == "E405"
        done = machine.install("maps@==1.1.0")
        assert "W401" in [each.code for each in done.problems]
        assert body(file) == "map 9.9.9"

    def test_a_repository_inside_a_skill_survives_an_update(self, machine: Machine) -> None:
        installed(machine)
        head = machine.skill("map").parent / ".git" / "HEAD"
        head.parent.mkdir()
        head.write_text("ref: refs/heads/main\n")
        machine.install("maps@==1.1.0")
        assert head.read_text() == "ref: refs/heads/main\n"
        machine.remove("maps")
        assert head.read_text() == "ref: refs/heads/main\n"


class TestChangesMeanwhile:
    """A person does something between the plan and the moment in which it is carried out."""

    @pytest.fixture
    def meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Lets a function run after everything is staged and before anything is moved."""

        def put(action: Any) -> None:
            def written(*arguments: Any) -> None:
                action()
                write_generation(*arguments)

            monkeypatch.setattr(apply, "write_generation", written)

        return put

    def test_an_edit_of_a_skill_stops_the_command_and_stays(self, machine: Machine, meanwhile: Any) -> None:
        installed(machine)
        file = machine.skill("map")
        meanwhile(lambda: file.write_text("quickly edited"))
        self._fails(machine)
        assert file.read_text() == "quickly edited"

    def test_new_notes_stop_the_command_and_stay(self, machine: Machine, meanwhile: Any) -> None:
        installed(machine)
        notes = machine.skill("map").with_name("notes.md")
        meanwhile(lambda: notes.write_text("quickly noted"))
        self._fails(machine)
        assert notes.read_text() == "quickly noted"

    @pytest.mark.parametrize("name", ["skillctl.json", "skillctl.lock", ".gitignore"])
    def test_an_edit_of_a_file_of_the_project_stops_the_command_and_stays(
        self, name: str, machine: Machine, meanwhile: Any
    ) -> None:
        installed(machine)
        file = machine.project / name
        meanwhile(lambda: file.write_text(file.read_text().replace("}", "} ", 1) + "\n"))
        edited = file.read_text().replace("}", "} ", 1) + "\n"
        if name == ".gitignore":  # the skill `map` stays, so the block does too
            machine.publish(pack("more"))
            with pytest.raises(InstallError) as caught:
                machine.install("more")
            assert caught.value.code == "E452"
        else:
            self._fails(machine)
        assert file.read_text() == edited

    @POSIX
    @pytest.mark.parametrize("agents", [CLAUDE, BOTH])
    def test_something_new_in_the_way_stops_the_command_and_stays(
        self, agents: tuple[str, ...], machine: Machine, meanwhile: Any
    ) -> None:
        machine.publish(pack("maps", skills=["map"]))
        place = machine.project / ".claude" / "skills" / "map"

        def quickly() -> None:
            place.parent.mkdir(parents=True)
            place.write_text("mine")

        meanwhile(quickly)
        with pytest.raises(InstallError):
            machine.install("maps", agents=agents)
        assert place.read_text() == "mine"
        assert sorted(each.name for each in machine.project.iterdir()) == [".claude"]

    def _fails(self, machine: Machine) -> None:
        before = (machine.project / ".skillctl" / "current").read_text()
        with pytest.raises(InstallError) as caught:
            machine.install("maps@==1.1.0")
        assert caught.value.code == "E452"
        assert (machine.project / ".skillctl" / "current").read_text() == before
        assert sorted(each.name for each in (machine.project / ".skillctl").iterdir()) == ["current", "generations"]
        assert body(machine.skill("map")) != "map 1.1.0"


@POSIX
class TestLinksOfPeople:
    def test_a_directory_of_skills_may_be_a_link(self, machine: Machine) -> None:
        team = machine.project / "team"
        (team / "theirs").mkdir(parents=True)
        (machine.project / ".claude").mkdir()
        (machine.project / ".claude" / "skills").symlink_to("../team")
        installed(machine)
        assert sorted(each.name for each in team.iterdir()) == ["map", "theirs"]
        machine.remove("maps")
        assert [each.name for each in team.iterdir()] == ["theirs"]
        assert (machine.project / ".claude" / "skills").is_symlink()

    def test_two_users_that_share_one_directory_do_not_take_each_others_skills_for_free(self, machine: Machine) -> None:
        team = machine.room / "team"
        team.mkdir()
        machine.publish(
            pack("maps", skills=["map"]), pack("charts", skills=["chart"]), pack("odd", skills=["map"], text="other")
        )

        def becomes(name: str) -> None:
            machine.home = machine.room / name
            variables = {"HOME": machine.home, "USERPROFILE": machine.home}
            for each in ("state", "config"):
                variables[f"SKILLCTL_{each.upper()}_DIR"] = machine.home / each
            machine.environment.update({variable: str(path) for variable, path in variables.items()})
            if not machine.home.exists():
                (machine.home / ".claude").mkdir(parents=True)
                (machine.home / ".claude" / "skills").symlink_to(team)

        becomes("one")
        machine.install("maps", user=True, agents=CLAUDE)
        becomes("two")
        machine.install("charts", user=True, agents=CLAUDE)
        with pytest.raises(InstallError) as caught:
            machine.install("odd", user=True)
        assert caught.value.code == "E401"
        machine.install("maps", user=True)  # equal, so taken over
        becomes("one")
        machine.remove("maps", user=True)
        assert [each.name for each in team.iterdir()] == ["chart"]
        becomes("two")
        assert not machine.sync(check=True, user=True).ok
        machine.sync(user=True)
        assert sorted(each.name for each in team.iterdir()) == ["chart", "map"]

    def test_a_directory_that_became_a_link_to_the_other_is_one_directory(self, machine: Machine) -> None:
        """`.claude/skills` was the place of the copy; now it leads to `.agents/skills`, where the copy was moved."""
        installed(machine)
        agents = machine.project / ".agents"
        agents.mkdir()
        (machine.project / ".claude" / "skills").rename(agents / "skills")
        (machine.project / ".claude" / "skills").symlink_to("../.agents/skills")
        machine.install("maps", agents=BOTH)
        assert body(agents / "skills" / "map" / "SKILL.md") == "map 1.0.0"
        assert is_in_order(machine)
        machine.install("maps@==1.1.0")
        assert body(agents / "skills" / "map" / "SKILL.md") == "map 1.1.0"
        machine.remove("maps")
        assert not (agents / "skills" / "map").exists()

    def test_a_state_that_leads_elsewhere_is_refused_before_anything_is_written(self, machine: Machine) -> None:
        machine.publish(pack("maps"))
        outside = machine.home / "outside"
        outside.mkdir()
        (outside / "holder").write_text("mine")
        (machine.project / ".skillctl").symlink_to(outside)
        before = machine.seen(machine.home)
        for dry_run in (False, True):
            with pytest.raises(InstallError) as caught:
                machine.install("maps", agents=CLAUDE, dry_run=dry_run)
            assert caught.value.code == "E460"
        assert machine.seen(machine.home) == before

    def test_a_state_that_a_repository_brings_removes_nothing_of_the_users(self, machine: Machine) -> None:
        installed(machine)
        mine = machine.home / ".claude" / "skills" / "mine"
        mine.mkdir(parents=True)
        (mine / "SKILL.md").write_text("mine")
        file = machine.project / ".skillctl" / "generations" / "1.json"
        hostile = json.loads(file.read_text())
        for place in (str(mine.parent), "../.claude/skills"):
            hostile["targets"] = {place: {"mine": {"pack": "maps", "tree": "tree1:x", "files": {}}}}
            file.write_text(json.dumps(hostile))
            with pytest.raises(InstallError) as caught:
                machine.sync(force=True)
            assert caught.value.code == "E461"
        assert (mine / "SKILL.md").read_text() == "mine"


class TestReadOnly:
    def test_a_target_that_can_not_be_written_changes_nothing(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        installed(machine)
        before = contents(machine)
        real = os.replace

        def replace(source: Any, target: Any, **more: Any) -> None:
            if any("/.claude/skills/" in os.fspath(each) for each in (source, target)):
                raise OSError(30, "Read-only file system", os.fspath(target))
            real(source, target, **more)

        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(InstallError) as caught:
            machine.install("maps@==1.1.0")
        monkeypatch.undo()
        assert caught.value.code == "E451"
        assert contents(machine) == before
        machine.install("maps@==1.1.0")
        assert is_in_order(machine)

    def test_a_way_back_that_is_barred_too_is_finished_forward_by_the_next_command(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        installed(machine)
        notes = machine.skill("map").with_name("notes.md")
        notes.write_text("mine")
        real = os.replace
        calls = iter(range(100))

        def replace(source: Any, target: Any, **more: Any) -> None:
            if "/.claude/skills/" in os.fspath(target):
                next(calls)
                raise OSError(30, "Read-only file system", os.fspath(target))
            real(source, target, **more)

        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(InstallError) as caught:
            machine.install("maps@==1.1.0")
        assert caught.value.code == "E451"
        assert next(calls) == 2, "the way forward and the way back"
        monkeypatch.undo()
        machine.listed()
        assert body(machine.skill("map")) == "map 1.1.0"
        assert notes.read_text() == "mine"
        assert is_in_order(machine)


def test_a_command_that_can_not_finish_another_goes_on_with_its_own_work(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was emptied and the registry is gone: what was committed can't be had, but the pack can be removed."""
    installed(machine)

    def killed(*_: Any, **__: Any) -> None:
        os.replace = real
        raise SystemExit

    real = os.replace
    with monkeypatch.context() as patch:
        patch.setattr(apply._Work, "swap", killed)
        patch.setattr(apply._Work, "take_back", killed)
        with pytest.raises(SystemExit):
            machine.install("maps@==1.1.0")
    assert body(machine.skill("map")) == "map 1.0.0"
    shutil.rmtree(machine.cache)
    shutil.move(machine.registry, machine.room / "away")
    with pytest.raises(SkillctlError):
        machine.sync()
    assert body(machine.skill("map")) == "map 1.0.0"
    machine.remove("maps")
    assert not (machine.project / ".claude" / "skills").exists()


def test_a_store_on_another_file_system_serves_hard_links_as_copies(machine: Machine, far: Path) -> None:
    machine.environment["SKILLCTL_CACHE_DIR"] = str(far)
    machine.publish(pack("maps", skills=["map"]))
    machine.install("maps", agents=CLAUDE, link_mode="hardlink")
    assert body(machine.skill("map")) == "map 1.0.0"
    assert is_in_order(machine)


@POSIX
def test_a_directory_of_skills_on_another_file_system_through_a_link(machine: Machine, far: Path) -> None:
    (far / "skills").mkdir()
    (machine.home / ".claude").mkdir()
    (machine.home / ".claude" / "skills").symlink_to(far / "skills")
    machine.publish(*(pack("maps", each, skills=["map"]) for each in ("1.0.0", "1.1.0")))
    for version in ("1.0.0", "1.1.0"):
        machine.install(f"maps@=={version}", user=True, agents=CLAUDE)
        assert body(far / "skills" / "map" / "SKILL.md") == f"map {version}"
        assert [each.name for each in far.iterdir()] == ["skills"]
    machine.remove("maps", user=True)
    assert list((far / "skills").iterdir()) == []


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Path]:
    """A directory on another file system."""
    shm = Path("/dev/shm")
    if not os.access(shm, os.W_OK) or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs two file systems")
    with TemporaryDirectory(prefix="skillctl-test-", dir=shm) as name:
        yield Path(name)

"""The state of a scope on disk: which generation is in place, which is to be, and what is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from skillctl.core.errors import InstallError
from skillctl.install.generation import EMPTY, Generation, Linked, generation_to_json
from skillctl.install.roots import is_known, remember_scope, remembered_states
from skillctl.install.scope import Scope, project_scope, target_mutexes, user_scope
from skillctl.install.state import (
    KEPT_GENERATIONS,
    State,
    generation_numbers,
    has_leftovers,
    mark_current,
    next_number,
    read_state,
    stages,
    withdraw_generation,
    write_generation,
)

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs links")


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    root = tmp_path / "project"
    root.mkdir()
    return known_to_its_user(project_scope(root, known=tmp_path / "known"))


OWNER = "0123456789abcdef" * 2


def known_to_its_user(scope: Scope) -> Scope:
    scope.known.mkdir(exist_ok=True)
    (scope.known / OWNER).write_text(str(scope.state))
    return scope


def generation(number: int, directory: str = ".claude/skills", skill: str = "map", owner: str = OWNER) -> Generation:
    targets = {directory: {skill: Linked("maps", "tree1:x", f"../{number}")}}
    return Generation(number=number, owner=owner, targets=targets)


def written(scope: Scope, value: Generation) -> None:
    """As a repository or a damaged disk may bring it: without the checks of writing."""
    scope.generations.mkdir(parents=True, exist_ok=True)
    scope.generation(value.number).write_text(json.dumps(generation_to_json(value)))


class TestWhichOne:
    def test_where_nothing_was_ever_installed_it_is_the_empty_one(self, scope: Scope) -> None:
        state = read_state(scope)
        assert (state.current, state.pending, state.newest, state.recorded) == (EMPTY, None, EMPTY, ({},))

    def test_what_is_marked_is_in_place(self, scope: Scope) -> None:
        write_generation(scope, generation(1))
        mark_current(scope, 1)
        assert read_state(scope).current == generation(1)
        assert read_state(scope).pending is None

    def test_what_is_above_the_mark_is_to_be(self, scope: Scope) -> None:
        for number in (1, 2, 3):
            write_generation(scope, generation(number))
            if number == 1:
                mark_current(scope, 1)
        state = read_state(scope)
        assert (state.current.number, state.newest.number) == (1, 3)
        assert state.recorded == tuple(generation(number).targets for number in (3, 2, 1))

    def test_what_is_withdrawn_was_never_there(self, scope: Scope) -> None:
        write_generation(scope, generation(1))
        withdraw_generation(scope, 1)
        withdraw_generation(scope, 1)
        assert read_state(scope).newest == EMPTY

    @pytest.mark.parametrize("mark", [b"", b"x", b"9", b"-1", b"\xff", "\u0661".encode(), b"1" * 60])
    def test_where_the_mark_is_of_no_use_the_newest_is_to_be(self, mark: bytes, scope: Scope) -> None:
        for number in (1, 2):
            write_generation(scope, generation(number))
        scope.current.write_bytes(mark)
        state = read_state(scope)
        assert (state.current, state.newest) == (EMPTY, generation(2))
        assert len(state.recorded) == 3

    def test_old_ones_go(self, scope: Scope) -> None:
        for number in range(1, KEPT_GENERATIONS + 4):
            write_generation(scope, generation(number))
            mark_current(scope, number)
        assert generation_numbers(scope) == list(range(4, KEPT_GENERATIONS + 4))

    def test_other_files_beside_them_are_none(self, scope: Scope) -> None:
        write_generation(scope, generation(1))
        for name in (".2.json.abcd.tmp", "02.json", "x.json", "\u0663.json", "0.json", "3.txt", "9" * 40 + ".json"):
            (scope.generations / name).write_text("{}")
        assert generation_numbers(scope) == [1]

    def test_nothing_is_left_of_writing(self, scope: Scope) -> None:
        write_generation(scope, generation(1))
        mark_current(scope, 1)
        assert sorted(each.name for each in scope.state.iterdir()) == ["current", "generations"]
        assert not has_leftovers(scope)


class TestRefusals:
    @pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": "2.0"}', b"\xff", b'{"number": 1e999}'])
    def test_a_generation_that_can_not_be_understood(self, damage: bytes, scope: Scope) -> None:
        write_generation(scope, generation(1))
        mark_current(scope, 1)
        scope.generation(1).write_bytes(damage)
        with pytest.raises(InstallError) as caught:
            read_state(scope)
        assert caught.value.code == "E461"
        assert caught.value.problems[0].evidence["path"] == str(scope.generation(1))

    @POSIX
    @pytest.mark.parametrize("part", ["state", "generations", "backups"])
    def test_a_link_that_a_repository_brought(self, part: str, scope: Scope, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        path: Path = getattr(scope, part)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(outside)
        with pytest.raises(InstallError) as caught:
            read_state(scope)
        assert caught.value.code == "E460"

    @pytest.mark.parametrize("directory", ["/home/somebody/.claude/skills", "../outside", "a/../../b", ".claude/.."])
    def test_places_outside_of_the_project(self, directory: str, scope: Scope) -> None:
        written(scope, generation(1, directory))
        mark_current(scope, 1)
        with pytest.raises(InstallError) as caught:
            read_state(scope)
        assert caught.value.code == "E461"

    @pytest.mark.parametrize("skill", ["..", ".", "", "a/b", "../x", "a\\b"])
    def test_skills_that_are_no_names(self, skill: str, scope: Scope) -> None:
        written(scope, generation(1, skill=skill))
        mark_current(scope, 1)
        with pytest.raises(InstallError) as caught:
            read_state(scope)
        assert caught.value.code == "E461"

    def test_the_user_may_have_places_anywhere(self, tmp_path: Path) -> None:
        home, config, state = (tmp_path / each for each in ("home", "config", "state"))
        scope = known_to_its_user(user_scope(home=home, config=config, state=state, known=tmp_path / "known"))
        written(scope, generation(1, "/elsewhere/skills"))
        assert read_state(scope).newest.number == 1


class TestStages:
    def test_it_lies_in_the_state_where_that_is_on_the_same_file_system(self, scope: Scope) -> None:
        assert scope.stage(scope.root / ".claude" / "skills") == scope.state / "stage"

    @POSIX
    def test_else_beside_the_real_directory_and_never_inside(self, scope: Scope, tmp_path: Path, far: Path) -> None:
        (far / "team" / "skills").mkdir(parents=True)
        (scope.root / ".claude").mkdir()
        (scope.root / ".claude" / "skills").symlink_to(far / "team" / "skills")
        stage = scope.stage(scope.root / ".claude" / "skills")
        assert stage == far / "team" / scope.stage_name
        other = project_scope(tmp_path / "other", known=tmp_path)
        assert other.stage(far / "team" / "skills") != stage

    @POSIX
    def test_a_directory_that_is_a_file_system_of_its_own_is_refused(self, scope: Scope) -> None:
        if not os.path.ismount("/dev/shm") or os.stat("/dev/shm").st_dev == os.stat(scope.root).st_dev:
            pytest.skip("/dev/shm is no file system of its own here")
        with pytest.raises(InstallError) as caught:
            scope.stage(Path("/dev/shm"))
        assert caught.value.code == "E452"

    def test_only_stages_of_this_scope_are_cleared_however_long_the_list(self, scope: Scope, tmp_path: Path) -> None:
        """The list lies in the project, where a repository can bring one."""
        scope.own_stage.mkdir(parents=True)
        good = tmp_path / "team" / scope.stage_name
        scope.stages_elsewhere.write_text(f"{good}\n/home/somebody\n{tmp_path}/.skillctl-stage-00000000\n\n..\n")
        assert has_leftovers(scope)
        assert stages(scope) == {good, scope.own_stage}


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Path]:
    """A directory on another file system."""
    shm = Path("/dev/shm")
    if not os.access(shm, os.W_OK) or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs two file systems")
    with TemporaryDirectory(prefix="skillctl-test-", dir=shm) as name:
        yield Path(name)


class TestMutexes:
    def test_a_projects_own_directories_need_none(self, scope: Scope, tmp_path: Path) -> None:
        directories = [scope.root / ".claude" / "skills"]
        assert target_mutexes(scope, directories, home=tmp_path / "home", locks=tmp_path) == []

    def test_those_of_a_project_that_holds_the_home_have_one(self, scope: Scope, tmp_path: Path) -> None:
        directories = [scope.root / ".claude" / "skills"]
        user = user_scope(home=scope.root, config=tmp_path, state=tmp_path, known=tmp_path)
        both = [target_mutexes(each, directories, home=scope.root, locks=tmp_path) for each in (scope, user)]
        assert both[0] == both[1]
        assert len(both[0]) == 1

    @POSIX
    def test_a_directory_has_one_however_it_is_reached(self, tmp_path: Path) -> None:
        user = user_scope(home=tmp_path, config=tmp_path, state=tmp_path, known=tmp_path)
        (tmp_path / "team").mkdir()
        (tmp_path / ".claude").symlink_to(tmp_path / "team")
        through, straight = (
            target_mutexes(user, [tmp_path / each / "skills"], home=tmp_path, locks=tmp_path / "locks")
            for each in (".claude", "team")
        )
        assert through == straight
        assert len(through) == 1

    def test_they_come_in_one_order_and_once(self, tmp_path: Path) -> None:
        user = user_scope(home=tmp_path, config=tmp_path, state=tmp_path, known=tmp_path)
        directories = [tmp_path / name for name in ("b", "a", "b", "c")]
        one = target_mutexes(user, directories, home=tmp_path, locks=tmp_path)
        assert one == target_mutexes(user, directories[::-1], home=tmp_path, locks=tmp_path)
        assert len(set(one)) == len(one) == 3


class TestBelief:
    """A repository may bring a `.skillctl` of its own making."""

    @pytest.mark.parametrize("owner", ["", "f" * 32, "../known/x", OWNER[:-1], OWNER.upper(), OWNER + "\n"])
    def test_state_that_bears_no_id_of_this_user_counts_as_none(self, owner: str, scope: Scope) -> None:
        written(scope, generation(1, owner=owner))
        written(scope, generation(2, owner=owner))
        mark_current(scope, 1)
        assert read_state(scope) == State(EMPTY)

    def test_a_generation_under_another_number_counts_as_none(self, scope: Scope) -> None:
        written(scope, generation(1))
        scope.generation(1).rename(scope.generation(2))
        assert read_state(scope).newest == EMPTY

    def test_one_that_was_committed_and_can_not_be_read_was_none(self, scope: Scope) -> None:
        """The power went before it was on the disk."""
        write_generation(scope, generation(1))
        mark_current(scope, 1)
        write_generation(scope, generation(2))
        scope.generation(2).write_bytes(b"\0" * 100)
        assert read_state(scope).newest == generation(1)
        assert next_number(scope, read_state(scope)) == 3

    def test_a_scope_is_remembered_once_and_forgotten_when_it_is_gone(self, scope: Scope) -> None:
        (scope.known / OWNER).unlink()
        scope.state.mkdir()
        owner = remember_scope(scope, "")
        assert remember_scope(scope, owner) == owner
        assert is_known(scope, owner)
        assert list(remembered_states(scope.known)) == [scope.state]
        scope.own_stage.rmdir()
        scope.state.rmdir()
        assert list(remembered_states(scope.known, forget=False)) == []
        assert is_known(scope, owner)
        assert list(remembered_states(scope.known)) == []
        assert not is_known(scope, owner)

    def test_a_scope_that_moved_is_known_where_it_is_now(self, scope: Scope, tmp_path: Path) -> None:
        scope.state.mkdir()
        owner = remember_scope(scope, "")
        scope.root.rename(tmp_path / "moved")
        moved = project_scope(tmp_path / "moved", known=scope.known)
        assert remember_scope(moved, owner) == owner
        assert moved.state in list(remembered_states(scope.known))

    @pytest.mark.parametrize("rubbish", [b"", b".", b"relative/path", b"\xff"])
    def test_what_is_no_scope_is_none(self, rubbish: bytes, tmp_path: Path) -> None:
        (tmp_path / "known").mkdir()
        (tmp_path / "known" / "odd").write_bytes(rubbish)
        assert list(remembered_states(tmp_path / "known")) == []

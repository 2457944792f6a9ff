"""Going back: byte by byte, over what somebody wrote only if asked to, and again and again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skillctl.app.history import HistoryOutcome, history
from skillctl.app.undo import UndoOutcome, UndoRequest, undo
from skillctl.core.errors import InstallError
from skillctl.install.generation import Generation
from skillctl.install.scope import Scope
from skillctl.install.state import read_believed
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack


@pytest.fixture
def maps(machine: Machine) -> Machine:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]), pack("roads", "1.0.0", skills=["drive"]))
    return machine


def back(machine: Machine, **options: object) -> UndoOutcome:
    return undo(machine.settings(), UndoRequest(**{"cwd": machine.project, **options}))  # type: ignore[arg-type]


def past(machine: Machine, **options: bool) -> HistoryOutcome:
    return history(machine.settings(), machine.project, **options)


def shape(root: Path) -> dict[str, object]:
    """Every file and link of the project but skillctl's own state."""
    found: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] == ".skillctl":
            continue
        found[name] = (
            str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else "directory"
        )
    return found


Step = Callable[[Machine], object]


def _update(machine: Machine) -> None:
    machine.publish(pack("maps", "1.1.0", skills=["draw", "read"]))
    machine.update()


def _pulled(machine: Machine) -> None:
    """A teammate's files, and a sync."""
    (machine.project / "skillctl.json").write_text(
        (machine.project / "skillctl.json").read_text().replace("^1.0.0", "1.0.0")
    )
    machine.install()


CHANGES: dict[str, Step] = {
    "install": lambda machine: machine.install("roads"),
    "update": _update,
    "remove": lambda machine: machine.remove("maps"),
    "agents": lambda machine: machine.install(agents=("claude-code", "codex")),
    "vendor": lambda machine: machine.install(vendor=True),
    "an edit of the project file": _pulled,
}


@pytest.mark.parametrize("change", CHANGES)
def test_everything_comes_back_byte_by_byte(maps: Machine, change: str) -> None:
    (maps.project / ".gitignore").write_text("*.log")
    maps.install("maps", agents=("claude-code",))
    before = shape(maps.project)
    CHANGES[change](maps)
    changed = shape(maps.project)
    assert changed != before
    outcome = back(maps)
    assert (outcome.undone, outcome.restored) == (2, 1)
    assert shape(maps.project) == before
    assert back(maps, to=2).restored == 2
    assert shape(maps.project) == changed


def test_a_sync_that_followed_the_lock_of_somebody_else_is_undone(maps: Machine) -> None:
    maps.install("maps", agents=("claude-code",))
    before = shape(maps.project)
    texts = {name: (maps.project / name).read_bytes() for name in ("skillctl.json", "skillctl.lock")}
    maps.install("roads")
    pulled = {name: (maps.project / name).read_bytes() for name in texts}
    back(maps)
    for name, data in pulled.items():
        (maps.project / name).write_bytes(data)
    maps.sync()
    assert maps.skills() == ["draw", "drive"]
    back(maps)
    assert shape(maps.project) == before


@pytest.mark.parametrize("ignored", [None, "*.log", "*.log\n", "*.log\r\n\r\n"])
def test_before_the_first_there_was_nothing(maps: Machine, ignored: str | None) -> None:
    if ignored is not None:
        (maps.project / ".gitignore").write_text(ignored, newline="")
    before = shape(maps.project)
    maps.install("maps")
    installed = shape(maps.project)
    assert back(maps).restored == 0
    assert shape(maps.project) == before
    assert (maps.project / ".skillctl" / ".gitignore").read_bytes() == b"*\n"
    with pytest.raises(InstallError) as caught:
        back(maps)
    assert caught.value.code == "E433"
    assert back(maps, to=1).restored == 1
    assert shape(maps.project) == installed


def test_a_project_file_that_was_there_before_the_first_install_comes_back(maps: Machine) -> None:
    maps.write_project(packs={"maps": "^1"})
    before = shape(maps.project)
    maps.install("roads")
    back(maps)
    assert shape(maps.project) == before


def test_each_undo_goes_one_state_further_and_a_change_begins_a_new_way(maps: Machine) -> None:
    maps.install("maps")
    maps.install("roads")
    maps.remove("maps")
    assert maps.skills() == ["drive"]
    assert back(maps).restored == 2
    assert maps.skills() == ["draw", "drive"]
    assert back(maps).restored == 1
    assert maps.skills() == ["draw"]
    maps.install("roads")
    assert back(maps).restored in (1, 5)
    assert maps.skills() == ["draw"]
    assert back(maps).restored == 0
    assert maps.skills() == []


def test_each_generation_that_is_kept_is_read_once(maps: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    maps.install("maps")
    maps.install("roads")
    read: list[int] = []

    def counted(scope: Scope, number: int) -> Generation:
        read.append(number)
        return read_believed(scope, number)

    monkeypatch.setattr("skillctl.app.history.read_believed", counted)
    back(maps)
    assert sorted(read) == [1, 2]


def test_a_command_that_only_repaired_is_no_state_of_its_own(maps: Machine) -> None:
    maps.install("maps")
    maps.install("roads")
    shutil.rmtree(maps.skill("draw").parent)
    maps.sync()
    assert back(maps).restored == 1
    assert maps.skills() == ["draw"]


def test_an_edited_skill_is_not_gone_back_over_unless_forced(maps: Machine) -> None:
    maps.install("maps")
    before = shape(maps.project)
    maps.install("roads")
    maps.skill("drive").write_text("mine")
    seen = maps.seen(maps.project)
    for dry_run in (True, False):
        with pytest.raises(InstallError) as caught:
            back(maps, dry_run=dry_run)
        assert caught.value.code == "E431"
    assert {path: seen[path] for path in seen if "holder" not in path} == maps.seen(maps.project)
    back(maps, force=True)
    assert shape(maps.project) == before
    (kept,) = (maps.project / ".skillctl" / "backups").rglob("SKILL.md")
    assert kept.read_text() == "mine"


def test_an_edited_project_file_is_not_gone_back_over_unless_forced(maps: Machine) -> None:
    maps.install("maps")
    before = shape(maps.project)
    maps.install("roads")
    file = maps.project / "skillctl.json"
    edited = file.read_text().replace("}", " }")
    file.write_text(edited)
    with pytest.raises(InstallError) as caught:
        back(maps)
    assert caught.value.code == "E432"
    assert caught.value.problems[0].evidence["files"] == ["skillctl.json"]
    back(maps, force=True)
    assert shape(maps.project) == before
    (kept,) = (maps.project / ".skillctl" / "backups").rglob("skillctl.json")
    assert kept.read_text() == edited


def test_a_dry_run_says_what_would_be_and_changes_nothing(maps: Machine) -> None:
    maps.install("maps")
    maps.install("roads")
    seen = maps.seen()
    outcome = back(maps, dry_run=True)
    assert [(each.name, each.before, each.after) for each in outcome.change.changed] == [("roads", "1.0.0", "")]
    assert maps.seen() == seen


def test_trees_that_the_store_lost_are_fetched_again(maps: Machine) -> None:
    maps.install("maps")
    before = shape(maps.project)
    maps.remove("maps")
    maps.clean()
    back(maps)
    assert shape(maps.project) == before


def test_what_can_be_gone_back_to_is_kept_by_a_prune(maps: Machine) -> None:
    maps.install("maps")
    maps.remove("maps")
    assert maps.prune().removed == ()


def test_the_users_own_skills_can_be_undone(maps: Machine) -> None:
    maps.install("maps", user=True)
    back(maps, user=True)
    assert not (maps.home / ".claude" / "skills").exists() or not list((maps.home / ".claude" / "skills").iterdir())
    assert not (maps.config / "skillctl.json").exists()
    back(maps, user=True, to=1)
    assert (maps.config / "skillctl.json").is_file()


def test_agents_that_were_found_meanwhile_are_not_brought_in_by_an_undo(maps: Machine) -> None:
    maps.install("maps")
    before = shape(maps.project)
    (maps.home / ".codex").mkdir()
    maps.install("roads")
    back(maps)
    assert shape(maps.project) == before


def test_the_history_tells_number_command_and_what_changed(maps: Machine) -> None:
    maps.install("maps")
    maps.publish(pack("maps", "1.1.0", skills=["draw"]))
    maps.update()
    maps.remove("maps")
    back(maps)
    told = [(each.number, each.command, each.changed, each.restores, each.current) for each in past(maps).generations]
    assert told == [
        (4, "undo", (("maps", "", "1.1.0"),), 2, True),
        (3, "remove maps", (("maps", "1.1.0", ""),), 0, False),
        (2, "update", (("maps", "1.0.0", "1.1.0"),), 0, False),
        (1, "install maps", (("maps", "", "1.0.0"),), 0, False),
    ]


def test_a_generation_that_can_not_be_read_is_told_and_passed_over(maps: Machine) -> None:
    maps.install("maps")
    maps.install("roads")
    maps.remove("roads")
    (maps.project / ".skillctl" / "generations" / "2.json").write_text("{")
    outcome = past(maps)
    assert [each.number for each in outcome.generations] == [3, 1]
    assert [each.code for each in outcome.problems] == ["W490"]


def test_a_generation_that_is_not_kept_is_named_with_those_that_are(maps: Machine) -> None:
    maps.install("maps")
    with pytest.raises(InstallError) as caught:
        back(maps, to=9)
    assert caught.value.code == "E434"
    assert caught.value.problems[0].evidence["kept"] == [1]


def test_a_person_is_told_where_the_undo_went(maps: Machine, skillctl: Callable[..., Ran]) -> None:
    maps.install("maps", agents=("claude-code",))
    maps.install("roads")
    ran = skillctl("undo")
    assert ran.status == 0
    assert "went back from generation 2 (install roads) to generation 1" in ran.err
    assert "- roads 1.0.0" in ran.out
    shown = skillctl("history").out.splitlines()
    assert shown[0].startswith("*  3")
    assert "undo (back to 1)" in shown[0]


def test_the_same_undo_after_one_that_was_killed_finishes_that_one(maps: Machine) -> None:
    maps.install("maps")
    maps.install("roads")
    before = shape(maps.project)
    maps.remove("maps")
    back(maps)
    (maps.project / ".skillctl" / "current").write_text("3\n")  # as if it had been killed behind its commit
    assert back(maps).restored == 2
    assert shape(maps.project) == before
    assert back(maps).restored == 1

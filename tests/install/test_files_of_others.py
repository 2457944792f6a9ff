"""Files that skillctl did not bring: where they are after their directory became a link, was updated or removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import InstallError
from skillctl.edges.disk import trees
from skillctl.edges.disk.sync import sync_file
from skillctl.install import apply
from tests.support.machine import Machine
from tests.support.packs import pack

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs links")
CLAUDE = ("claude-code",)
CODEX = ("codex",)
BOTH = ("codex", "claude-code")
"""A copy in .agents/skills, a link in .claude/skills."""


@pytest.fixture
def published(machine: Machine) -> Machine:
    """`maps` 1.0.0 with one skill, and 1.1.0 that brings notes as well."""
    machine.publish(
        pack("maps", "1.0.0", skills=["map"], files={"skills/map/table.md": "of the pack\n"}),
        pack("maps", "1.1.0", skills=["map"], files={"skills/map/notes.md": "of the pack\n"}),
    )
    return machine


def place(machine: Machine, path: str, directory: str = ".claude/skills") -> Path:
    return machine.project / directory / "map" / path


def write(machine: Machine, path: str, text: str = "mine\n", directory: str = ".claude/skills") -> Path:
    file = place(machine, path, directory)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def backed_up(machine: Machine) -> dict[str, str]:
    root = machine.project / ".skillctl" / "backups"
    return {str(each.relative_to(root)): each.read_text() for each in root.rglob("*") if each.is_file()}


def in_agents(machine: Machine, path: str) -> str:
    return place(machine, path, ".agents/skills").read_text()


@POSIX
class TestACopyBecomesALink:
    def test_they_go_along_into_the_copy(self, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=CLAUDE)
        write(published, "notes.md")
        write(published, "sub/.venv/pyvenv.cfg")
        done = published.install("maps", agents=BOTH)
        assert place(published, "").is_symlink()
        assert in_agents(published, "notes.md") == in_agents(published, "sub/.venv/pyvenv.cfg") == "mine\n"
        assert not done.problems
        assert not backed_up(published)
        assert published.sync(check=True).ok

    def test_they_stay_in_the_copy_through_the_next_update(self, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=CLAUDE)
        write(published, "mine.md")
        published.install("maps", agents=BOTH)
        published.install("maps@==1.1.0")
        assert in_agents(published, "mine.md") == "mine\n"

    def test_one_that_meets_a_file_of_the_copy_is_told_with_its_backup(self, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=CLAUDE)
        write(published, "notes.md")
        write(published, "more.md")
        rehearsed = published.install("maps@==1.1.0", agents=BOTH, dry_run=True)
        done = published.install("maps@==1.1.0", agents=BOTH)
        (told,) = done.problems
        assert told.code == "W410"
        assert told.evidence["files"] == ["notes.md"]
        assert (published.project / str(told.evidence["backup"]) / "notes.md").read_text() == "mine\n"
        assert rehearsed.problems == done.problems
        assert in_agents(published, "notes.md") == "of the pack\n"
        assert in_agents(published, "more.md") == "mine\n"
        assert not published.sync().problems, "it is told once"

    def test_one_with_the_name_of_another_in_other_letters_is_told(self, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=CLAUDE)
        write(published, "TABLE.md")
        if place(published, "table.md").read_text() == "mine\n":
            pytest.skip("this disk knows no case")
        done = published.install("maps", agents=BOTH)
        assert [(each.code, each.evidence["files"]) for each in done.problems] == [("W410", ["TABLE.md"])]

    def test_one_that_the_copy_has_just_so_is_not_worth_a_word(self, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=CLAUDE)
        write(published, "notes.md", "of the pack\n")
        done = published.install("maps@==1.1.0", agents=BOTH)
        assert not done.problems
        assert not backed_up(published)

    def test_a_copy_that_stays_as_it_is_gets_none_and_that_is_told(self, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=CODEX)
        write(published, "same.md", directory=".agents/skills")
        trees.copy_directory(place(published, "", ".agents/skills"), place(published, ""))
        write(published, "notes.md")
        done = published.install("maps", agents=BOTH)
        assert [(each.code, each.evidence["files"]) for each in done.problems] == [("W410", ["notes.md"])]
        assert "mine\n" in backed_up(published).values()
        assert not place(published, "notes.md", ".agents/skills").exists()
        assert in_agents(published, "same.md") == "mine\n"

    def test_notes_of_two_copies_meet_in_the_one(self, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=("claude-code", "windsurf"), vendor=True)
        directories = [
            str(each.parent.relative_to(published.project))
            for each in published.project.rglob("map")
            if each.is_dir() and ".skillctl" not in each.parts
        ]
        assert len(directories) == 2
        for directory in directories:
            write(published, "notes.md", f"of {directory}\n", directory)
            write(published, "same.md", "both\n", directory)
        published.write_project(format="1.0", packs={"maps": "==1.0.0"}, agents=["codex", "claude-code", "windsurf"])
        done = published.install()
        texts = [in_agents(published, "notes.md"), *backed_up(published).values()]
        assert {f"of {directory}\n" for directory in directories} <= set(texts)
        assert [(each.code, each.evidence["files"]) for each in done.problems] == [("W410", ["notes.md"])]
        assert in_agents(published, "same.md") == "both\n"


class TestRubbish:
    @pytest.mark.parametrize(
        "path",
        [
            "node_modules/x/index.js",
            ".venv/pyvenv.cfg",
            "draft.md~",
            ".draft.md.swp",
            ".git/HEAD",
            "desktop.ini",
            "._x",
        ],
    )
    def test_what_somebody_may_miss_is_carried_over_and_stays(self, path: str, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=CLAUDE)
        file = write(published, path)
        published.install("maps@==1.1.0")
        assert file.read_text() == "mine\n"
        published.remove("maps")
        assert file.read_text() == "mine\n"

    @pytest.mark.parametrize("path", ["scripts/__pycache__/x.bin", "x.pyc", "sub/.DS_Store", "Thumbs.db"])
    def test_what_machines_make_again_by_themselves_goes(self, path: str, published: Machine) -> None:
        published.install("maps@==1.0.0", agents=CLAUDE)
        file = write(published, path)
        published.install("maps@==1.1.0")
        assert not file.exists()
        write(published, path)
        published.remove("maps")
        assert not place(published, "").exists()


class TestTheCommit:
    def test_it_is_on_the_disk_before_anything_is_moved(
        self, published: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        published.install("maps@==1.0.0", agents=CLAUDE)
        happened: list[str] = []

        def synced(path: Path) -> None:
            sync_file(path)
            happened.append(f"sync {path.name}")

        def moved(source: str, target: str) -> None:
            trees.move(source, target)
            happened.append("move")

        monkeypatch.setattr(apply, "sync_file", synced)
        monkeypatch.setattr(apply, "move", moved)
        published.install("maps@==1.1.0")
        assert happened == ["sync 2.json", "move", "move"]

    def test_what_comes_to_a_place_while_a_failed_command_takes_everything_back_is_not_overwritten(
        self, published: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Then nothing is thrown away: the commit stays, and the next command brings everything in order."""
        published.install("maps@==1.0.0", agents=CLAUDE)
        write(published, "notes.md")

        def full(*_: Any) -> None:
            trees.remove_tree(place(published, ""))  # the notes that were carried over among it
            write(published, "quick.md", "quickly noted\n")
            raise InstallError.of("E450", path="x", reason="full")

        with monkeypatch.context() as patched:
            patched.setattr(apply, "mark_current", full)
            with pytest.raises(InstallError):
                published.remove("maps")
        assert place(published, "quick.md").read_text() == "quickly noted\n"
        published.listed()
        assert place(published, "quick.md").read_text() == "quickly noted\n"
        assert place(published, "notes.md").read_text() == "mine\n"
        assert not place(published, "SKILL.md").exists()

    @POSIX
    def test_nor_is_a_file_that_comes_to_the_place_of_a_link(
        self, published: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        published.install("maps@==1.0.0", agents=BOTH)
        link = place(published, "")

        def full(*_: Any) -> None:
            link.parent.mkdir(parents=True, exist_ok=True)
            link.write_text("quickly noted\n")
            raise InstallError.of("E450", path="x", reason="full")

        with monkeypatch.context() as patched:
            patched.setattr(apply, "mark_current", full)
            with pytest.raises(InstallError):
                published.remove("maps")
        assert link.read_text() == "quickly noted\n"
        published.listed()
        assert link.read_text() == "quickly noted\n"
        assert published.skills(".agents/skills") == []

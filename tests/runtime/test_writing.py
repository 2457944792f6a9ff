"""A plan's files on disk: nothing is written through a link, nothing is lost."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillctl.core.errors import ExecutionError
from skillctl_runtime.plan import Plan, PlanFile
from skillctl_runtime.writing import KEPT, Written, backups, bring_back, check_ours, restored_plan, write_project

OF_MINE = hashlib.sha256(b"mine").hexdigest()
NOW = "2026-01-01T00:00:00Z"


def plan(files: Mapping[str, str], *delete: str) -> Plan:
    made = tuple(PlanFile(path=path, data=text.encode()) for path, text in files.items())
    return Plan(name="p", files=made, delete=delete)


def written(root: Path, files: Mapping[str, str], *delete: str) -> tuple[str, ...]:
    (root / ".skillctl").mkdir(parents=True, exist_ok=True)
    (root / ".skillctl/project.json").touch()
    return write_project(root, plan(files, *delete), now=NOW).changed


def restore(root: Path, number: str = "") -> Written:
    return bring_back(root, restored_plan(root, number), now=NOW)


def test_files_are_written_with_their_folders_and_modes(tmp_path: Path) -> None:
    root = tmp_path / "p"
    assert written(root, {"src/a.py": "1", "run.sh": "ls\n", "tool": "#!/bin/sh\n"}) == ("src/a.py", "run.sh", "tool")
    assert [os.access(root / each, os.X_OK) for each in ("src/a.py", "run.sh", "tool")] == [False, True, True]


def test_what_is_the_same_is_not_touched(tmp_path: Path) -> None:
    written(tmp_path, {"a": "1", "b": "1"})
    os.utime(tmp_path / "a", (1, 1))
    assert written(tmp_path, {"a": "1", "b": "2"}) == ("b",)
    assert (tmp_path / "a").stat().st_mtime == 1
    assert not list(tmp_path.glob(".*.tmp"))


def test_what_is_overwritten_comes_back(tmp_path: Path) -> None:
    written(tmp_path, {"src/a": "old", "b": "same", "gone": "x"})
    written(tmp_path, {"src/a": "new", "b": "same", "c": "made"}, "gone")
    assert not (tmp_path / "gone").exists()
    restore(tmp_path)
    assert {each: (tmp_path / each).read_text() for each in ("src/a", "b", "gone")} == {
        "src/a": "old",
        "b": "same",
        "gone": "x",
    }
    assert not (tmp_path / "c").exists()
    restore(tmp_path)
    assert (tmp_path / "src/a").read_text() == "new"


def test_a_new_file_that_somebody_changed_stays_when_a_backup_comes_back(tmp_path: Path) -> None:
    written(tmp_path, {"a": "old"})
    written(tmp_path, {"a": "new", "c": "made"})
    (tmp_path / "c").write_text("mine")
    restore(tmp_path)
    assert (tmp_path / "c").read_text() == "mine"


def test_only_the_newest_backups_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 4):
        written(tmp_path, {"a": str(number)})
    ids = [each.id for each in backups(tmp_path)]
    assert ids == [f"{number:04}" for number in range(4, KEPT + 4)]
    restore(tmp_path, "5")
    assert (tmp_path / "a").read_text() == "4"
    with pytest.raises(ExecutionError, match="E514"):
        restore(tmp_path, "99")


@pytest.mark.parametrize("text", ['{"made": 1}', "cut of", "", "OUT", "ABSENT"])
def test_a_backup_that_somebody_changed_is_passed_over(tmp_path: Path, text: str) -> None:
    root = tmp_path / "p"
    beside = tmp_path / "beside"
    beside.write_text("mine")
    written(root, {"a": "one"})
    written(root, {"a": "two"})
    written(root, {"a": "three"})
    snapshot = root / ".skillctl/backups/0002/backup.json"
    out = {"OUT": {"kept": ["../beside"], "absent": {}}, "ABSENT": {"kept": [], "absent": {"../beside": OF_MINE}}}
    snapshot.write_text(json.dumps({"format": "1.0", "made": NOW, **out[text]}) if text in out else text)
    (root / ".skillctl/backups/beside").write_text("evil")
    assert [each.id for each in backups(root)] == ["0001"]
    restore(root)
    assert ((root / "a").read_text(), beside.read_text()) == ("one", "mine")
    assert [each.id for each in backups(root)] == ["0001", "0003"]


@pytest.mark.parametrize(("link", "path"), [("src", "src/a"), ("src/lib", "src/lib/a"), ("a", "a")])
def test_no_link_is_followed_and_nothing_is_written(tmp_path: Path, link: str, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "p"
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside if link != path else outside / "x")
    with pytest.raises(ExecutionError, match="E513"):
        write_project(root, plan({"first": "1", path: "evil"}), now=NOW)
    assert list(outside.iterdir()) == []
    assert not (root / "first").exists()


@pytest.mark.parametrize(("there", "path"), [("a/", "a"), ("a", "a/b")])
def test_a_file_and_a_directory_never_replace_each_other(tmp_path: Path, there: str, path: str) -> None:
    if there.endswith("/"):
        (tmp_path / there).mkdir()
    else:
        (tmp_path / there).write_text("mine")
    with pytest.raises(ExecutionError, match="E513"):
        write_project(tmp_path, plan({path: "x"}), now=NOW)
    assert (tmp_path / "a").is_dir() or (tmp_path / "a").read_text() == "mine"


def test_a_pipe_in_a_files_place_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(ExecutionError, match="E513"):
        write_project(tmp_path, plan({"a": "x"}), now=NOW)


def test_a_directory_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    check_ours(tmp_path / "new", force=False)
    check_ours(tmp_path, force=False)
    (tmp_path / "mine").touch()
    with pytest.raises(ExecutionError, match="E512"):
        check_ours(tmp_path, force=False)
    check_ours(tmp_path, force=True)
    written(tmp_path, {"a": "1"})
    check_ours(tmp_path, force=False)

"""What counts as a project's own files."""

from __future__ import annotations

from pathlib import Path

from skillctl_runtime.files import DirectoryFiles
from skillctl_runtime.stacks.shell import STACK
from tests.runtime.scripted import Room, plan_of


def test_a_launcher_of_ours_is_no_file_of_the_project_unless_the_plan_has_one(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("ours")
    assert DirectoryFiles(str(tmp_path)).data("run.sh") is None
    assert DirectoryFiles(str(tmp_path)).paths() == ()
    assert DirectoryFiles(str(tmp_path), ["run.sh"]).data("run.sh") == b"ours"
    assert DirectoryFiles(str(tmp_path), left_out=()).data("run.sh") == b"ours"


def test_a_changed_script_is_started_itself_and_not_by_the_launcher_of_the_last_time(room: Room) -> None:
    """`run.sh` would start itself for ever."""
    room.execute(plan_of({"a.sh": "echo a\n"}), STACK)
    assert room.execute(plan_of({"a.sh": "echo b\n"}), STACK).run_cmd == "sh a.sh"

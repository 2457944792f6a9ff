"""What install and build made goes; what the plan wrote and what a person put there stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillctl.core.errors import ExecutionError
from skillctl_runtime.cleaning import clean_project
from skillctl_runtime.record import project_record
from skillctl_runtime.stack import Output, Site, Start, Work
from tests.runtime.scripted import Room, Scripted, plan_of, sh


def building(site: Site) -> Work:
    del site
    yield sh("mkdir -p deps/lib && touch deps/lib/a", "install", kind="install", outputs=(Output(path="deps/lib"),))
    yield sh("mkdir -p src/made && touch src/made/b", outputs=(Output(path="src/made"),))
    return Start(argv=("/bin/sh", "src/main.sh"))


@pytest.fixture
def built(room: Room) -> Room:
    room.execute(plan_of({"src/main.sh": "echo hello\n"}), Scripted(building))
    return room


def files(root: Path) -> list[str]:
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.parts[0] not in (".skillctl", "run.sh", "run.cmd"))


def test_outputs_go_as_far_up_as_nothing_else_lies_beside_them(built: Room) -> None:
    assert files(built.root) == ["deps/lib/a", "src/made/b", "src/main.sh"]
    gone = clean_project(built.root, history=False, dry_run=False)
    assert {"deps", "src/made"} <= set(gone)
    assert files(built.root) == ["src/main.sh"]


@pytest.mark.parametrize("path", ["../beside", "deps/../../beside", "{root}/../beside", "deps/link/inner", "."])
def test_a_record_that_somebody_changed_leads_to_nothing_outside(built: Room, path: str) -> None:
    beside = built.root.parent / "beside"
    (beside / "inner").mkdir(parents=True)
    (built.root / "deps/link").symlink_to(beside)
    record = built.root / ".skillctl/project.json"
    value = json.loads(record.read_text())
    value["steps"][":step"]["outputs"] = {f"{path.format(root=built.root)}@1": ""}
    value["plan"]["files"].append({"filename": "deps/link/kept", "code": ""})
    record.write_text(json.dumps(value))
    clean_project(built.root, history=False, dry_run=False)
    assert (beside / "inner").is_dir()
    assert (built.root / "src/main.sh").exists()


def test_a_dry_run_only_tells(built: Room) -> None:
    gone = clean_project(built.root, history=True, dry_run=True)
    assert {"deps", "src/made", ".skillctl/runs"} <= set(gone)
    assert files(built.root) == ["deps/lib/a", "src/made/b", "src/main.sh"]


def test_the_next_execution_does_all_of_it_again(built: Room) -> None:
    clean_project(built.root, history=False, dry_run=False)
    result = built.execute(plan_of({"src/main.sh": "echo hello\n"}), Scripted(building))
    assert [step.hit for step in result.steps] == [False, False]
    assert files(built.root) == ["deps/lib/a", "src/made/b", "src/main.sh"]


def test_what_is_not_built_any_more_is_not_started(built: Room) -> None:
    clean_project(built.root, history=False, dry_run=False)
    assert project_record(built.root).start is None


def test_what_was_never_built_can_still_be_started(room: Room) -> None:
    room.execute(plan_of(), Scripted())
    clean_project(room.root, history=False, dry_run=False)
    assert project_record(room.root).start is not None


def test_history_goes_when_it_is_asked_for(built: Room) -> None:
    clean_project(built.root, history=False, dry_run=False)
    assert (built.root / ".skillctl/runs").exists()
    clean_project(built.root, history=True, dry_run=False)
    assert not (built.root / ".skillctl/runs").exists()


def test_what_is_no_project_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(ExecutionError, match="E515"):
        clean_project(tmp_path, history=True, dry_run=False)
    assert (tmp_path / "mine").exists()

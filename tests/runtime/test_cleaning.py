"""What install and build made goes; what the plan wrote and what a person put there stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillctl.core.errors import ExecutionError
from skillctl_runtime.cleaning import clean_project, made_in
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


def clean(root: Path, *, history: bool = False) -> tuple[str, ...]:
    """Remove what was made; what went."""
    gone = made_in(root, history=history)
    clean_project(root, gone)
    return gone


def files(root: Path) -> list[str]:
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.parts[0] not in (".skillctl", "run.sh", "run.cmd"))


def test_outputs_go_as_far_up_as_nothing_else_lies_beside_them(built: Room) -> None:
    assert files(built.root) == ["deps/lib/a", "src/made/b", "src/main.sh"]
    gone = clean(built.root)
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
    clean(built.root)
    assert (beside / "inner").is_dir()
    assert (built.root / "src/main.sh").exists()


def test_what_would_go_can_be_told_before(built: Room) -> None:
    gone = made_in(built.root, history=True)
    assert {"deps", "src/made", ".skillctl/runs"} <= set(gone)
    assert files(built.root) == ["deps/lib/a", "src/made/b", "src/main.sh"]


def test_the_next_execution_does_all_of_it_again(built: Room) -> None:
    clean(built.root)
    result = built.execute(plan_of({"src/main.sh": "echo hello\n"}), Scripted(building))
    assert [step.hit for step in result.steps] == [False, False]
    assert files(built.root) == ["deps/lib/a", "src/made/b", "src/main.sh"]


def test_what_is_not_built_any_more_is_not_started(built: Room) -> None:
    clean(built.root)
    assert project_record(built.root).start is None


def test_what_was_never_built_can_still_be_started(room: Room) -> None:
    room.execute(plan_of(), Scripted())
    clean(room.root)
    assert project_record(room.root).start is not None


def test_history_goes_when_it_is_asked_for(built: Room) -> None:
    clean(built.root)
    assert (built.root / ".skillctl/runs").exists()
    clean(built.root, history=True)
    assert not (built.root / ".skillctl/runs").exists()


def test_what_is_no_project_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(ExecutionError, match="E515"):
        clean(tmp_path, history=True)
    assert (tmp_path / "mine").exists()

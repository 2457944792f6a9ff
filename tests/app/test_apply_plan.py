"""A plan is written and nothing else; it is done exactly so, or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import skillctl.formats
from skillctl.app.apply_plan import ApplyOutcome, ApplyRequest, apply_written
from skillctl.core.errors import InstallError, SkillctlError, UsageError
from tests.app.test_undo import shape
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack

SCHEMA = Path(next(iter(skillctl.formats.__path__))) / "schemas" / "install-plan.schema.json"


@pytest.fixture
def maps(machine: Machine) -> Machine:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]), pack("roads", "1.0.0", skills=["drive"]))
    return machine


def plan_of(machine: Machine) -> Path:
    return machine.room / "plan.json"


def apply(machine: Machine, **options: Any) -> ApplyOutcome:
    return apply_written(machine.settings(), ApplyRequest(cwd=machine.project, plan=plan_of(machine), **options))


def read(machine: Machine) -> dict[str, Any]:
    value = json.loads(plan_of(machine).read_bytes())
    assert isinstance(value, dict)
    return value


def refusal(machine: Machine) -> list[str]:
    before = machine.seen(machine.project)
    with pytest.raises(InstallError) as caught:
        apply(machine)
    assert caught.value.code == "E435"
    after = {path: seen for path, seen in machine.seen(machine.project).items() if path in before}
    assert after == before
    differences = caught.value.problems[0].evidence["differences"]
    assert isinstance(differences, list)
    return differences


VERBS: dict[str, Callable[[Machine], object]] = {
    "install": lambda machine: machine.install("roads", plan=plan_of(machine)),
    "update": lambda machine: machine.update(plan=plan_of(machine)),
    "remove": lambda machine: machine.remove("maps", plan=plan_of(machine)),
    "agents": lambda machine: machine.install(agents=("claude-code", "codex"), plan=plan_of(machine)),
}
DONE: dict[str, Callable[[Machine], object]] = {
    "install": lambda machine: machine.install("roads"),
    "update": lambda machine: machine.update(),
    "remove": lambda machine: machine.remove("maps"),
    "agents": lambda machine: machine.install(agents=("claude-code", "codex")),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_plan_is_written_alone_and_applied_it_does_what_the_command_would(
    maps: Machine, verb: str, tmp_path: Path
) -> None:
    maps.install("maps", agents=("claude-code",))
    maps.publish(pack("maps", "1.1.0", skills=["draw", "read"]))
    seen = maps.seen()
    VERBS[verb](maps)
    changed = {path for path, what in maps.seen().items() if seen.get(path) != what}
    assert {path for path in changed if not path.startswith(str(maps.cache))} == {str(plan_of(maps))}
    jsonschema.validate(read(maps), json.loads(SCHEMA.read_bytes()))
    copy = tmp_path / "copy"
    shutil.copytree(maps.home, copy / "home", symlinks=True)
    assert apply(maps).change.changes
    applied = shape(maps.project)
    shutil.rmtree(maps.home)
    shutil.copytree(copy / "home", maps.home, symlinks=True)
    DONE[verb](maps)
    assert shape(maps.project) == applied


def test_a_plan_begins_a_project(maps: Machine) -> None:
    maps.install("maps", plan=plan_of(maps))
    assert shape(maps.project) == {}
    assert str(maps.room) not in plan_of(maps).read_text()
    apply(maps)
    assert maps.skills() == ["draw"]


def test_a_plan_for_the_user_is_done_for_the_user(maps: Machine) -> None:
    maps.install("maps", user=True, plan=plan_of(maps))
    apply(maps)
    assert (maps.home / ".claude" / "skills" / "draw" / "SKILL.md").is_file()


def test_done_once_it_is_not_done_again(maps: Machine) -> None:
    maps.install("maps", plan=plan_of(maps))
    apply(maps)
    assert "skillctl.json" in refusal(maps)


def test_a_rehearsal_of_a_plan_changes_nothing(maps: Machine) -> None:
    maps.install("maps", plan=plan_of(maps))
    seen = maps.seen()
    assert apply(maps, dry_run=True).change.dry_run
    assert maps.seen() == seen


def edit_project(machine: Machine) -> None:
    path = machine.project / "skillctl.json"
    path.write_text(path.read_text().replace("}", " }"))


def edit_lock(machine: Machine) -> None:
    path = machine.project / "skillctl.lock"
    path.write_text(path.read_text() + " ")


def put_something_there(machine: Machine) -> None:
    (machine.project / ".gitignore").write_text("mine\n")


def edit_skill(machine: Machine) -> None:
    machine.skill("draw").write_text("mine")


def yank(machine: Machine) -> None:
    machine.yank("maps", "1.1.0")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (edit_project, "skillctl.json"),
        (edit_lock, "skillctl.lock"),
        (put_something_there, ".gitignore"),
        (edit_skill, ".claude/skills/draw"),
        (yank, "maps 1.1.0 was yanked"),
        (lambda machine: machine.install("roads"), "what is installed"),
    ],
    ids=["project file", "lock", "gitignore", "skill", "yanked", "another command"],
)
def test_what_changed_meanwhile_is_told_and_nothing_is_done(
    maps: Machine, change: Callable[[Machine], object], told: str
) -> None:
    maps.install("maps", agents=("claude-code",))
    maps.publish(pack("maps", "1.1.0", skills=["draw"]))
    maps.update(plan=plan_of(maps))
    change(maps)
    assert told in refusal(maps)


def test_a_release_that_is_served_otherwise_is_refused(maps: Machine) -> None:
    maps.install("maps", plan=plan_of(maps))
    maps.clean()
    for blob in maps.registry.rglob("*"):
        if blob.is_file() and "blobs" in blob.parts:
            blob.write_bytes(b"something else")
    with pytest.raises(SkillctlError):
        apply(maps)
    assert shape(maps.project) == {}


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"format": "1.0"}', '{"name": "Hello", "files": [], "run": "x"}'], ids=str
)
def test_what_is_no_plan_is_refused(maps: Machine, text: str) -> None:
    plan_of(maps).write_text(text)
    with pytest.raises(InstallError) as caught:
        apply(maps)
    assert caught.value.code == "E436"


def test_a_plan_whose_texts_are_none_is_what_is_wrong(maps: Machine) -> None:
    maps.install("roads", plan=plan_of(maps))
    planned = read(maps)
    planned["after"] = {"project": 1, "lock": None}
    plan_of(maps).write_text(json.dumps(planned))
    with pytest.raises(InstallError) as caught:
        apply(maps)
    assert (caught.value.code, caught.value.problems[0].evidence["path"]) == ("E436", str(plan_of(maps)))


def test_a_plan_of_a_newer_form_is_refused(maps: Machine) -> None:
    maps.install("maps", plan=plan_of(maps))
    plan_of(maps).write_text(json.dumps({**read(maps), "format": "2.0"}))
    with pytest.raises(SkillctlError) as caught:
        apply(maps)
    assert caught.value.code == "E148"


def test_a_plan_makes_no_directory_for_itself(maps: Machine) -> None:
    with pytest.raises(UsageError) as caught:
        maps.install("maps", plan=maps.room / "nowhere" / "plan.json")
    assert caught.value.code == "E002"
    assert not (maps.room / "nowhere").exists()


def test_a_plan_with_another_version_than_it_was_made_with_is_not_as_it_was(maps: Machine) -> None:
    maps.publish(pack("maps", "1.1.0", skills=["draw"]))
    for version in ("1.0.0", "9.9.9"):
        maps.install("maps", plan=plan_of(maps))
        text = plan_of(maps).read_text()
        assert "1.1.0" in text
        plan_of(maps).write_text(text.replace("1.1.0", version))
        (difference,) = refusal(maps)
        assert f"maps {version}" in difference


def test_a_directory_is_no_place_for_a_plan(maps: Machine) -> None:
    plan_of(maps).mkdir()
    with pytest.raises(UsageError) as caught:
        maps.install("maps", plan=plan_of(maps))
    assert "is a directory" in str(caught.value.problems[0].evidence["reason"])
    with pytest.raises(InstallError) as refused:
        apply(maps)
    assert (refused.value.code, refused.value.problems[0].evidence["reason"]) == ("E436", "it is a directory")


def test_a_plan_that_somebody_edited_does_nothing_else_than_it_says(maps: Machine) -> None:
    maps.install("maps", plan=plan_of(maps))
    value = read(maps)
    value["changes"] = []
    plan_of(maps).write_text(json.dumps(value))
    assert refusal(maps) == [".claude/skills/draw"]


@pytest.mark.parametrize("name", ["skillctl.json", "skillctl.lock", ".gitignore"])
def test_a_plan_never_takes_the_place_of_the_projects_own_files(maps: Machine, name: str) -> None:
    maps.install("maps")
    before = maps.seen(maps.project)
    with pytest.raises(SkillctlError) as caught:
        maps.install("roads", plan=maps.project / name)
    assert caught.value.code == "E002"
    assert maps.seen(maps.project) == before


def test_the_command_line_says_that_nothing_was_done_and_then_what_was(
    maps: Machine, skillctl: Callable[..., Ran]
) -> None:
    ran = skillctl("install", "maps", "--plan", "out.json")
    assert ran.status == 0
    assert "nothing was changed" in ran.err
    assert maps.skills() == []
    ran = skillctl("apply", "out.json")
    assert ran.status == 0, ran.err
    assert maps.skills() == ["draw"]

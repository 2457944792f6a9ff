"""What a repository brings is not believed: neither state that this user did not write, nor links that lead out."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest

from skillctl.core.errors import SkillctlError
from tests.support.machine import Machine
from tests.support.packs import pack

VERBS: dict[str, Callable[[Machine], object]] = {
    "install": lambda machine: machine.install(),
    "install-more": lambda machine: machine.install("maps"),
    "sync": lambda machine: machine.sync(),
    "force": lambda machine: machine.sync(force=True),
    "update": lambda machine: machine.update(),
    "remove": lambda machine: machine.remove("maps"),
    "list": lambda machine: machine.listed(),
}


@pytest.fixture
def cloned(machine: Machine) -> Machine:
    """A project whose skills can be installed, and beside it what is the user's."""
    machine.publish(pack("maps"))
    machine.install("maps")
    machine.fresh_clone()
    (machine.home / ".ssh").mkdir()
    (machine.home / ".ssh" / "id").write_text("secret", encoding="utf-8")
    (machine.home / ".profile").write_text("mine", encoding="utf-8")
    return machine


def bring_state(machine: Machine, directory: str, skill: str) -> None:
    """A generation that says that skillctl put something there, and is to be finished."""
    state = machine.project / ".skillctl"
    generation = {
        "format": "1.0",
        "number": 1,
        "owner": "0" * 32,
        "project": None,
        "lock": None,
        "targets": {directory: {skill: {"pack": "maps", "tree": "tree1:" + "0" * 64, "files": {}}}},
    }
    (state / "generations").mkdir(parents=True)
    (state / "generations" / "1.json").write_text(json.dumps(generation), encoding="utf-8")
    (state / "stage" / "old" / "0" / skill).mkdir(parents=True)
    (state / "stage" / "old" / "0" / skill / "SKILL.md").write_text("evil", encoding="utf-8")


@pytest.mark.parametrize("verb", VERBS)
def test_state_that_a_repository_brings_moves_and_removes_nothing_outside(cloned: Machine, verb: str) -> None:
    (cloned.project / "out").symlink_to("..")
    bring_state(cloned, "out", "ssh")
    (cloned.project / ".skillctl" / "stage" / "old" / "1").symlink_to(cloned.home / ".ssh")
    before = cloned.seen(cloned.home / ".ssh", cloned.home / ".profile")
    try_verb(cloned, verb)
    assert cloned.seen(cloned.home / ".ssh", cloned.home / ".profile") == before
    assert not (cloned.project.parent / "ssh").exists()


def test_state_that_a_repository_brings_does_not_keep_anybody_from_installing(cloned: Machine) -> None:
    bring_state(cloned, ".claude/skills", "maps")
    cloned.install()
    assert cloned.skills() == ["maps"]
    assert cloned.install().changes == ()


def test_a_generation_that_arrives_later_is_not_believed_either(cloned: Machine) -> None:
    cloned.install()
    generations = cloned.project / ".skillctl" / "generations"
    newest = max(int(each.stem) for each in generations.iterdir())
    stolen = json.loads((generations / f"{newest}.json").read_text(encoding="utf-8"))
    stolen |= {"number": newest + 1, "owner": "f" * 32, "targets": {}}
    (generations / f"{newest + 1}.json").write_text(json.dumps(stolen), encoding="utf-8")
    cloned.sync()
    assert cloned.skills() == ["maps"]


def test_a_directory_of_skills_that_leads_out_of_the_project_is_refused(cloned: Machine) -> None:
    elsewhere = cloned.home / "elsewhere"
    elsewhere.mkdir()
    (cloned.project / ".claude").symlink_to(elsewhere)
    with pytest.raises(SkillctlError) as refused:
        cloned.install()
    assert refused.value.code == "E417"
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["skillctl.json", "skillctl.lock", ".gitignore"])
def test_a_link_in_place_of_a_file_of_the_project_is_not_read(cloned: Machine, name: str) -> None:
    (cloned.project / name).unlink(missing_ok=True)
    (cloned.project / name).symlink_to(cloned.home / ".profile")
    with pytest.raises(SkillctlError) as refused:
        cloned.install("maps")
    assert refused.value.code == "E462"
    assert (cloned.home / ".profile").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["generations", "backups"])
def test_a_link_in_the_state_is_refused(cloned: Machine, name: str) -> None:
    (cloned.project / ".skillctl").mkdir(exist_ok=True)
    (cloned.project / ".skillctl" / name).symlink_to(cloned.home)
    with pytest.raises(SkillctlError) as refused:
        cloned.install()
    assert refused.value.code == "E460"


def test_a_backup_goes_nowhere_but_into_the_backups(cloned: Machine) -> None:
    cloned.install()
    (cloned.project / ".claude" / "skills" / "maps" / "SKILL.md").write_text("edited", encoding="utf-8")
    precious = cloned.home / "precious"
    (precious / "maps").mkdir(parents=True)
    (precious / "maps" / "work").write_text("mine", encoding="utf-8")
    for number in range(1, 20):
        place = cloned.project / ".skillctl" / "backups" / str(number)
        place.mkdir(parents=True)
        for name in (".claude-skills", "claude-skills"):
            (place / name).symlink_to(precious)
    try_verb(cloned, "force")
    assert (precious / "maps" / "work").read_text(encoding="utf-8") == "mine"


def try_verb(machine: Machine, verb: str) -> None:
    """The verb, whether it succeeds or refuses; anything but an error of ours is a failure."""
    with suppress(SkillctlError):
        VERBS[verb](machine)

"""The trees of a lock: what the store lost or got otherwise is fetched anew, and nothing goes by another's name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.wording import worded
from tests.support.machine import Machine
from tests.support.packs import pack, write_pack


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With `maps` and `charts` in the store, and a project that has them in its lock alone."""
    machine.publish(pack("maps"), pack("charts"))
    machine.install("maps", "charts")
    machine.fresh_clone()
    return machine


def _stored(machine: Machine, name: str) -> Path:
    """The SKILL.md of a pack in the store."""
    digest = str(machine.lock["packs"][name]["tree"]).partition(":")[2]
    return machine.cache / "store" / "trees" / digest / "skills" / name / "SKILL.md"


def _as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _as_link(path: Path) -> None:
    elsewhere = path.with_name("moved")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "changed": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "grown": lambda path: path.write_bytes(path.read_bytes() + b"!"),
    "a directory": _as_directory,
    "a link": _as_link,
    "its directory removed": lambda path: shutil.rmtree(path.parent),
    "its tree removed": lambda path: shutil.rmtree(path.parents[2]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_the_store_lost_is_fetched_anew(machine: Machine, damage: str) -> None:
    stored = _stored(machine, "maps")
    wanted = stored.read_bytes()
    DAMAGES[damage](stored)
    assert machine.sync().ok
    assert machine.skill("maps").read_bytes() == wanted
    assert stored.read_bytes() == wanted
    assert not stored.is_symlink()
    assert machine.skills() == ["charts", "maps"]
    assert not list((machine.cache / "store" / "new").glob("*"))


def test_a_damaged_tree_stays_until_the_new_one_is_there(machine: Machine) -> None:
    """Another command may be copying from it, and where it came from may be out of reach."""
    write_pack(machine.project.parent, "mine", pack("mine"))
    machine.install("../mine")
    machine.fresh_clone()
    stored = _stored(machine, "mine")
    stored.write_bytes(b"other")
    shutil.rmtree(machine.project.parent / "mine")
    with pytest.raises(SkillctlError) as caught:
        machine.sync()
    assert [each.code for each in caught.value.problems] == ["E459", "E252"]
    assert stored.read_bytes() == b"other"
    write_pack(machine.project.parent, "mine", pack("mine"))
    machine.sync()
    assert stored.read_bytes() == machine.skill("mine").read_bytes()


def test_everything_that_the_store_lost_is_fetched_at_once(machine: Machine) -> None:
    for name in ("maps", "charts"):
        _stored(machine, name).unlink()
    machine.sync()
    assert machine.skills() == ["charts", "maps"]


def test_what_is_not_to_be_had_any_more_changes_nothing_and_says_what_to_do(machine: Machine) -> None:
    _stored(machine, "maps").unlink()
    shutil.rmtree(machine.registry)
    before = machine.seen(machine.project)
    with pytest.raises(SkillctlError) as caught:
        machine.sync()
    assert [each.code for each in caught.value.problems] == ["E459", "E247"]
    assert "skillctl update maps" in worded(caught.value.problems[0]).hint
    assert machine.seen(machine.project) == before
    machine.publish(pack("maps"))
    machine.publish(pack("charts"))
    machine.sync()
    assert machine.skills() == ["charts", "maps"]


def test_a_newer_release_helps_where_the_damaged_one_is_gone(machine: Machine) -> None:
    _stored(machine, "maps").unlink()
    shutil.rmtree(machine.registry)
    machine.publish(pack("maps", "1.1.0"), pack("charts"))
    machine.update("maps")
    assert machine.versions == {"maps": "1.1.0", "charts": "1.0.0"}
    assert machine.skills() == ["charts", "maps"]


def test_a_disk_that_damages_again_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    _stored(machine, "maps").unlink()
    monkeypatch.setattr("skillctl.app.trees.mend_trees", lambda *_: None)
    with pytest.raises(InstallError) as caught:
        machine.sync()
    assert caught.value.code == "E457"
    assert machine.skills() == []


@pytest.mark.parametrize("member", ["name", "version"])
@pytest.mark.parametrize("warm", [False, True])
def test_a_tree_goes_by_no_name_and_no_version_but_its_own(machine: Machine, member: str, warm: bool) -> None:
    """With a warm store the registry is not needed, but what it would say holds all the same."""
    text = (machine.project / "skillctl.lock").read_text(encoding="utf-8")
    if member == "name":
        machine.write_project(packs={"graphs": "^1.0.0", "maps": "^1.0.0"})
        text = text.replace('"charts"', '"graphs"')
    else:
        machine.write_project(packs={"charts": "^1.0.0", "maps": "^1.0.0"})
        lock = json.loads(text)
        lock["packs"]["charts"]["version"] = "1.5.0"
        text = json.dumps(lock)
    (machine.project / "skillctl.lock").write_text(text, encoding="utf-8")
    if not warm:
        shutil.rmtree(machine.cache)
    with pytest.raises(SkillctlError) as caught:
        machine.sync()
    assert caught.value.code == "E245"
    assert machine.skills() == []

"""`verify`: what is installed and what the store has is what it was, or is told; the store is healed."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillctl.app.verify import VerifyOutcome, verify
from tests.support.machine import Machine
from tests.support.packs import pack, write_pack
from tests.support.repositories import Repository


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With `maps` installed, which needs `base`."""
    machine.publish(pack("base"), pack("maps", "1.0.0", "base", files={"CONTEXT.md": "maps"}))
    machine.install("maps")
    return machine


def verified(machine: Machine, **options: bool) -> VerifyOutcome:
    return verify(machine.settings(), machine.project, **options)


def codes(outcome: VerifyOutcome) -> list[str]:
    return [each.code for each in outcome.problems]


def tree_of(machine: Machine, name: str) -> Path:
    digest = str(machine.lock["packs"][name]["tree"]).partition(":")[2]
    return machine.cache / "store" / "trees" / digest


def test_what_is_as_it_was_is_told_and_nothing_is_written(machine: Machine) -> None:
    before = machine.seen()
    outcome = verified(machine)
    assert (outcome.ok, codes(outcome), outcome.skills, outcome.files, outcome.trees) == (True, [], 2, 2, 2)
    assert machine.seen() == before


def test_an_edited_file_is_an_error_and_stays_as_it_is(machine: Machine) -> None:
    machine.skill("maps").write_text("mine")
    outcome = verified(machine)
    assert (outcome.ok, codes(outcome)) == (False, ["E467"])
    assert outcome.problems[0].evidence["files"] == ["SKILL.md"]
    assert machine.skill("maps").read_text() == "mine"


def test_a_skill_that_is_gone_is_an_error(machine: Machine) -> None:
    shutil.rmtree(machine.skill("maps").parent)
    assert verified(machine).problems[0].evidence["files"] == ["all of it"]


def test_what_a_person_added_is_nobodys_business(machine: Machine) -> None:
    machine.skill("maps").with_name("notes.md").write_text("mine")
    assert codes(verified(machine)) == []


def test_a_link_that_leads_elsewhere_is_an_error(machine: Machine) -> None:
    machine.install(agents=("claude-code", "codex"))
    link = machine.project / ".claude/skills/maps"
    assert link.is_symlink()
    assert codes(verified(machine)) == []
    link.unlink()
    link.symlink_to("/nowhere")
    assert codes(verified(machine)) == ["E467"]


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_a_damaged_tree_of_the_store_is_healed_from_its_registry(machine: Machine, damage: str) -> None:
    file = tree_of(machine, "maps") / "skills/maps/SKILL.md"
    whole = file.read_bytes()
    if damage == "changed":
        file.write_bytes(b"other")
    elif damage == "missing":
        file.unlink()
    else:
        file.with_name("more").write_bytes(b"x")
    assert codes(verified(machine, dry_run=True)) == ["W472"]
    outcome = verified(machine)
    assert (outcome.ok, codes(outcome), outcome.healed) == (True, ["W471"], ("maps 1.0.0",))
    assert file.read_bytes() == whole
    assert codes(verified(machine)) == []


def test_a_tree_that_nobody_has_any_more_stays_damaged_and_is_an_error(machine: Machine) -> None:
    file = tree_of(machine, "maps") / "skills/maps/SKILL.md"
    file.write_bytes(b"other")
    shutil.rmtree(machine.registry)
    outcome = verified(machine)
    assert (outcome.ok, codes(outcome), outcome.healed) == (False, ["E466"], ())
    assert file.read_bytes() == b"other"


def test_a_tree_of_another_project_is_healed_as_well(machine: Machine) -> None:
    (tree_of(machine, "maps") / "skills/maps/SKILL.md").write_bytes(b"other")
    (machine.project / "skillctl.lock").unlink()
    assert codes(verified(machine)) == ["W471"]


def test_a_locked_tree_whose_record_is_lost_is_healed_and_another_is_told(machine: Machine) -> None:
    for record in (machine.cache / "store" / "records").iterdir():
        record.unlink()
    assert codes(verified(machine)) == ["W471", "W471"]
    for record in (machine.cache / "store" / "records").iterdir():
        record.unlink()
    (machine.project / "skillctl.lock").unlink()
    outcome = verified(machine)
    assert (outcome.ok, codes(outcome)) == (True, ["W473", "W473"])


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["directory", "archive", "repository"])
def test_a_tree_from_a_place_of_its_own_is_healed_from_there(
    machine: Machine, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = lay_out(machine, kind)
    machine.install(asked)
    file = tree_of(machine, "mine") / "skills/mine/SKILL.md"
    whole = file.read_bytes()
    file.write_bytes(b"other")
    no_registry(monkeypatch)
    outcome = verified(machine)
    assert (outcome.ok, codes(outcome), outcome.healed) == (True, ["W471"], ("mine 1.0.0",))
    assert file.read_bytes() == whole


def lay_out(machine: Machine, kind: str) -> str:
    """What installs `mine` from a place of that kind."""
    if kind == "archive":
        (machine.project.parent / "mine.zip").write_bytes(zipped(pack("mine")))
        return "../mine.zip"
    if kind == "repository":
        root = machine.room / "repository"
        Repository(root).commit(pack("mine"))
        return f"git+file://{root}"
    write_pack(machine.project.parent, "mine", pack("mine"))
    return "../mine"


def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a registry is asked for a name that is none of its business")

    monkeypatch.setattr("skillctl.app.sources.Sources.__call__", never)


@pytest.mark.parametrize("editable", [False, True])
def test_what_a_directory_no_longer_has_is_not_healed_and_no_registry_is_asked(
    machine: Machine, editable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install(lay_out(machine, "directory"), editable=editable)
    (tree_of(machine, "mine") / "skills/mine/SKILL.md").write_bytes(b"other")
    write_pack(machine.project.parent, "mine", pack("mine", text="changed"))
    no_registry(monkeypatch)
    outcome = verified(machine)
    assert codes(outcome) == ["E466"]
    assert "has changed" in str(outcome.problems[0].evidence["reason"])


def test_where_nothing_was_ever_installed_everything_is_well(tmp_path: Path) -> None:
    outcome = verified(Machine(tmp_path / "room"))
    assert (outcome.ok, outcome.skills, outcome.trees) == (True, 0, 0)

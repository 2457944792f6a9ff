"""What is wrong with skills is found, one broken thing at a time, and what can be mended without a loss is."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.doctor import DoctorOutcome, examine
from skillctl.app.doctor_skills import alike_texts
from skillctl.core.diagnostics import Problem
from skillctl.store.store import Store
from skillctl_registry.order import Registries
from skillctl_registry.sources import Source
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack, write_pack


def look(machine: Machine, **options: Any) -> DoctorOutcome:
    return examine(machine.environment, machine.project, **options)


def codes(machine: Machine) -> list[str]:
    return sorted({each.code for each in look(machine).problems})


def finding(machine: Machine, code: str) -> Problem:
    (found,) = (each for each in look(machine).problems if each.code == code)
    return found


@pytest.fixture
def maps(machine: Machine) -> Machine:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]))
    machine.program("claude")
    machine.install("maps", agents=("claude-code", "codex"))
    return machine


def skill(directory: Path, name: str, text: str = "Mine\n") -> Path:
    path = directory / name / "SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_nothing_is_wrong_after_an_install(maps: Machine) -> None:
    assert codes(maps) == []
    assert look(maps, fix=True).mended == ()


def test_a_link_that_leads_nowhere_is_told_and_ours_is_mended(maps: Machine) -> None:
    shutil.rmtree(maps.project / ".agents")
    strange = maps.project / ".claude" / "skills" / "strange"
    strange.symlink_to("../../nowhere")
    assert codes(maps) == ["W412"]
    outcome = look(maps, fix=True)
    assert outcome.ok
    assert [each.split(":")[0] for each in outcome.mended] == ["put back what was missing or led nowhere"]
    assert maps.skill("draw").is_file()
    assert finding(maps, "W412").evidence["path"] == str(strange)
    assert os.readlink(strange) == "../../nowhere"


def test_a_skill_that_somebody_edited_is_not_mended_away(maps: Machine) -> None:
    maps.skill("draw", ".agents/skills").write_text("mine")
    assert look(maps, fix=True).mended == ()
    assert maps.skill("draw").read_text() == "mine"


def test_two_skills_of_one_name_in_directories_of_one_agent_are_told(maps: Machine) -> None:
    maps.program("opencode")
    shutil.rmtree(maps.project / ".claude" / "skills")
    other = skill(maps.project / ".claude" / "skills", "draw")
    found = finding(maps, "W413")
    assert (found.evidence["skill"], found.evidence["agent"]) == ("draw", "OpenCode")
    other.write_bytes(maps.skill("draw", ".agents/skills").read_bytes())
    assert "W413" not in codes(maps)
    (other.parent / "__pycache__").mkdir()
    (other.parent / "__pycache__" / "run.pyc").write_bytes(b"made again by itself")
    assert "W413" not in codes(maps)
    (other.parent / "more.md").write_text("another file")
    assert "W413" in codes(maps)


def test_a_skill_of_the_user_that_hides_one_of_the_project_is_told_for_claude_code(maps: Machine) -> None:
    mine = skill(maps.home / ".claude" / "skills", "draw")
    found = finding(maps, "W414")
    assert found.evidence["shown"] == str(mine.parent)
    assert found.evidence["hidden"] == str(maps.project / ".claude" / "skills" / "draw")


def test_for_others_the_project_hides_the_user(maps: Machine) -> None:
    (maps.room / "programs" / "claude").unlink()
    maps.program("codex")
    mine = skill(maps.home / ".agents" / "skills", "draw")
    found = finding(maps, "W414")
    assert found.evidence["hidden"] == str(mine.parent)


def test_names_that_are_taken_for_one_another_are_told(maps: Machine) -> None:
    maps.publish(pack("roads", "1.0.0", skills=["map-drawing"]), pack("lines", "1.0.0", skills=["map-drawings"]))
    maps.install("roads", "lines")
    found = finding(maps, "W415")
    assert {found.evidence["one"], found.evidence["other"]} == {"map-drawing", "map-drawings"}


def test_descriptions_that_say_the_same_are_told(maps: Machine) -> None:
    text = "Draws maps of cities, roads and rivers with colours that everybody can tell apart"
    both = {
        "one": text,
        "two": text.replace("cities, roads", "roads, cities") + ".",
        "three": "Reads tables of numbers and says which of them can't be true",
        "short": "Draws maps",
        "shorter": "Draws maps",
    }
    assert alike_texts(both) == [("one", "two")]


def test_a_command_file_that_a_skill_hides_is_told(maps: Machine) -> None:
    commands = maps.project / ".claude" / "commands"
    commands.mkdir()
    (commands / "draw.md").write_text("Do something else\n")
    (commands / "other.md").write_text("Something else\n")
    assert finding(maps, "W418").evidence["path"] == str(commands / "draw.md")


def test_what_a_killed_command_left_is_told_and_finished(maps: Machine) -> None:
    (maps.project / ".skillctl" / "stage" / "new").mkdir(parents=True)
    assert codes(maps) == ["W417"]
    assert look(maps, fix=True).mended[0].startswith("finished what a killed command had begun")
    assert codes(maps) == []
    assert not (maps.project / ".skillctl" / "stage").exists()


def test_a_project_that_is_gone_is_told_and_forgotten(maps: Machine) -> None:
    other = maps.home / "other"
    other.mkdir()
    maps.install("maps", cwd=other)
    shutil.rmtree(other)
    assert codes(maps) == ["W419"]
    assert look(maps, fix=True).mended[0].startswith("forgot projects that are gone")
    assert codes(maps) == []


def test_a_project_file_that_can_not_be_read_hides_nothing_else(maps: Machine) -> None:
    (maps.project / ".skillctl" / "stage" / "new").mkdir(parents=True)
    (maps.project / "skillctl.json").write_text("<<<<<<<")
    assert "W417" in codes(maps)
    look(maps, fix=True)


def test_old_backups_are_told_and_never_removed(maps: Machine) -> None:
    old = maps.project / ".skillctl" / "backups" / "1"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    assert codes(maps) == ["W420"]
    assert look(maps, fix=True).mended == ()
    assert old.is_dir()


def test_a_damaged_tree_is_an_error_and_leaves_the_store(maps: Machine) -> None:
    (tree,) = (maps.cache / "store" / "trees").iterdir()
    next(tree.rglob("SKILL.md")).write_text("damaged")
    (maps.cache / "store" / "new" / "half").mkdir(parents=True)
    outcome = look(maps)
    assert not outcome.ok
    assert sorted(each.code for each in outcome.problems) == ["E491", "W421"]
    assert look(maps, fix=True).mended == (
        "fetched again, or took out of the store: 1 damaged tree",
        "took out of the store what killed commands had left",
    )
    assert codes(maps) == []
    next(tree.rglob("SKILL.md")).write_text("damaged")
    shutil.rmtree(maps.registry)
    look(maps, fix=True)
    assert not tree.exists()


def test_what_a_project_has_from_a_directory_is_mended_from_there_and_no_registry_is_asked_for_it(
    maps: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack(maps.home, "private", pack("private"))
    maps.install("../private")
    digest = str(maps.lock["packs"]["private"]["tree"]).partition(":")[2]
    file = maps.cache / "store" / "trees" / digest / "skills/private/SKILL.md"
    whole = file.read_bytes()
    file.write_text("damaged")
    asked: list[str] = []
    real = Registries.asked_for

    def heard(registries: Registries, name: str, *, pin: str = "") -> Sequence[Source]:
        asked.append(name)
        return real(registries, name, pin=pin)

    monkeypatch.setattr(Registries, "asked_for", heard)
    assert any("damaged tree" in each for each in look(maps, fix=True).mended)
    assert file.read_bytes() == whole
    assert "private" not in asked


def test_the_store_is_hashed_once_to_look_and_once_more_after_mending(
    maps: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps.publish(*(pack(f"p{number}") for number in range(5)))
    maps.install(*(f"p{number}" for number in range(5)))
    trees = sorted((maps.cache / "store" / "trees").iterdir())
    next(trees[0].rglob("SKILL.md")).write_text("damaged")
    hashed: Counter[str] = Counter()
    real = Store.is_whole

    def counted(store: Store, tree: str) -> bool:
        hashed[tree] += 1
        return real(store, tree)

    monkeypatch.setattr(Store, "is_whole", counted)
    look(maps)
    assert set(hashed.values()) == {1}
    hashed.clear()
    look(maps, fix=True)
    assert {hashed[f"tree1:{tree.name}"] for tree in trees[1:]} == {2}


def test_a_rehearsal_of_mending_changes_nothing(maps: Machine) -> None:
    shutil.rmtree(maps.project / ".agents")
    look(maps)  # looks at the machine, which is kept in the cache
    before = maps.seen()
    outcome = look(maps, fix=True, dry_run=True)
    assert outcome.mended
    assert outcome.dry_run
    assert maps.seen() == before


def test_what_can_not_be_mended_is_told_and_the_rest_is_mended(maps: Machine) -> None:
    shutil.rmtree(maps.project / ".agents")
    maps.clean()
    shutil.rmtree(maps.registry)
    other = maps.home / "other"
    other.mkdir()
    shutil.copy(maps.room / "state" / "scopes" / next(iter(os.listdir(maps.state / "scopes"))), maps.state / "x")
    (maps.state / "scopes" / ("0" * 32)).write_bytes(os.fsencode(other / "gone"))
    outcome = look(maps, fix=True)
    assert [each.split(":")[0] for each in outcome.mended] == ["forgot projects that are gone"]
    assert {each.severity for each in outcome.problems if each.code != "W412"} == {"error"}


def test_the_command_line_tells_findings_with_their_codes_and_ends_with_1_on_errors_alone(
    maps: Machine, skillctl: Callable[..., Ran]
) -> None:
    shutil.rmtree(maps.project / ".agents")
    ran = skillctl("doctor")
    assert ran.status == 0
    assert "warning W412: " in ran.err
    ran = skillctl("doctor", "--fix")
    assert ran.status == 0
    assert "mended: put back what was missing" in ran.out
    (tree,) = (maps.cache / "store" / "trees").iterdir()
    next(tree.rglob("SKILL.md")).write_text("damaged")
    assert skillctl("doctor", "--json").status == 1

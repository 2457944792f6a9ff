"""The manifest's strict door: what it forgives, and that it tells everything that is wrong, each at its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import ManifestError
from skillctl.core.manifest import (
    Manifest,
    Requires,
    context_patterns,
    examine_manifest,
    manifest_from_json,
    manifest_to_json,
    referred_patterns,
    skill_entries,
)
from skillctl.core.pack_skills import SkillEntry, discovered_skills, skill_file_path, skill_name
from skillctl.core.requirements import Constraint
from skillctl.formats.json_places import located
from skillctl.formats.json_text import dump_json

CASES = Path(__file__).parents[1] / "data" / "manifests"
VALID = {path.stem: json.loads(path.read_bytes()) for path in sorted((CASES / "valid").glob("*.json"))}
INVALID: list[dict[str, Any]] = json.loads((CASES / "invalid.json").read_bytes())

BASE = {"name": "base-pack", "version": "1.0.0", "description": "A pack"}


def manifest(**change: Any) -> Manifest:
    return manifest_from_json({**BASE, **change})


@pytest.mark.parametrize("case", INVALID, ids=[case["case"] for case in INVALID])
def test_every_problem_is_told_with_its_path_line_and_column(case: dict[str, Any]) -> None:
    change, without = case.get("change", {}), case.get("without", [])
    value = case.get("whole", {key: item for key, item in {**BASE, **change}.items() if key not in without})
    with pytest.raises(ManifestError) as caught:
        manifest_from_json(value, file="skill.json")
    problems = located(caught.value.problems, dump_json(value))
    found = [[each.code, each.place.path, each.place.line, each.place.column] for each in problems if each.place]
    assert found == case["problems"]
    assert str(caught.value).startswith(case["problems"][0][0])  # it has words, and the evidence fills them


@pytest.mark.parametrize("name", VALID)
def test_a_valid_manifest_is_written_in_one_form_and_reads_back_the_same(name: str) -> None:
    first = manifest_from_json(VALID[name])
    again = manifest_from_json(manifest_to_json(first))
    assert manifest_to_json(again) == manifest_to_json(first)
    assert (again.skills, again.dependencies, again.requires) == (first.skills, first.dependencies, first.requires)


def test_a_manifest_of_the_classic_fields_is_valid_as_it_stands() -> None:
    classic = manifest_from_json(VALID["classic"])
    assert (classic.name, str(classic.version), classic.author) == ("arcgis", "1.2.0", "A. Person")
    assert {name: str(each.constraint) for name, each in classic.dependencies.items()} == {
        "base": "^1.0.0",
        "raster": ">=1",
        "maps": "*",
    }
    assert classic.skills == (SkillEntry(path="skills/arcgis"), SkillEntry(path="skills/ingest"))
    assert (classic.context_files, classic.hooks_module) == (("CONTEXT.md", "references"), "hooks.py")
    assert classic.unknown == ()


@pytest.mark.parametrize("written", ["skills/a", "skills/a/", "./skills/a", "././skills/a/", "skills/a/SKILL.md"])
def test_a_skill_is_named_by_its_folder_or_its_file(written: str) -> None:
    assert manifest(skills=[written]).skills == (SkillEntry(path="skills/a"),)
    assert manifest(skills=[{"path": written}]).skills == (SkillEntry(path="skills/a"),)


@pytest.mark.parametrize("written", [".", "./", "SKILL.md", "./SKILL.md"])
def test_the_pack_itself_can_be_the_skill(written: str) -> None:
    (entry,) = manifest(skills=[written]).skills or ()
    assert (skill_name(entry, pack="@acme/tools"), skill_file_path(entry)) == ("tools", "SKILL.md")


@pytest.mark.parametrize(
    ("written", "file"),
    [
        ("hooks.py", "hooks.py"),
        ("./hooks.py", "hooks.py"),
        ("hooks", "hooks.py"),
        ("a.b", "a/b.py"),
        ("", ""),
        (None, ""),
    ],
)
def test_hooks_are_a_file_or_a_module(written: str | None, file: str) -> None:
    assert manifest(hooks_module=written).hooks_module == file


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("A", "A"),
        ("", ""),
        (None, ""),
        ({"name": "A"}, "A"),
        ({"name": "A", "email": "a@example.org"}, "A <a@example.org>"),
        ({"name": "A", "url": "https://example.org"}, "A (https://example.org)"),
    ],
)
def test_an_author_is_a_text_or_an_object(written: object, author: str) -> None:
    assert manifest(author=written).author == author


@pytest.mark.parametrize(
    ("written", "constraint"),
    [
        (["base ^1", "base <1.5"], "^1,<1.5"),
        (["base", "base ^1"], "^1"),
        (["base ^1", "base"], "^1"),
        (["base", "base *"], "*"),
    ],
)
def test_a_dependency_that_is_listed_twice_must_meet_both(written: list[str], constraint: str) -> None:
    assert str(manifest(dependencies=written).dependencies["base"].constraint) == constraint


def test_requirements_keep_the_text_that_the_author_wrote() -> None:
    found = manifest(dependencies={"one": "1.2.x", "two": " ^1 "}, requires={"skillctl": ">= 0.1 , <2"})
    assert manifest_to_json(found)["dependencies"] == {"one": "1.2.x", "two": "^1"}
    assert found.requires == Requires(skillctl=Constraint(">= 0.1 , <2"))


def test_keys_that_are_not_known_are_kept_apart_and_not_refused() -> None:
    assert manifest_from_json(VALID["unknown-keys"]).unknown == (
        "$.licence",
        "$.author.www",
        "$.requires.bin",
        "$.permissions.x",
        "$.skills[0].name",
    )


def test_what_is_right_is_still_there_beside_what_is_wrong() -> None:
    found, problems = examine_manifest({**BASE, "version": "1", "skills": ["skills/a", "../b"]})
    assert (found.name, found.skills) == ("base-pack", (SkillEntry(path="skills/a"),))
    assert [each.code for each in problems] == ["E102", "E108"]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["skills/b/SKILL.md", "skills/a/SKILL.md", "skills/a/x.md"], ["skills/a", "skills/b"]),
        (["skills/a/SKILL.md", "SKILL.md"], ["skills/a"]),
        (["SKILL.md", "references/x.md"], ["."]),
        (["skills/grp/a/SKILL.md", "skills/SKILL.md", "other/a/SKILL.md"], []),
        (["skills/a/skill.md", "skills/b/XSKILL.md"], []),
        ([], []),
    ],
)
def test_without_a_list_the_skills_are_found_one_level_deep(paths: list[str], found: list[str]) -> None:
    assert [entry.path for entry in discovered_skills(paths)] == found
    assert [entry.path for entry in skill_entries(manifest(), paths)] == found
    assert skill_entries(manifest(skills=[]), paths) == ()


def test_a_skill_takes_the_packs_context_files_unless_it_has_its_own() -> None:
    found = manifest(
        context_files=["CONTEXT.md"],
        skills=[
            "skills/a",
            {"path": "skills/b", "context_files": ["docs/"]},
            {"path": "skills/c", "context_files": []},
        ],
    )
    assert [context_patterns(found, entry) for entry in found.skills or ()] == [("CONTEXT.md",), ("docs",), ()]


def test_what_the_manifest_refers_to_stays_in_the_tree() -> None:
    found = manifest(
        skills=["skills/a", {"path": "b", "context_files": ["docs/*.md"]}, "."],
        context_files=["CONTEXT.md"],
        hooks_module="hooks",
        plans={"run": "plans/run.json"},
    )
    patterns = referred_patterns(found, found.skills or ())
    assert set(patterns) == {"CONTEXT.md", "plans/run.json", "skills/a", "b", "docs/*.md", "SKILL.md", "hooks.py"}

"""The layout of a pack: which files each skill is installed with, and what a pack may not do to an agent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.errors import ManifestError
from skillctl.core.layout import AGENT_CONFIGURATION, examine_layout, lay_out
from skillctl.core.manifest import Manifest, manifest_from_json
from skillctl.core.paths import find_collisions


def manifest(**members: Any) -> Manifest:
    return manifest_from_json({"name": "maps", "version": "1.0.0", "description": "Maps", **members})


def laid_out(paths: str, **members: Any) -> dict[str, dict[str, str]]:
    return {skill: dict(files) for skill, files in lay_out(manifest(**members), ["skill.json", *paths.split()]).items()}


def problems(paths: str, **members: Any) -> list[tuple[str, str]]:
    """Code and the path in question of everything that is wrong."""
    pack = manifest(**members)
    found = examine_layout(pack, ["skill.json", *paths.split()])[1]
    if found:
        with pytest.raises(ManifestError) as caught:
            lay_out(pack, ["skill.json", *paths.split()])
        assert list(caught.value.problems) == found
        assert all(each.evidence["pack"] == "maps" for each in found)
        assert str(caught.value)  # it has words, and the evidence fills them
    return [(each.code, str(each.evidence.get("path", each.evidence.get("inner", "")))) for each in found]


# Rule 1: a skill is a directory with a SKILL.md, and everything below it


def test_the_example_of_the_module() -> None:
    entry = {"path": "skills/map", "context_files": ["CONTEXT.md"]}
    assert laid_out("skills/map/SKILL.md skills/map/run.py CONTEXT.md", skills=[entry]) == {
        "map": {"SKILL.md": "skills/map/SKILL.md", "run.py": "skills/map/run.py", "CONTEXT.md": "CONTEXT.md"}
    }


def test_everything_below_the_skills_directory_comes_with_it_and_nothing_beside() -> None:
    paths = "skills/a/SKILL.md skills/a/x/y/z.md skills/ab/SKILL.md skills/README.md hooks.py"
    assert laid_out(paths) == {
        "a": {"SKILL.md": "skills/a/SKILL.md", "x/y/z.md": "skills/a/x/y/z.md"},
        "ab": {"SKILL.md": "skills/ab/SKILL.md"},
    }


def test_skills_may_lie_anywhere_if_they_are_named() -> None:
    paths = "deep/er/a/SKILL.md b/SKILL.md skills/c/SKILL.md"
    assert list(laid_out(paths, skills=["deep/er/a", "b"])) == ["a", "b"]
    assert list(laid_out(paths)) == ["c"]


@pytest.mark.parametrize("paths", ["", "README.md", "skills/a/README.md"])
def test_a_pack_without_skills_has_an_empty_layout(paths: str) -> None:
    assert laid_out(paths) == {}
    assert laid_out(f"{paths} skills/b/SKILL.md", skills=[]) == {}


@pytest.mark.parametrize(
    ("paths", "missing"),
    [
        ("skills/a/README.md", "skills/a/SKILL.md"),
        ("skills/a/skill.md", "skills/a/SKILL.md"),
        ("skills/a/Skill.md", "skills/a/SKILL.md"),
        ("skills/a/SKILL.md/x", "skills/a/SKILL.md"),
        ("skills/A/SKILL.md", "skills/a/SKILL.md"),
        ("", "skills/a/SKILL.md"),
    ],
)
def test_a_named_skill_needs_its_file_to_the_letter(paths: str, missing: str) -> None:
    assert problems(paths, skills=["skills/a"]) == [("E141", missing)]


def test_a_root_skill_needs_its_file_too() -> None:
    assert problems("README.md", skills=["."]) == [("E141", "SKILL.md")]


# Rule 2: context files come along under their path in the pack


@pytest.mark.parametrize(
    ("patterns", "taken"),
    [
        (["CONTEXT.md"], ["CONTEXT.md"]),
        (["./CONTEXT.md"], ["CONTEXT.md"]),
        (["references"], ["references/a.md", "references/deep/b.md", "references/c.txt"]),
        (["references/"], ["references/a.md", "references/deep/b.md", "references/c.txt"]),
        (["references/*.md"], ["references/a.md"]),
        (["references/**/*.md"], ["references/a.md", "references/deep/b.md"]),
        (["**/b.md", "*.md"], ["CONTEXT.md", "references/deep/b.md"]),
        (["references/?.md"], ["references/a.md"]),
        (["nothing"], []),
        (["context.md"], []),
        ([], []),
    ],
)
def test_context_files_are_files_folders_and_globs(patterns: list[str], taken: list[str]) -> None:
    paths = "skills/a/SKILL.md CONTEXT.md references/a.md references/deep/b.md references/c.txt other/x.py"
    layout = laid_out(paths, context_files=patterns)
    assert layout == {"a": {"SKILL.md": "skills/a/SKILL.md", **{path: path for path in taken}}}


def test_the_packs_context_goes_to_every_skill_that_does_not_say_otherwise() -> None:
    paths = "skills/a/SKILL.md skills/b/SKILL.md skills/c/SKILL.md CONTEXT.md only-b.md"
    skills = [
        "skills/a",
        {"path": "skills/b", "context_files": ["only-b.md"]},
        {"path": "skills/c", "context_files": []},
    ]
    layout = laid_out(paths, skills=skills, context_files=["CONTEXT.md"])
    assert {skill: sorted(files) for skill, files in layout.items()} == {
        "a": ["CONTEXT.md", "SKILL.md"],
        "b": ["SKILL.md", "only-b.md"],
        "c": ["SKILL.md"],
    }


def test_one_skill_may_bring_a_file_of_another_as_context() -> None:
    layout = laid_out("skills/a/SKILL.md skills/b/SKILL.md skills/b/x.md", context_files=["skills/b/x.md"])
    assert layout["a"]["skills/b/x.md"] == "skills/b/x.md"
    assert layout["b"] == {"SKILL.md": "skills/b/SKILL.md", "x.md": "skills/b/x.md", "skills/b/x.md": "skills/b/x.md"}


# Rule 3: the skill's name


def test_a_skill_is_called_like_its_directory_and_a_root_skill_like_the_pack() -> None:
    assert list(laid_out("skills/a/SKILL.md")) == ["a"]
    assert list(laid_out("SKILL.md")) == ["maps"]
    assert list(laid_out("SKILL.md", name="@acme/charts")) == ["charts"]


def test_a_root_skill_is_the_whole_pack_and_its_context_is_there_already() -> None:
    files = laid_out("SKILL.md CONTEXT.md references/a.md", context_files=["CONTEXT.md", "references"])["maps"]
    assert files == {path: path for path in ("SKILL.md", "CONTEXT.md", "references/a.md", "skill.json")}


def test_the_root_is_a_skill_only_where_there_is_no_other() -> None:
    assert list(laid_out("SKILL.md skills/a/SKILL.md")) == ["a"]


# Rule 4: what a pack may not do


@pytest.mark.parametrize(
    ("own", "context"),
    [
        ("SKILL.md", "SKILL.md"),
        ("CONTEXT.md", "CONTEXT.md"),
        ("context.md", "CONTEXT.md"),
        ("references/a.md", "references/a.md"),
        ("References/A.md", "references/a.md"),
        ("straße.md", "STRASSE.md"),
        ("references", "references/a.md"),
        ("References", "references/deep/a.md"),
        ("notes/a.md", "notes"),
        ("notes/deep/a.md", "notes"),
        ("References/b.md", "references/a.md"),
        ("x/References/b.md", "x/references/a.md"),
    ],
)
def test_a_context_file_that_meets_the_skills_own_is_an_error(own: str, context: str) -> None:
    paths = " ".join(sorted({"skills/a/SKILL.md", f"skills/a/{own}", context}))
    assert problems(paths, context_files=[context]) == [("E142", context)]
    assert problems(paths, skills=[{"path": "skills/a", "context_files": [context]}]) == [("E142", context)]
    assert problems(paths, skills=[{"path": "skills/a", "context_files": []}], context_files=[context]) == []


@pytest.mark.parametrize(("own", "context"), [("a.md", "references/a.md"), ("references/b.md", "references/a.md")])
def test_files_that_share_a_directory_or_a_name_do_not_meet(own: str, context: str) -> None:
    assert problems(f"skills/a/SKILL.md skills/a/{own} {context}", context_files=[context]) == []


def test_two_skills_of_one_name_are_an_error_that_names_both() -> None:
    found = examine_layout(manifest(skills=["x/a", "y/a"]), ["x/a/SKILL.md", "y/a/SKILL.md"])[1]
    assert [(each.code, each.evidence["skill"], each.evidence["paths"]) for each in found] == [
        ("E140", "a", ["x/a", "y/a"])
    ]
    assert problems("skills/a/SKILL.md", skills=["skills/a", "./skills/a/SKILL.md"]) == [("E140", "")]


@pytest.mark.parametrize(
    ("skills", "inner"),
    [
        (["skills/a", "skills/a/b"], ["skills/a/b"]),
        (["skills/a/b", "skills/a"], ["skills/a/b"]),
        (["skills/a", "skills/a/x/b"], ["skills/a/x/b"]),
        ([".", "skills/a"], ["skills/a"]),
        (["skills/a", "skills/a/b", "skills/a/b/c"], ["skills/a/b", "skills/a/b/c", "skills/a/b/c"]),
        (["skills/a", "skills/ab"], []),
        (["a/b", "a/c"], []),
    ],
)
def test_a_skill_inside_another_is_an_error(skills: list[str], inner: list[str]) -> None:
    paths = " ".join("SKILL.md" if skill == "." else f"{skill}/SKILL.md" for skill in skills)
    assert problems(paths, skills=skills) == [("E143", path) for path in inner]


@pytest.mark.parametrize(
    "path",
    [".claude/settings.json", ".mcp.json", "CLAUDE.md", "claude.MD", "x/Claude.md", ".CLAUDE/x", "x/.Cursor/rules/y"],
)
def test_files_that_configure_an_agent_are_an_error_wherever_they_come_from(path: str) -> None:
    assert problems(f"skills/a/SKILL.md skills/a/{path}") == [("E144", path)]
    assert problems(f"skills/a/SKILL.md {path}", context_files=[path]) == [("E144", path)]
    assert problems(f"SKILL.md {path}") == [("E144", path)]
    assert problems(f"skills/a/SKILL.md {path}") == []  # it is installed nowhere


@pytest.mark.parametrize("name", sorted(AGENT_CONFIGURATION))
def test_every_configuration_name_is_refused_as_file_and_as_directory(name: str) -> None:
    assert problems(f"skills/a/SKILL.md skills/a/{name.upper()}") == [("E144", name.upper())]
    assert problems(f"skills/a/SKILL.md skills/a/{name}/x") == [("E144", f"{name}/x")]
    assert problems(f"skills/a/SKILL.md skills/a/x{name} skills/a/{name}x") == []


def test_letters_that_fold_to_a_configuration_name_are_that_name() -> None:
    assert problems("skills/a/SKILL.md skills/a/.curſor/x") == [("E144", ".curſor/x")]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    paths = "skills/a/SKILL.md skills/a/CONTEXT.md skills/a/.mcp.json skills/b/README.md CONTEXT.md"
    assert problems(paths, skills=["skills/a", "skills/b"], context_files=["CONTEXT.md"]) == [
        ("E142", "CONTEXT.md"),
        ("E144", ".mcp.json"),
        ("E141", "skills/b/SKILL.md"),
    ]


# What holds for every layout

files = st.tuples(
    st.sampled_from(["", "skills/a/", "skills/b/", "skills/a/deep/", "b/", "a/b/", "A/"]),
    st.sampled_from(["SKILL.md", "x.md", "X.md", "y/x.md", "b", "CLAUDE.md"]),
).map("".join)
trees = st.sets(files, max_size=10).map(sorted)
patterns = st.lists(st.sampled_from(["a", "b", "x.md", "**/*.md", "*", "skills/b", "A"]), max_size=2)


@given(
    trees,
    patterns,
    st.none() | st.lists(st.sampled_from(["skills/a", "skills/b", "b", "a/b"]), max_size=2, unique=True),
)
def test_a_layout_is_the_same_files_and_they_can_lie_together(
    tree: list[str], context: list[str], skills: list[str] | None
) -> None:
    if find_collisions(tree):
        return
    named = {} if skills is None else {"skills": skills}
    layout, found = examine_layout(manifest(context_files=context, **named), tree)
    for files in layout.values():
        assert set(files.values()) <= set(tree)
        assert all(origin == path or origin.endswith(f"/{path}") for path, origin in files.items())
        assert find_collisions(sorted(files)) == []
        assert found or "SKILL.md" in files
    again, found_again = examine_layout(manifest(context_files=context, **named), reversed(tree))
    assert [(skill, list(files.items())) for skill, files in layout.items()] == [
        (skill, list(files.items())) for skill, files in again.items()
    ]
    assert found == found_again

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.tree import is_executable, is_ignored, matches_any, tree_files

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "vectors" / "paths.json").read_text("utf-8"))

FILES = [
    "CONTEXT.md",
    "README.md",
    "drafts/a.md",
    "drafts/deep/b.md",
    "references/a.md",
    "references/b.txt",
    "references/deep/c.md",
    "skill.json",
    "skills/x/SKILL.md",
]


@pytest.mark.parametrize("path", VECTORS["ignored"])
def test_what_machines_leave_behind_is_not_of_the_tree(path: str) -> None:
    assert is_ignored(path)
    assert is_ignored("some/" + path)
    assert tree_files([path], always=[path]) == []


@pytest.mark.parametrize("path", VECTORS["kept"])
def test_what_an_author_may_have_written_stays(path: str) -> None:
    assert not is_ignored(path)


def test_a_walk_can_stop_at_an_ignored_directory() -> None:
    assert is_ignored(".git")
    assert not is_ignored("skills")


@pytest.mark.parametrize(
    ("patterns", "kept"),
    [
        ([], FILES),
        (["**"], FILES),
        (["*"], FILES),
        (["!drafts"], [path for path in FILES if not path.startswith("drafts")]),
        (["!drafts/"], [path for path in FILES if not path.startswith("drafts")]),
        (["!**/*.md"], ["references/b.txt", "skill.json"]),
        (["!*.md"], [path for path in FILES if path not in ("CONTEXT.md", "README.md")]),
        (["references"], ["references/a.md", "references/b.txt", "references/deep/c.md", "skill.json"]),
        (["references/"], ["references/a.md", "references/b.txt", "references/deep/c.md", "skill.json"]),
        (["references/*.md"], ["references/a.md", "skill.json"]),
        (["references/**/*.md"], ["references/a.md", "references/deep/c.md", "skill.json"]),
        (["references", "!references/deep"], ["references/a.md", "references/b.txt", "skill.json"]),
        (["!references/deep", "references"], ["references/a.md", "references/b.txt", "skill.json"]),
        (["**/deep/**"], ["drafts/deep/b.md", "references/deep/c.md", "skill.json"]),
        (["**/?.md", "!drafts"], ["references/a.md", "references/deep/c.md", "skill.json"]),
        (["nothing"], ["skill.json"]),
        (["!skill.json"], FILES),
        (["context.md"], ["skill.json"]),
        (["skills/[x]/*", "{README,CONTEXT}.md"], ["skill.json"]),
    ],
)
def test_files_chooses_by_globs(patterns: list[str], kept: list[str]) -> None:
    assert tree_files(reversed(FILES), patterns=patterns) == kept


def test_what_the_manifest_refers_to_stays() -> None:
    found = tree_files(FILES, patterns=["README.md", "!skills", "!references"], always=["skills/x", "references/*.md"])
    assert found == ["README.md", "references/a.md", "skill.json", "skills/x/SKILL.md"]


def test_nothing_is_kept_twice_or_out_of_order() -> None:
    assert tree_files(["b", "a", "é", "😀", "～"]) == ["a", "b", "é", "～", "😀"]


def _as_expression(pattern: str) -> str:
    """The meaning of a glob as a regular expression, for short ones."""
    expression = ""
    for part in pattern.split("/"):
        if part == "**":
            expression += "(?:[^/]+/)*"
        else:
            expression += "".join({"*": "[^/]*", "?": "[^/]"}.get(each, re.escape(each)) for each in part) + "/"
    return expression


_PATTERNS = st.lists(st.text("ab*?", min_size=1, max_size=4) | st.just("**"), min_size=1, max_size=4).map("/".join)
_PATHS = st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@given(_PATTERNS.filter(lambda pattern: "***" not in pattern), _PATHS)
@settings(max_examples=500)
def test_a_glob_means_what_its_regular_expression_means(pattern: str, path: str) -> None:
    assert matches_any(path, [pattern]) == (re.match(_as_expression(pattern), path + "/") is not None)


def test_no_glob_takes_long() -> None:
    path = "/".join(["a" * 18] * 12)
    started = time.process_time()
    assert not matches_any(path, ["*a" * 100 + "b", "**/*a" * 50 + "/b", "**/" * 80 + "b"])
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("data", "answer"),
    [(b"#!", True), (b"#!/bin/sh\n", True), (b"", False), (b"#", False), (b" #!", False), (b"!#", False)],
)
def test_a_file_is_executable_by_its_first_two_bytes(data: bytes, answer: bool) -> None:
    assert is_executable(data) is answer

"""The validator: each rule of a pack, the place where it is broken, and what skills cost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.tokens import ContextCost, estimated_tokens, listing_tokens
from skillctl.core.wording import worded
from skillctl.formats.checks import check_pack, examine_pack
from skillctl.formats.json_text import dump_json
from skillctl.formats.links import references
from tests.support.packs import pack

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "manifests" / "packs.json").read_bytes())
CASES: list[dict[str, Any]] = TABLE["cases"]


def pack_of(case: dict[str, Any]) -> dict[str, bytes]:
    """The good pack of the table with the case's changes; null takes something out."""
    manifest = {
        key: value for key, value in {**TABLE["manifest"], **case.get("manifest", {})}.items() if value is not None
    }
    files = {"skill.json": dump_json(manifest).decode(), **TABLE["files"], **case.get("files", {})}
    return {path: bytes_of(content) for path, content in files.items() if content is not None}


def bytes_of(content: str | dict[str, str]) -> bytes:
    return content.encode() if isinstance(content, str) else bytes.fromhex(content["hex"])


def found_in(problems: list[Problem]) -> list[list[object]]:
    places = [(each.code, each.place or Place()) for each in problems]
    return [[code, place.file, place.path, place.line, place.column] for code, place in places]


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_broken_rule_is_told_at_its_place(case: dict[str, Any]) -> None:
    problems = check_pack(pack_of(case))
    assert found_in(problems) == case["problems"]
    assert all(worded(each).title for each in problems)


def test_the_severity_is_that_of_the_code() -> None:
    case = next(case for case in CASES if case["case"] == "tools in brackets")
    assert {each.severity for each in check_pack(pack_of(case))} == {"warning"}


def test_places_begin_with_the_prefix_that_was_given() -> None:
    problems = check_pack({"skill.json": b"[]"}, prefix="packs/base/")
    assert [each.place and each.place.file for each in problems] == ["packs/base/skill.json"]


def test_problems_come_in_the_order_of_files_and_lines_the_manifest_first() -> None:
    files = {"skill.json": b"{}", "skills/b/SKILL.md": b"", "skills/a/SKILL.md": b"---\nname: x\n---\nx [y](z.md)\n"}
    places = [(each.place.file, each.place.line) for each in check_pack(files) if each.place]
    assert places == [
        *[("skill.json", 1)] * 3,
        *[("skills/a/SKILL.md", 1), ("skills/a/SKILL.md", 2), ("skills/a/SKILL.md", 4)],
        ("skills/b/SKILL.md", 1),
    ]


class Lazy(Mapping[str, bytes]):
    """Files that are read when they are asked for, and counted."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.reads: list[str] = []

    def __getitem__(self, path: str) -> bytes:
        self.reads.append(path)
        return self.files[path]

    def __contains__(self, path: object) -> bool:
        return path in self.files

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def test_each_file_is_read_once_and_what_is_left_out_never() -> None:
    lazy = Lazy(pack_of({"manifest": {"files": ["!drafts"]}, "files": {"drafts/x.md": "x", ".git/config": "x"}}))
    check_pack(lazy)
    assert sorted(lazy.reads) == sorted(path for path in lazy.files if not path.startswith(("drafts", ".git")))


def test_the_cost_of_a_skill_is_its_line_in_the_list_its_body_and_its_context() -> None:
    files = pack_of({"files": {"CONTEXT.md": "x" * 401}})
    body = files["skills/one/SKILL.md"].partition(b"---\n\n")[2]
    description = "Does one thing. Use it when asked."
    (cost,) = examine_pack(files).costs
    assert cost == ContextCost(
        skill="one",
        always_on=listing_tokens("one", description),
        on_demand=estimated_tokens(b"\n" + body),
        context_files=101,
    )


@pytest.mark.parametrize(("data", "tokens"), [(b"", 0), (b"a", 1), (b"abcd", 1), (b"abcde", 2), ("é€😀".encode(), 3)])
def test_tokens_are_bytes_divided_by_four_rounded_up(data: bytes, tokens: int) -> None:
    assert estimated_tokens(data) == tokens


paths = st.sampled_from(
    ["skill.json", "SKILL.md", "skills/a/SKILL.md", "skills/a/skill.md", "skills/a/b/SKILL.md", "CONTEXT.md", "a/../b"]
)
contents = st.binary(max_size=30) | st.sampled_from(
    [
        b'{"skills": ["skills/a", "skills/a/b"], "context_files": ["**"]}',
        b'{"name": "ab", "version": "1.0.0", "description": "x", "hooks_module": "h", "files": ["!**"]}',
        b"---\nname: a\ndescription: x\n---\n[x](../../../y.md) [z](%ff.md) scripts/../..\n",
        "---\nname: [a]\nmetadata: {x: [y]}\n---\n\u202e".encode(),
    ]
)


@given(st.dictionaries(paths, contents, max_size=5))
@settings(max_examples=150)
def test_any_files_give_problems_with_words_and_never_an_error(files: dict[str, bytes]) -> None:
    for each in check_pack(files):
        assert worded(each).title
        assert each.place


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "](" * 50_000,
        "`" * 50_000,
        "```\n" * 20_000,
        "references/" * 20_000,
        "scripts/" + "a" * 200_000 + "{",
    ],
)
def test_no_text_makes_looking_for_links_slow(text: str) -> None:
    assert len(list(references(text))) <= 2


@pytest.mark.parametrize(
    ("written", "example"),
    [("apache 2.0", "Apache-2.0"), ("MIT License", "MIT"), ("mine", "MIT"), ("BSD 3 Clause", "BSD-3-Clause")],
)
def test_a_licence_in_other_letters_is_understood(written: str, example: str) -> None:
    (found,) = (each for each in check_pack(pack("tiny", license=written)) if each.code == "W101")
    assert found.evidence["example"] == example

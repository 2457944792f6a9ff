"""What is mechanical is mended, byte for byte what was meant and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.formats.checks import examine_pack
from skillctl.formats.fixes import fixed_pack
from tests.support.packs import pack

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "validation" / "fixes.json").read_bytes()
)["cases"]


def mended(files: dict[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    changes, fixes = fixed_pack(files)
    return {path: data for path, data in {**files, **changes}.items() if data is not None}, [
        each.rule for each in fixes
    ]


def files_of(case: dict[str, Any], key: str) -> dict[str, bytes]:
    return {
        **pack("tiny", skills=case.get("skills", ["one"]), license="MIT"),
        **{path: text.encode() for path, text in case[key].items()},
    }


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_pack_is_mended_to_the_byte(case: dict[str, Any]) -> None:
    before = files_of(case, "before")
    after, rules = mended(before)
    expected = {path: text.encode() for path, text in case["after"].items()}
    assert {path: after.get(path) for path in expected} == expected
    assert rules == case["rules"]
    untouched = before.keys() - case["before"].keys()
    assert all(after[path] == before[path] for path in untouched)
    assert len(after) == len(before)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_mending_what_is_mended_changes_nothing(case: dict[str, Any]) -> None:
    after, _ = mended(files_of(case, "before"))
    assert fixed_pack(after) == ({}, [])


FRONT = st.lists(
    st.sampled_from(
        [
            *("name: one", "name: One", "name: 'two' # why", "description: Use when: asked", "description: plain"),
            *('description: "quoted: text"', "allowed-tools: [Read, Grep]", "allowed-tools: Read, Bash(git:*)"),
            *("allowed-tools:", "  - Read", "  - Grep # why", "license: MIT", "x-own: {a: b}", "# a comment", "  more"),
            *("description: |", "metadata:", "  a: b: c", "allowed-tools: [Read, [Grep]]", "name: &a one"),
        ]
    ),
    max_size=7,
)


@given(FRONT, st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=60)
def test_no_byte_is_lost_that_is_not_understood(lines: list[str], end: str, mark: bool) -> None:
    body = f"{end}Do it: [all] of `it`.  {end}# no comment{end}"
    text = end.join(["---", *lines, "---"]) + end + body
    files = {**pack("tiny", skills=["one"]), "skills/one/SKILL.md": ("\ufeff" * mark + text).encode()}
    after, rules = mended(files)
    data = after["skills/one/SKILL.md"].decode()
    assert data.endswith(f"---{end}{body}")
    kept = [line for line in lines if line.lstrip().startswith(("#", "license", "x-own", "metadata", "more"))]
    assert [line for line in data.split(end) if line in kept and line] == kept or not rules
    assert data.count("# why") == text.count("# why")
    assert fixed_pack(after) == ({}, [])
    worse = {each.code for each in examine_pack(after).problems} - {each.code for each in examine_pack(files).problems}
    assert not worse or "E168" in rules

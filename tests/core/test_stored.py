"""A store's record: what was worked out once reads back, and a record that does not fit together is none."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.digests import digest_of_lines, entry_line, file_entry
from skillctl.core.errors import ManifestError
from skillctl.core.skill_asks import PackAsks, SkillAsks
from skillctl.core.stored import StoredPack, StoredSkill, stored_from_json, stored_to_json

ENTRIES = [file_entry("CONTEXT.md", b"context"), file_entry("skills/a b/SKILL.md", b"skill")]
LINES = [entry_line(each) for each in ENTRIES]
PACK = StoredPack(
    name="@acme/maps",
    version="1.2.0-rc.1",
    tree=digest_of_lines([entry_line(each) for each in ENTRIES]),
    lines=tuple(entry_line(each) for each in ENTRIES),
    skills={
        "map": StoredSkill(
            description="Draw maps", tokens=7, on_demand=40, files={"SKILL.md": LINES[1], "CONTEXT.md": LINES[0]}
        ),
        "bare": StoredSkill(description="", tokens=0, files={}),
    },
    requires={"bins": ("git", "gdal"), "skillctl": (">=1",)},
    asks=PackAsks(skills={"map": SkillAsks(shell=("date",))}, network=("example.com",)),
)


def read(value: Any) -> StoredPack:
    return stored_from_json(value, file="record")


def test_a_record_reads_back() -> None:
    written = stored_to_json(PACK)
    assert read(json.loads(json.dumps(written))) == PACK
    assert stored_to_json(read(written)) == written


def test_the_layout_of_a_skill_leads_to_the_files_of_the_tree() -> None:
    assert PACK.skills["map"].files == {"SKILL.md": LINES[1], "CONTEXT.md": LINES[0]}
    assert PACK.skills["bare"].files == {}


def test_the_lines_of_a_record_show_its_tree() -> None:
    assert digest_of_lines(read(stored_to_json(PACK)).lines) == PACK.tree


def test_what_a_later_minor_version_added_is_passed_over() -> None:
    assert read({**stored_to_json(PACK), "format": "1.9", "more": 1}) == PACK


def test_a_record_of_a_program_that_did_not_look_says_nothing_of_what_is_asked() -> None:
    written = {key: value for key, value in stored_to_json(PACK).items() if key != "asks"}
    assert read(written).asks is None


BROKEN: list[tuple[str, tuple[str, ...], Any]] = [
    ("E148", ("format",), "2.0"),
    ("E146", ("name",), None),
    ("E146", ("version",), 1),
    ("E146", ("tree",), None),
    ("E146", ("files",), {"a": "b"}),
    ("E146", ("files",), [1]),
    ("E146", ("files",), []),
    ("E146", ("files",), ["one word"]),
    ("E146", ("requires",), ["git"]),
    ("E146", ("requires",), {"bins": "git"}),
    ("E146", ("asks",), []),
    ("E146", ("asks", "network"), "example.com"),
    ("E146", ("asks", "skills", "map"), []),
    ("E146", ("skills",), []),
    ("E146", ("skills", "map"), None),
    ("E146", ("skills", "map", "description"), None),
    ("E146", ("skills", "map", "tokens"), -1),
    ("E146", ("skills", "map", "tokens"), True),
    ("E146", ("skills", "map", "files"), ["SKILL.md"]),
    ("E146", ("skills", "map", "files"), {"SKILL.md": "skills/other/SKILL.md"}),
    ("E146", ("skills", "map", "files", "SKILL.md"), 1),
]


@pytest.mark.parametrize(("code", "path", "value"), BROKEN)
def test_a_record_that_does_not_fit_together_is_refused(code: str, path: tuple[str, ...], value: Any) -> None:
    record: Any = copy.deepcopy(json.loads(json.dumps(stored_to_json(PACK))))
    inner = record
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(ManifestError) as caught:
        read(record)
    assert caught.value.code == code


@given(
    st.dictionaries(st.text(max_size=5), st.binary(max_size=4), max_size=4),
    st.text(max_size=8),
    st.integers(0, 10**9),
)
def test_any_tree_reads_back_and_keeps_its_layout(files: dict[str, bytes], description: str, tokens: int) -> None:
    entries = {path: file_entry(path, data) for path, data in files.items()}
    lines = tuple(entry_line(each) for each in entries.values())
    skill = StoredSkill(
        description=description, tokens=tokens, files={f"in {path}": entry_line(each) for path, each in entries.items()}
    )
    pack = StoredPack(name="maps", version="1.0.0", tree=digest_of_lines(lines), lines=lines, skills={"map": skill})
    again = read(json.loads(json.dumps(stored_to_json(pack))))
    assert again == pack
    assert again.skills["map"].files == {f"in {path}": entry_line(entry) for path, entry in entries.items()}

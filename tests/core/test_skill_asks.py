"""What skills do by themselves or ask for is found in their text and front matter, and told once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.fields import Fields
from skillctl.core.skill_asks import (
    Ask,
    PackAsks,
    SkillAsks,
    asks_from_fields,
    asks_of_unreadable,
    asks_to_json,
    newly_asked,
    no_asks,
    shell_blocks,
    skill_asks,
)
from skillctl.core.skill_file import SkillFile
from skillctl.formats.front_matter import skill_facts
from skillctl.formats.skill_checks import check_skill_file

TEXTS = st.lists(st.text(max_size=6), max_size=3, unique=True).map(tuple)
ASKS = st.builds(
    PackAsks,
    skills=st.dictionaries(
        st.text(max_size=4), st.builds(SkillAsks, shell=TEXTS, tools=TEXTS, hooks=TEXTS).filter(bool), max_size=3
    ),
    hooks_module=st.text(max_size=4),
    tools=TEXTS,
    network=TEXTS,
    paths=TEXTS,
)


def facts(text: str) -> SkillAsks:
    return skill_facts(text.encode(), file="SKILL.md").asks


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("Branch: !`git branch`", ["git branch"]),
        ("!`a` and !`b`", ["a", "b"]),
        ("no space before!`it`", ["it"]),
        ("!`one\nand two`", ["one\nand two"]),
        ("```!\nmake\nmake test\n```\nthen !`date`", ["make\nmake test", "date"]),
        ("```! whoami\n```", ["whoami"]),
        ("````!\nls\n````", ["ls"]),
        ("```!\nnever closed", ["never closed"]),
        ("```sh\nls\n```", []),
        ("Wow! `code`", []),
        ("!`` and !`  `", []),
        ("!`never closed", []),
        ("", []),
    ],
)
def test_commands_that_run_when_a_skill_is_loaded_are_found(text: str, commands: list[str]) -> None:
    assert list(shell_blocks(text)) == commands


@pytest.mark.parametrize(
    ("front", "tools"),
    [
        ("Read, Bash(git log:*)", ("Read", "Bash(git log:*)")),
        ("Read Grep", ("Read", "Grep")),
        ("[Read, 'Bash(a, b)']", ("Read", "Bash(a, b)")),
        ("\n  - Read\n  - Read\n  - Write", ("Read", "Write")),
        ("", ()),
    ],
)
def test_allowed_tools_are_read_in_every_form_that_clients_read(front: str, tools: tuple[str, ...]) -> None:
    assert facts(f"---\nname: a\ndescription: b\nallowed-tools: {front}\n---\ntext\n").tools == tools


def test_hooks_are_told_with_their_event() -> None:
    hooks = (
        "hooks:\n  PreToolUse:\n    - matcher: Bash\n      hooks:\n        - type: command\n          command: ./a.sh\n"
        "  Stop:\n    - hooks:\n        - type: prompt\n          prompt: Are you done?\n        - type: odd\n"
    )
    found = facts(f"---\nname: a\ndescription: b\n{hooks}---\ntext\n").hooks
    assert found == ("PreToolUse Bash: ./a.sh", "Stop: Are you done?", "Stop: (something of another kind)")


def test_a_skill_that_clients_load_although_its_front_matter_is_broken_hides_nothing() -> None:
    broken = "---\nname: a: b\nallowed-tools: Bash\n---\n!`id`\n"
    assert facts(broken) == asks_of_unreadable(broken) == SkillAsks(shell=("id",), tools=("Bash",))
    assert facts("no front matter at all, !`id`").shell == ("id",)


def test_what_is_new_is_told_and_what_was_there_is_not() -> None:
    before = PackAsks(skills={"a": SkillAsks(shell=("date",))}, network=("one.example",))
    after = PackAsks(skills={"a": SkillAsks(shell=("date", "id"))}, hooks_module="hooks.py", network=("one.example",))
    assert newly_asked(before, after) == (
        Ask(kind="shell", what="id", skill="a"),
        Ask(kind="hooks module", what="hooks.py"),
    )


def test_skills_that_are_not_taken_ask_for_nothing() -> None:
    asks = PackAsks(skills={"a": SkillAsks(shell=("id",)), "b": SkillAsks(tools=("Bash",))}, paths=("~",))
    assert [each.what for each in asks.of_skills(frozenset({"b"})).asks()] == ["Bash", "~"]


@given(ASKS)
def test_what_is_asked_reads_back(asks: PackAsks) -> None:
    written = json.loads(json.dumps(asks_to_json(asks)))
    assert asks_from_fields(Fields(written, file="record")) == asks


@given(ASKS, ASKS)
def test_nothing_is_new_against_itself_and_all_of_it_against_nothing(one: PackAsks, other: PackAsks) -> None:
    assert newly_asked(one, one) == ()
    assert newly_asked(no_asks(), one) == one.asks()
    assert set(newly_asked(one, other)) == set(other.asks()) - set(one.asks())


@given(st.text(alphabet="`! \na", max_size=30))
def test_validation_notes_the_lines_of_what_installing_tells(body: str) -> None:
    skill = SkillFile(front={"name": "a", "description": "b"}, body=body, body_line=1, lines={})
    found = [each for each in check_skill_file(skill, file="SKILL.md", name="a") if each.code == "N113"]
    noted = [each.place.line for each in found if each.place]
    assert bool(noted) == bool(skill_asks(skill.front, body).shell)
    assert all("!" in body.split("\n")[line - 1] for line in noted)


@given(st.text(alphabet="`! \na", max_size=30))
def test_no_text_is_too_odd_to_be_looked_through(text: str) -> None:
    assert all(each.strip() for each in shell_blocks(text))

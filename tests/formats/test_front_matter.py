"""SKILL.md front matter: what is refused and where, what is read, and that every reader inside gives one answer."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.errors import ManifestError
from skillctl.core.limits import LIMITS
from skillctl.core.skill_file import FrontValue
from skillctl.formats.front_matter import Front, read_easily, read_skill_file, read_yaml, skill_facts

CASES = Path(__file__).parents[1] / "data" / "front_matter"
REFUSED: list[dict[str, Any]] = json.loads((CASES / "refused.json").read_bytes())
ACCEPTED: list[dict[str, Any]] = json.loads((CASES / "accepted.json").read_bytes())

SIGNS = [
    *("a", "b: ", "- ", "\n", "\n  ", "  ", " ", "key:", "'", '"', "[", "]", "{", "}", ",", ":", "#", " #", "|", ">-"),
    *("?", "\t", "\\n", "---", "...", "é", "1.10", "~", "%", "@", "`", "x: y\n", "\r\n", "\x85", "!", "&a", "*a", "<<"),
    *("key: v\n", "k: 'x y'\n", "m:\n  a: b\n", "  c: d\n", 'q: "x"\n', "\u00a0", "\u2028", "\ufeff", "\\", "-"),
]
blocks = st.lists(st.sampled_from(SIGNS), max_size=10).map(lambda signs: "".join(signs) + "\n")
words = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12)


def plain(value: FrontValue) -> Any:
    """The value as JSON has it."""
    if isinstance(value, str):
        return value
    return [plain(item) for item in value] if isinstance(value, tuple) else {k: plain(v) for k, v in value.items()}


@pytest.mark.parametrize("case", REFUSED, ids=[case["case"] for case in REFUSED])
def test_front_matter_that_breaks_a_rule_is_refused_at_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(ManifestError) as caught:
        read_skill_file(case["text"].encode(), file="SKILL.md")
    problem = caught.value.problems[0]
    assert problem.place is not None
    assert (problem.code, [problem.place.line, problem.place.column]) == (case["code"], case["at"])
    assert str(caught.value).startswith(case["code"])


@pytest.mark.parametrize("case", ACCEPTED, ids=[case["case"] for case in ACCEPTED])
def test_front_matter_within_the_rules_is_read(case: dict[str, Any]) -> None:
    skill = read_skill_file(case["text"].encode(), file="SKILL.md")
    assert plain(skill.front) == case["front"]
    assert (skill.body, skill.body_line) == (case["body"], case["body_line"])
    assert (skill.lines, list(skill.flow)) == (case["lines"], case["flow"])


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(ManifestError, match="E151"):
        read_skill_file(b"---\nname: \xff\n---\n", file="SKILL.md")


def yaml_answer(block: str) -> Front | tuple[str, str]:
    try:
        return read_yaml(block, file="f")
    except ManifestError as error:
        return error.code, str(error.problems[0].place)


@given(blocks)
@settings(max_examples=300)
def test_the_quick_reader_agrees_with_yaml_wherever_it_answers(block: str) -> None:
    easy = read_easily(block)
    if easy is not None:
        assert easy == yaml_answer(block)


@given(st.sampled_from(["name", "metadata", "x-1"]), words, st.sampled_from(["", '"', "'"]), st.booleans())
@settings(max_examples=300)
def test_the_quick_reader_agrees_with_yaml_on_any_value(key: str, value: str, quote: str, inside: bool) -> None:
    line = f"{key}: {quote}{value}{quote}\n"
    block = f"top:\n  {line}" if inside else line
    easy = read_easily(block)
    if easy is not None:
        assert easy == yaml_answer(block)


def test_the_quick_reader_answers_for_what_people_write() -> None:
    block = 'name: a-b\ndescription: Do it. "So", they say; see http://x.y/z (now).\nmetadata:\n  version: "1.0"\n'
    assert read_easily(block) is not None


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml: there is one parser only")
@given(blocks)
@settings(max_examples=300)
def test_the_answer_is_the_same_with_and_without_libyaml(block: str) -> None:
    with_libyaml = yaml_answer(block)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CLoader")
        assert yaml_answer(block) == with_libyaml


@given(st.binary(max_size=40) | blocks.map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ManifestError):
        read_skill_file(b"---\n" + data + b"\n---\n", file="SKILL.md")


def test_the_limit_on_front_matter_counts_bytes() -> None:
    assert read_skill_file(front_of(LIMITS.front_matter_bytes), file="SKILL.md").front
    with pytest.raises(ManifestError, match="E162"):
        read_skill_file(front_of(LIMITS.front_matter_bytes + 1), file="SKILL.md")


def front_of(size: int) -> bytes:
    """A file with that many bytes of front matter, in half as many characters."""
    block = "a: " + "é" * ((size - 4) // 2) + "x" * (size % 2)
    return f"---\n{block}\n---\n".encode()


@pytest.mark.parametrize(
    "block", ["a: " + "[" * 60_000, "{" * 60_000, "- " * 30_000, "? " * 30_000, "a: " + "*" * 60_000]
)
def test_deep_and_long_front_matter_is_refused_without_exhausting_the_stack(block: str) -> None:
    with pytest.raises(ManifestError):
        read_skill_file(f"---\n{block}\n---\n".encode(), file="SKILL.md")


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("---\nname: a\ndescription: Does it.\n---\n", "Does it."),
        ("---\nname: a\ndescription: Use when: asked\n---\n", "Use when: asked"),
        ('---\nname: [\ndescription: "Does it."\n---\n', "Does it."),
        ("# A skill without front matter\n", ""),
        ("---\nname: a\n---\n", ""),
    ],
)
def test_a_listing_has_the_description_even_of_broken_front_matter(text: str, description: str) -> None:
    assert skill_facts(text.encode(), file="SKILL.md").description == description

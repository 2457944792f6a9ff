"""YAML that people write: what it means, and what is refused with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.diagnostics import Place, problem
from skillctl.core.errors import ManifestError
from skillctl.formats.yaml_text import YamlText, load_yaml


def load(text: str | bytes) -> YamlText:
    data = text.encode() if isinstance(text, str) else text
    return load_yaml(data, file="x.yaml", max_bytes=4_096, max_depth=8)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("012", "012"),
        ("1.10", "1.10"),
        ("no", "no"),
        ("True", "True"),
        ('"true"', "true"),
        ("'12'", "12"),
        ("2026-01-01", "2026-01-01"),
        ("[a, 1, true]", ["a", 1, True]),
        ("{a: {b: c}}", {"a": {"b": "c"}}),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_only_plain_words_and_integers_are_more_than_text(written: str, meant: Any) -> None:
    assert load(f"key: {written}").value == {"key": meant}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: &x 1\nb: *x\n", "E191", 1),
        ("a: 1\nb: !!str 2\n", "E191", 2),
        ("a: {<<: {b: 1}}\n", "E191", 1),
        ("a: 1\n---\nb: 2\n", "E191", 2),
        ("? [a]\n: b\n", "E191", 1),
        ("a: .e\u200bnv\n", "E191", 1),
        ("a: 1\nb: \u202e\n", "E191", 2),
        ("a: \x1b\n", "E191", 1),
        ("a: 1\n\u2028", "E191", 2),
        ("a: 1\na: 2\n", "E192", 2),
        ("- a\n", "E193", 1),
        ("", "E193", 1),
        ("a\n", "E193", 1),
        ("a: [[[[[[[[1]]]]]]]]\n", "E194", 1),
        ("a: b: c\n", "E190", 1),
        ("a:\n\t- b\n", "E190", 2),
        ("a: 'x\n", "E190", 2),
        ("a: " + "x" * 5_000, "E150", 0),
        (b"a: \xff\n", "E151", 1),
    ],
)
def test_what_means_different_things_to_readers_is_refused(text: str | bytes, code: str, line: int) -> None:
    with pytest.raises(ManifestError) as caught:
        load(text)
    assert caught.value.code == code
    place = caught.value.problems[0].place
    assert place is not None
    assert place.line == line


def test_every_key_and_item_has_a_place() -> None:
    found = load("a:\n  - x\n  - {b: 1}\nc d: 2\n").places
    assert found["$.a"] == (1, 1)
    assert found["$.a[0]"] == (2, 5)
    assert found["$.a[1].b"] == (3, 6)
    assert found['$["c d"]'] == (4, 1)


def test_a_problem_stands_at_its_path_or_the_nearest_around_it() -> None:
    text = load("a:\n  b: 1\n")
    for path, line in (("$.a.b", 2), ("$.a.x.y", 1), ("$.z", 1)):
        placed = text.located(problem("E193", place=Place(file="x.yaml", path=path))).place
        assert placed is not None
        assert placed.line == line


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(alphabet='ab "\\:#-?*&!é', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from("xyz"), VALUES, min_size=1, max_size=3))
def test_json_is_read_as_it_is(value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert load_yaml(text.encode(), file="x", max_bytes=1 << 20, max_depth=32).value == value


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:- \n\t[]{},&*!|>'\"#?%@`", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = load(text).value
    except ManifestError:
        return
    assert isinstance(found, dict)

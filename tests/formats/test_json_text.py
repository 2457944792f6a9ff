"""JSON as bytes: what is refused and where, what is accepted, and what is written."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.errors import ManifestError
from skillctl.core.json_value import JsonValue
from skillctl.formats.json_places import locate, located, walk
from skillctl.formats.json_text import dump_json, load_json

CASES = Path(__file__).parents[1] / "data" / "json"
REFUSED: list[dict[str, Any]] = json.loads((CASES / "refused.json").read_bytes())
ACCEPTED: list[dict[str, Any]] = json.loads((CASES / "accepted.json").read_bytes())

texts = st.text(st.characters(codec="utf-8"), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=15
)


def load(data: bytes, *, max_bytes: int = 1 << 20, max_depth: int = 32) -> JsonValue:
    return load_json(data, file="some.json", max_bytes=max_bytes, max_depth=max_depth)


def data_of(case: dict[str, Any]) -> bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    if "text" in case:
        return str(case["text"]).encode()
    return str(case["before"] + case["repeat"] * case["times"] + case["after"]).encode()


@pytest.mark.parametrize("case", REFUSED, ids=[case["case"] for case in REFUSED])
def test_text_that_breaks_a_rule_is_refused_at_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(ManifestError) as caught:
        load(data_of(case))
    problem = caught.value.problems[0]
    assert problem.place is not None
    assert (problem.code, [problem.place.line, problem.place.column]) == (case["code"], case["at"])
    assert str(caught.value).startswith(case["code"])  # it has words, and the evidence fills them


@pytest.mark.parametrize("case", ACCEPTED, ids=[case["case"] for case in ACCEPTED])
def test_well_formed_text_is_read_as_the_standard_library_reads_it(case: dict[str, Any]) -> None:
    assert load(data_of(case)) == json.loads(case["text"])


def test_a_text_beyond_the_limit_is_not_looked_at() -> None:
    with pytest.raises(ManifestError, match="E150"):
        load(b"\xff" * 101, max_bytes=100)
    assert load(b"1" * 100, max_bytes=100)


def test_the_bound_on_digits_is_the_same_whatever_the_interpreter_was_told() -> None:
    before = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(0)
        assert load(b"9" * 4300) == 10**4300 - 1
        with pytest.raises(ManifestError, match="E157"):
            load(b"9" * 4301)
    finally:
        sys.set_int_max_str_digits(before)


@given(st.binary(max_size=60) | texts.map(str.encode) | st.text('[]{}",:\\ 1eENaIu0d8', max_size=30).map(str.encode))
@settings(max_examples=300)
def test_any_bytes_are_refused_or_mean_what_the_standard_library_reads(data: bytes) -> None:
    try:
        value = load(data)
    except ManifestError:
        return
    assert value == json.loads(data)


@given(values, st.integers(1, 6))
def test_the_depth_limit_is_exact(value: JsonValue, limit: int) -> None:
    data = dump_json(value)
    if depth_of(value) <= limit:
        assert load(data, max_depth=limit) == value
    else:
        with pytest.raises(ManifestError, match="E159"):
            load(data, max_depth=limit)


def depth_of(value: JsonValue) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(values, st.booleans())
def test_what_is_written_is_the_common_two_space_form_and_reads_back(value: JsonValue, sort_keys: bool) -> None:
    data = dump_json(value, sort_keys=sort_keys)
    assert data == (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=sort_keys) + "\n").encode()
    assert load(data) == value


def test_frozen_values_are_written_like_lists_and_objects() -> None:
    assert dump_json({"a": ("x", "é")}) == '{\n  "a": [\n    "x",\n    "é"\n  ]\n}\n'.encode()


@given(values, st.sampled_from([None, 1, "\t"]))
def test_every_value_is_found_where_its_path_says(value: JsonValue, indent: int | str | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    for path, offset, _ in walk(text):
        found, _ = json.JSONDecoder().raw_decode(text, offset)
        assert found == at(value, path)
        line, column = locate(text.encode(), path)
        assert offset == sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


def at(value: Any, path: str) -> Any:
    """The value at the path, by rules of its own: JSON's strings are Python's, near enough."""
    rest = path.removeprefix("$")
    while rest:
        if rest.startswith('["'):
            key, end = json.JSONDecoder().raw_decode(rest, 1)
            value, rest = value[key], rest[end + 1 :]
        elif rest.startswith("["):
            index, _, rest = rest[1:].partition("]")
            value = value[int(index)]
        else:
            end = min(i for i in (rest.find(".", 1), rest.find("[", 1), len(rest)) if i != -1)
            value, rest = value[rest[1:end]], rest[end:]
    return value


@pytest.mark.parametrize(
    ("path", "spot"),
    [
        ("$", (1, 1)),
        ("$.skills[1].path", (4, 14)),
        ("$.skills[1].missing", (4, 5)),
        ("$.skills[7].path", (2, 13)),
        ('$["odd. key"].x[3]', (6, 21)),
        ("$.nowhere", (1, 1)),
    ],
)
def test_a_path_that_is_not_there_stands_at_the_nearest_value_around_it(path: str, spot: tuple[int, int]) -> None:
    text = '{\n  "skills": [\n    "a",\n    {"path": "b"}\n  ],\n  "odd. key": {"x": []}\n}'
    assert locate(text.encode(), path) == spot


def test_problems_without_a_path_keep_their_place() -> None:
    assert located([], b"{}") == []

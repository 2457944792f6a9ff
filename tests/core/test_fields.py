"""Readers that know the key: what each one takes, and the path that a refusal names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from skillctl.core.errors import ManifestError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonValue

Reader = Callable[[Fields, str], object]

READERS: dict[str, Reader] = {
    "text": lambda fields, key: fields.text(key),
    "text or default": lambda fields, key: fields.text(key, "default"),
    "number": lambda fields, key: fields.number(key),
    "number or default": lambda fields, key: fields.number(key, 7),
    "flag": lambda fields, key: fields.flag(key),
    "texts": lambda fields, key: fields.texts(key),
    "text map": lambda fields, key: fields.text_map(key),
    "any object": lambda fields, key: fields.any_object(key),
    "keys": lambda fields, key: fields.keys(key),
    "members": lambda fields, key: [name for name, _ in fields.members(key)],
    "items": lambda fields, key: len(list(fields.items(key))),
}
VALUES: dict[str, JsonValue] = {
    "null": None,
    "true": True,
    "zero": 0,
    "number": 12,
    "negative": -1,
    "fraction": 1.5,
    "empty text": "",
    "text": "a",
    "empty list": [],
    "texts": ["a", "b"],
    "mixed": ["a", 1],
    "objects": [{}, {}],
    "empty object": {},
    "text map": {"a": "b"},
    "mixed map": {"a": 1},
    "objects by name": {"a": {}, "b": {}},
}
TAKES: dict[str, dict[str, object]] = {
    "text": {"empty text": "", "text": "a"},
    "text or default": {"empty text": "", "text": "a"},
    "number": {"zero": 0, "number": 12},
    "number or default": {"zero": 0, "number": 12},
    "flag": {"true": True},
    "texts": {"empty list": (), "texts": ("a", "b")},
    "text map": {"empty object": {}, "text map": {"a": "b"}},
    "any object": {each: VALUES[each] for each in ("empty object", "text map", "mixed map", "objects by name")},
    "keys": {"empty object": (), "text map": ("a",), "mixed map": ("a",), "objects by name": ("a", "b")},
    "members": {"empty object": [], "objects by name": ["a", "b"]},
    "items": {"empty list": 0, "objects": 2},
}
MISSING: dict[str, object] = {
    "text or default": "default",
    "number or default": 7,
    "flag": False,
    "texts": (),
    "text map": {},
    "any object": {},
    "keys": (),
    "members": [],
    "items": 0,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", VALUES)
def test_a_reader_takes_its_kind_and_refuses_the_rest_with_the_path(reader: str, value: str) -> None:
    fields = Fields({"key": VALUES[value]}, file="f.json")
    if value in TAKES[reader]:
        assert READERS[reader](fields, "key") == TAKES[reader][value]
        return
    with pytest.raises(ManifestError) as caught:
        READERS[reader](fields, "key")
    (problem,) = caught.value.problems
    assert problem.code == "E146"
    assert problem.place
    assert problem.place.file == "f.json"
    assert problem.place.path.startswith("$.key")


@pytest.mark.parametrize("reader", READERS)
def test_a_key_that_is_missing_is_empty_its_default_or_an_error(reader: str) -> None:
    fields = Fields({}, file="f.json")
    if reader in MISSING:
        assert READERS[reader](fields, "key") == MISSING[reader]
        return
    with pytest.raises(ManifestError) as caught:
        READERS[reader](fields, "key")
    assert caught.value.problems[0].place
    assert caught.value.problems[0].place.path == "$.key"


@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_what_is_no_object_has_no_fields(value: JsonValue) -> None:
    with pytest.raises(ManifestError) as caught:
        Fields(value, file="f.json")
    assert caught.value.problems[0].place
    assert caught.value.problems[0].place.path == "$"


def paths(found: BaseException) -> list[str]:
    assert isinstance(found, ManifestError)
    return [each.place.path for each in found.problems if each.place]


def test_places_are_written_like_the_expression_that_fetches_the_value() -> None:
    value: dict[str, Any] = {"packs": {"@acme/tools": {"version": 1}, "base": {"the key": 1}}, "list": [{}, {"x": 1}]}
    fields = Fields(value, file="f.json")
    (_, tools), (_, base) = fields.members("packs")
    _, second = fields.items("list")
    assert tools.place("version").path == '$.packs["@acme/tools"].version'
    assert base.place("the key").path == '$.packs.base["the key"]'
    assert second.place("x").path == "$.list[1].x"
    assert second.place().path == "$.list[1]"
    assert str(tools.place("version")) == 'f.json ($.packs["@acme/tools"].version)'


def test_every_key_that_is_not_known_is_told() -> None:
    fields = Fields({"a": 1, "b": 2, "two words": 3}, file="f.json")
    fields.only(["a", "b", "two words", "more"])
    with pytest.raises(ManifestError) as caught:
        fields.only(["b"])
    assert paths(caught.value) == ["$.a", '$["two words"]']
    assert {each.code for each in caught.value.problems} == {"E147"}


def test_a_key_is_there_even_if_it_is_null() -> None:
    fields = Fields({"a": None}, file="f.json")
    assert "a" in fields
    assert "b" not in fields
    assert fields["a"] is fields["b"] is None


@pytest.mark.parametrize("written", ["1.0", "1.7", "1.9999", "0.1"])
def test_this_major_and_those_before_it_are_read_in_every_minor(written: str) -> None:
    check_format(Fields({"format": written}, file="f.json"), kind="lock")


def test_a_file_without_a_format_is_of_this_one() -> None:
    check_format(Fields({}, file="f.json"), kind="lock")


@pytest.mark.parametrize("written", ["2.0", "10.0", "9999.9999"])
def test_a_newer_major_is_told_apart_from_a_broken_one(written: str) -> None:
    with pytest.raises(ManifestError) as caught:
        check_format(Fields({"format": written}, file="f.json"), kind="lock")
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence) == ("E148", {"kind": "lock", "found": written, "supported": 1})
    check_format(Fields({"format": "2.0"}, file="f.json"), kind="lock", supported=2)


@pytest.mark.parametrize(
    "written",
    ["", "1", "1.", ".1", "1.0.0", "01.0", "1.00", "v1.0", "1.0\n", " 1.0", "-1.0", "1,0", "١.0", "1" * 9999, 1, None],
)
def test_what_is_no_format_is_refused(written: JsonValue) -> None:
    with pytest.raises(ManifestError) as caught:
        check_format(Fields({"format": written}, file="f.json"), kind="lock")
    assert caught.value.code == "E146"

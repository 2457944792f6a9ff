"""The configuration's door: what it takes, what it refuses with every problem at once, and what it says of a key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from skillctl import formats
from skillctl.core.config_file import (
    SETTINGS,
    Config,
    Setting,
    config_from_json,
    config_from_older_json,
    new_document,
    setting,
    value_of,
    with_value,
    without_value,
)
from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.json_value import JsonValue

CASES: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("config_cases.json").read_bytes())
SCHEMA_FILE = Path(formats.__file__).with_name("schemas") / "config.schema.json"
SCHEMA = Draft202012Validator(json.loads(SCHEMA_FILE.read_bytes()))

by_name = pytest.mark.parametrize


@by_name("case", CASES["accepted"], ids=[case["case"] for case in CASES["accepted"]])
def test_what_is_right_is_read_as_it_is_written(case: dict[str, Any]) -> None:
    read = config_from_json(case["value"], file="config.json")
    for key, value in read.given.items():
        assert value_of(read.config, key) == value
    for each in SETTINGS:
        if each.key not in read.given:
            assert value_of(read.config, each.key) == each.default
    assert SCHEMA.is_valid(case["value"])


@by_name("case", CASES["refused"], ids=[case["case"] for case in CASES["refused"]])
def test_what_is_wrong_is_refused_with_every_place(case: dict[str, Any]) -> None:
    with pytest.raises(SkillctlError) as caught:
        config_from_json(case["value"], file="config.json")
    assert [[each.code, each.place and each.place.path] for each in caught.value.problems] == case["problems"]
    assert not SCHEMA.is_valid(case["value"])


@by_name("case", CASES["older"], ids=[case["case"] for case in CASES["older"]])
def test_nothing_in_the_older_file_is_an_error(case: dict[str, Any]) -> None:
    read = config_from_older_json(case["value"], file="older.json")
    assert read.given == case["given"]
    assert [[each.code, each.place.path if each.place else ""] for each in read.notes] == case["notes"]


@by_name(
    ("typed", "meant"),
    [
        ("llm.modle", "llm.model"),
        ("model", "llm.model"),
        ("link_mode", "install.link_mode"),
        ("agent", "agents"),
        ("registry", "registries"),
        ("plugins.enable", "plugins.enabled"),
    ],
)
def test_a_near_key_is_named(typed: str, meant: str) -> None:
    with pytest.raises(InstallError) as caught:
        setting(typed)
    assert caught.value.code == "E440"
    assert caught.value.problems[0].evidence["near"][0] == meant  # type: ignore[index]


def test_a_default_is_a_value_that_the_setting_takes() -> None:
    document = new_document({each.key: each.default for each in SETTINGS})
    assert config_from_json(document, file="config.json").config == Config()


values: dict[str, st.SearchStrategy[JsonValue]] = {
    "text": st.text(max_size=6),
    "number": st.integers(-3, 40_000_000),
    "decimal": st.floats(-1, 3) | st.integers(-1, 3),
    "boolean": st.booleans(),
    "names": st.lists(st.text(max_size=3), max_size=3),
    "registries": st.lists(
        st.fixed_dictionaries({"name": st.sampled_from(["acme", "Acme", ""]), "location": st.just("x")}), max_size=1
    ),
    "choice": st.sampled_from(["auto", "copy", "hardlink", "link", ""]),
}


def _values_for(each: Setting) -> st.SearchStrategy[JsonValue]:
    return values[each.kind] | st.none() | st.booleans() | st.integers(0, 1) | st.just("") | st.just({})


documents = st.fixed_dictionaries({}, optional={each.key: _values_for(each) for each in SETTINGS})


@settings(max_examples=250)
@given(documents)
def test_the_schema_accepts_just_what_the_door_accepts(flat: dict[str, JsonValue]) -> None:
    document: dict[str, JsonValue] = {}
    for key, value in flat.items():
        document = with_value(document, key, value)
    try:
        config_from_json(document, file="config.json")
    except SkillctlError:
        assert not SCHEMA.is_valid(document)
    else:
        assert SCHEMA.is_valid(document)


@given(st.sampled_from(SETTINGS))
def test_setting_and_unsetting_leaves_the_rest_alone(each: Setting) -> None:
    document: dict[str, JsonValue] = {"format": "1.0", "llm": {"model": "m"}, "agents": ["codex"]}
    changed = with_value(document, each.key, each.default)
    assert config_from_json(changed, file="f").given[each.key] == each.default
    if each.key not in ("llm.model", "agents"):
        assert without_value(changed, each.key) == document


def test_a_section_that_becomes_empty_goes() -> None:
    assert without_value({"install": {"link_mode": "copy"}, "agents": []}, "install.link_mode") == {"agents": []}


def test_the_schema_describes_every_setting_in_the_words_of_the_table() -> None:
    properties = SCHEMA.schema["properties"]  # type: ignore[index]
    for each in SETTINGS:
        section, _, name = each.key.partition(".")
        entry = properties[section]["properties"][name] if name else properties[section]
        assert entry["description"] == each.about
        assert entry["default"] == each.default

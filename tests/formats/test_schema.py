"""The published schema of the manifest accepts exactly what the strict door accepts."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core import names, requirements, versions
from skillctl.core.errors import ManifestError
from skillctl.core.manifest import FIELDS, PATTERNS, examine_manifest
from skillctl.formats.schema import schema, schema_names, schema_problems

SEEDS: list[dict[str, Any]] = [
    json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[1] / "data" / "manifests" / "valid").glob("*.json"))
]

ODDITIES: list[Any] = [
    *(None, True, 0, 1.5, [], {}, "", " ", "x", "a b", "name\n", "é", "\u00a0", "*", "x", "^1", "^1.2,", ">= 1.2 , <2"),
    *(
        "con",
        "synced",
        "@acme/tools",
        "@acme/con",
        "@con/tools",
        "a",
        "A",
        "a--b",
        "-a",
        "a" * 64,
        "a" * 65,
        "1.0.0-rc.1",
    ),
    *(
        "1.0.0-1",
        "01.0.0",
        "base ^1.2",
        "base^1",
        "base@~1",
        "base 1.x",
        "base1.x",
        "base @",
        "base==1.2",
        "base ==1.2.3",
    ),
    *(
        "base ~=1",
        "./skills/a/",
        "skills/a/SKILL.md",
        "SKILL.md",
        ".",
        "./",
        "/",
        "../a",
        "a/../b",
        "a\\b",
        "con/a",
        "a/b c",
    ),
    *(
        "**/*.md",
        "!docs",
        "!",
        "!./docs/",
        "hooks",
        "hooks.py",
        "a.b",
        "a-b",
        "https://x.y/z",
        "http://",
        "ftp://x",
        "linux",
    ),
    *(
        "*.example.com",
        "localhost:80",
        "http://x",
        "2.0",
        "1.7",
        "01.0",
        "PATH",
        "1PATH",
        "git",
        "./git",
        ["a"],
        [""],
        [None],
    ),
    *({"name": "x"}, {"name": ""}, {"path": "skills/a"}, {"path": ""}, {"path": "skills/a", "context_files": ["*"]}),
    *({"path": "a", "context_files": None}, {"base": "^1"}, {"Base": "^1"}, {"base": ""}, {"a": "plans/a.json"}),
]
oddities = st.sampled_from(ODDITIES)


def door_accepts(value: object) -> bool:
    return not examine_manifest(value)[1]  # type: ignore[arg-type]


@given(st.data())
@settings(max_examples=150)
def test_schema_and_door_accept_the_same_manifests(data: st.DataObject) -> None:
    manifest = copy.deepcopy(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 3))):
        mutate(manifest, data)
    assert (schema_problems("skill", manifest) == []) == door_accepts(manifest), manifest


def mutate(value: Any, data: st.DataObject) -> None:
    """Change, add or take out one thing somewhere inside."""
    while True:
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        fields = (
            sorted({*keys, *FIELDS, "bins", "os", "skillctl", "network", "path"}) if isinstance(value, dict) else keys
        )
        if isinstance(value, list) and (not keys or data.draw(st.integers(0, 1))):
            value.append(copy.deepcopy(data.draw(oddities)))
            return
        key = data.draw(st.sampled_from(keys if bool(keys) and data.draw(st.booleans()) else fields))
        inner = value[key] if isinstance(value, list) else value.get(key)
        if isinstance(inner, dict | list) and data.draw(st.integers(0, 1)):
            value = inner
            continue
        if isinstance(value, dict) and data.draw(st.integers(0, 4)) == 0:
            value.pop(key, None)
        else:
            value[key] = copy.deepcopy(data.draw(oddities))
        return


@pytest.mark.parametrize("field", FIELDS)
def test_schema_and_door_agree_on_every_odd_value_of_every_field(field: str) -> None:
    for odd in ODDITIES:
        for value in (odd, [odd]):
            manifest = {"name": "base", "version": "1.0.0", "description": "x", field: value}
            assert (schema_problems("skill", manifest) == []) == door_accepts(manifest), manifest


GRAMMARS = {
    "packName": names.parse_pack_name,
    "skillName": names.parse_skill_name,
    "requirement": requirements.parse_requirement,
    "constraint": requirements.parse_constraint,
}
signs = st.text(st.sampled_from("ab1.0-^~<>=!,*xX @/|\n"), max_size=14)
pieces = st.lists(
    st.sampled_from(
        [
            "base",
            "a",
            "con",
            "@acme/",
            "1",
            "1.2",
            "1.2.3",
            "-rc.1",
            " ",
            "^",
            ">=",
            "<",
            "==",
            ",",
            "@",
            "x",
            ".x",
            "*",
        ]
    ),
    max_size=6,
).map("".join)
spaced = st.tuples(st.sampled_from(["base", "@acme/base"]), st.sampled_from(["", " ", "@", " @ "]), pieces).map("".join)


@pytest.mark.parametrize("name", GRAMMARS)
@given(text=signs | pieces | spaced)
@settings(max_examples=150)
def test_the_patterns_of_the_schema_are_the_grammars_of_the_parsers(name: str, text: str) -> None:
    definition = schema("skill")["$defs"][name]
    unprintable = "not" in definition and re.search(definition["not"]["pattern"], text)
    try:
        parsed = bool(GRAMMARS[name](text)) and "\n" not in text
    except ManifestError:
        parsed = False
    assert (re.search(definition["pattern"], text) is not None and not unprintable) == parsed


@given(signs | pieces | st.from_regex(r"\d+\.\d+\.\d+(-(alpha|beta|rc)\.\d+)?", fullmatch=True))
def test_the_pattern_of_versions_is_their_grammar(text: str) -> None:
    assert bool(re.search(schema("skill")["properties"]["version"]["pattern"], text)) == versions.is_version(text)


def test_the_schema_knows_every_field_and_describes_it() -> None:
    properties = schema("skill")["properties"]
    assert set(properties) == set(FIELDS)
    assert all(each["description"] for each in properties.values())


def test_the_schema_has_the_patterns_of_the_door() -> None:
    written = json.dumps(schema("skill"))
    assert [
        name for name in PATTERNS if name not in ("format", "os") and json.dumps(PATTERNS[name]) not in written
    ] == []


@pytest.mark.parametrize("name", schema_names())
def test_every_published_schema_is_a_valid_schema(name: str) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$id"].startswith("urn:skillctl:schema:")


def test_all_problems_are_told_with_their_paths() -> None:
    problems = schema_problems("skill", {"name": "A", "version": 1, "skills": ["../x"]}, file="skill.json")
    assert [problem.place.path for problem in problems if problem.place] == ["$", "$.name", "$.skills[0]", "$.version"]
    assert {problem.code for problem in problems} == {"E180"}

"""The project file: what it says comes back, and what is wrong in it is told with its place; so does its schema."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core import project as module
from skillctl.core.budget import Budget
from skillctl.core.errors import SkillctlError
from skillctl.core.fields import Fields
from skillctl.core.project import (
    ProjectFile,
    RegistryEntry,
    project_from_json,
    project_to_json,
    registries_from_fields,
    registry_to_json,
)
from skillctl.core.requirements import Constraint
from skillctl.core.source import Origin, Wanted
from skillctl.formats.json_text import dump_json
from skillctl.formats.schema import schema, schema_problems
from tests.checkout import IN_CHECKOUT

DATA = Path(__file__).parents[1] / "data"
VALID: dict[str, Any] = {
    path.stem: json.loads(path.read_bytes()) for path in sorted((DATA / "projects" / "valid").glob("*.json"))
}
REFUSED: list[dict[str, Any]] = json.loads((DATA / "projects" / "refused.json").read_bytes())
ENTRIES: dict[str, Any] = json.loads((DATA / "sources" / "entries.json").read_bytes())
FILE = "skillctl.json"


def read(value: Any) -> ProjectFile:
    return project_from_json(value, file=FILE)


def whole(case: dict[str, Any]) -> Any:
    return case["whole"] if "whole" in case else {**VALID["plain"], **case["change"]}


@pytest.mark.parametrize("name", VALID)
def test_a_project_file_is_read_and_written_in_one_form(name: str) -> None:
    project = read(VALID[name])
    assert read(project_to_json(project)) == project
    assert schema_problems("project", VALID[name]) == []
    assert schema_problems("project", project_to_json(project)) == []


@pytest.mark.parametrize("name", ["plain", "everything"])
def test_what_is_in_order_already_is_written_to_the_letter(name: str) -> None:
    assert dump_json(project_to_json(read(VALID[name]))) == (DATA / "projects" / "valid" / f"{name}.json").read_bytes()


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["case"])
def test_what_is_wrong_is_refused_with_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(SkillctlError) as caught:
        read(whole(case))
    assert [[each.code, each.place and each.place.path] for each in caught.value.problems] == case["problems"]
    assert {each.place.file for each in caught.value.problems if each.place} == {FILE}
    assert str(caught.value)
    if case.get("schema") != "silent":
        assert schema_problems("project", whole(case))


@pytest.mark.parametrize("digits", [5_000, 50_000])
def test_a_format_with_any_number_of_digits_is_refused_and_no_crash(digits: int) -> None:
    for format_ in ("1" * digits + ".0", "0" * digits + "1.0", "1." + "0" * digits):
        with pytest.raises(SkillctlError) as caught:
            read({"format": format_})
        assert caught.value.code == "E146"


def test_a_project_that_says_nothing_wants_nothing() -> None:
    assert read({}) == ProjectFile()
    assert project_to_json(ProjectFile()) == {"format": "1.0", "packs": {}}


def test_a_later_minor_is_read_and_written_as_what_this_program_writes() -> None:
    assert read(VALID["later-minor"]).packs == {"arcgis": Wanted(constraint=Constraint("^1.2.0"))}
    assert project_to_json(read(VALID["later-minor"]))["format"] == "1.0"


def test_packs_are_written_by_name_whatever_order_they_came_in() -> None:
    one = read({"packs": {"zebra": "^1", "@acme/tools": "^1", "base": "^1"}})
    other = read({"packs": {"base": "^1", "zebra": "^1", "@acme/tools": "^1"}})
    assert dump_json(project_to_json(one)) == dump_json(project_to_json(other))
    written: Any = project_to_json(one)["packs"]
    assert list(written) == ["@acme/tools", "base", "zebra"]


def test_registries_and_agents_keep_their_order_since_it_means_something() -> None:
    registries = [{"name": "second", "location": "b"}, {"name": "first", "location": "a"}]
    project = read({"registries": registries, "agents": ["codex", "claude-code"]})
    assert project_to_json(project)["registries"] == registries
    assert project_to_json(project)["agents"] == ["codex", "claude-code"]


def test_a_pack_is_put_in_and_taken_out_without_touching_the_rest() -> None:
    project = read(VALID["everything"])
    wanted = Wanted(constraint=Constraint("^3"))
    added = project.with_pack("new", wanted)
    assert added.packs == {**project.packs, "new": wanted}
    assert added.with_pack("new", Wanted()).packs["new"] == Wanted()
    assert added.without_packs(frozenset({"new", "nowhere"})) == project
    assert read(VALID["everything"]) == project


# Round trips

names = st.sampled_from(["base", "arcgis", "a1", "@acme/tools", "@a/base", "zz-top"])
wishes = st.builds(
    Wanted,
    constraint=st.sampled_from(["*", "^1", ">=1, <2", "1.x"]).map(Constraint),
    origin=st.sampled_from(
        [
            Origin(),
            Origin(location="acme"),
            Origin(kind="path", location="../x"),
            Origin(kind="git", location="https://host.example/x", ref="main"),
        ]
    ),
    skills=st.none() | st.sampled_from([("a",), ("a", "b")]),
)
registries = st.builds(
    RegistryEntry,
    name=names,
    location=st.sampled_from(["x", "../registry", "https://host.example", "C:\\packs"]),
    scopes=st.lists(st.sampled_from(["@acme", "@a"]), max_size=2).map(tuple),
    root_sha256=st.sampled_from(["", "sha256:" + "0" * 64]),
)
json_values = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
projects = st.builds(
    ProjectFile,
    schema=st.sampled_from(["", "urn:skillctl:schema:project-1"]),
    packs=st.dictionaries(names, wishes, max_size=4),
    agents=st.lists(st.sampled_from(["*", "codex", "claude-code"]), max_size=2).map(tuple),
    vendor=st.booleans(),
    copy=st.booleans(),
    registries=st.lists(registries, max_size=3, unique_by=lambda entry: entry.name).map(tuple),
    skillctl=st.none() | st.just(Constraint(">=0.1")),
    policy=st.none() | json_values,
    budget=st.none()
    | st.builds(
        Budget, st.dictionaries(st.sampled_from(["*", "codex", "claude-code"]), st.integers(0, 9_999), min_size=1)
    ),
)


@given(projects)
def test_what_a_project_wants_reads_back_from_its_file(project: ProjectFile) -> None:
    written = project_to_json(project)
    assert read(json.loads(dump_json(written))) == project
    assert project_to_json(read(written)) == written
    assert schema_problems("project", written) == []


def solved_from(project: ProjectFile) -> object:
    return project.packs, [(each.name, each.scopes, each.root_sha256) for each in project.registries]


@given(projects)
def test_where_a_registry_lies_may_differ_from_machine_to_machine(project: ProjectFile) -> None:
    moved = tuple(replace(each, location=f"elsewhere/{each.name}") for each in project.registries)
    assert replace(project, registries=moved).inputs() == project.inputs()


@given(projects, projects)
def test_only_packs_and_registries_are_what_a_lock_is_solved_from(one: ProjectFile, other: ProjectFile) -> None:
    assert (one.inputs() == other.inputs()) == (solved_from(one) == solved_from(other))
    assert json.loads(dump_json(one.inputs())) == one.inputs()


# The schema


def door_accepts(value: Any) -> bool:
    try:
        read(value)
    except SkillctlError:
        return False
    return True


ODD: list[Any] = [
    *(None, True, False, 0, 1, 2.5, "", " ", "x", [], {}, [None], [""], ["a"], ["A"], [1], {"a": 1}),
    *("^1", "1.x", "*", "^1,", "latest", "^1\n", "^1\u00a0", " ^1 ", "1.0", "1.12", "2.0", "01.0", "1.0\n", "0.9"),
    *("a\u0000b", "a\n", "../x", "C:\\x", "a/../b", "./a/", "./", "/", "a//b", "con", "con/x", "-x", "a..b", "a b"),
    *("main", "v1.0", "refs/heads/x", "x~1", "x:y", "x\\y", "é"),
    *("https://h", "https://h/", "https://", "https:///h", "https://-h", "http://h:1/x y", "ssh://git@h/x", "ssh://-o"),
    *(
        "file:///x",
        "file://h/x",
        "file:///",
        "git://h/x",
        "ext::sh -c x",
        "https://h/x\n",
        "oci://h/x:1",
        "oci://",
        "é://h",
    ),
    *("sha256:" + "0" * 64, "sha256:" + "0" * 63, "0" * 64, "sha256:" + "0" * 64 + "\n", "sha256:" + "A" * 64),
    *(["@acme"], ["@"], ["acme"], ["@Acme"], ["@a/b"], ["@con"], ["@" + "a" * 64], ["@" + "a" * 65], ["@a\n"], ["@a-"]),
    *({"name": "acme", "location": "x"}, [{"name": "acme", "location": "x"}], [{"name": "a", "location": "x"}]),
    *([{"name": "acme"}], [{"location": "x"}], [{"name": "@a/acme", "location": "x", "scopes": []}]),
    *({"base": "^1"}, {"Base": "^1"}, {"b": "^1"}, {"@acme/base": {}}, {"base": None}, {"base": {"path": "x"}}),
    *(each["value"] for each in (*ENTRIES["read"], *ENTRIES["refused"])),
]
KEYS = [*module._KEYS, "name", "location", "scopes", "root_sha256"]
KEYS += [
    "version",
    "skills",
    "registry",
    "path",
    "archive",
    "git",
    "site",
    "oci",
    "ref",
    "subdirectory",
    "sha256",
    "more",
]
SEEDS = [*VALID.values(), *({"packs": {"maps": each["value"]}} for each in ENTRIES["read"])]


@given(st.data())
@settings(max_examples=400)
def test_schema_and_door_accept_the_same_files(data: st.DataObject) -> None:
    value = copy.deepcopy(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 3))):
        mutate(value, data)
    assert (schema_problems("project", value) == []) == door_accepts(value), value


def mutate(value: Any, data: st.DataObject) -> None:
    """Change, add or take out one thing somewhere inside."""
    while True:
        inner = [
            each for each in (value.values() if isinstance(value, dict) else value) if isinstance(each, dict | list)
        ]
        if not inner or data.draw(st.integers(0, 2)) == 0:
            break
        value = data.draw(st.sampled_from(inner))
    if isinstance(value, list):
        value.append(copy.deepcopy(data.draw(st.sampled_from(ODD))))
        return
    key = data.draw(st.sampled_from([*value, *KEYS]))
    if key in value and data.draw(st.integers(0, 3)) == 0:
        del value[key]
    else:
        value[key] = copy.deepcopy(data.draw(st.sampled_from(ODD)))


@pytest.mark.parametrize("key", KEYS)
def test_schema_and_door_agree_on_every_odd_value_of_every_key(key: str) -> None:
    for odd in ODD:
        entry = {"git": "https://h/x", key: odd} if key in ("ref", "subdirectory") else {key: odd}
        entry = {"archive": "x", key: odd} if key == "sha256" else entry
        registry = {"name": "acme", "location": "x", key: odd}
        for value in ({key: odd}, {"packs": {"maps": entry}}, {"registries": [registry]}):
            assert (schema_problems("project", value) == []) == door_accepts(value), value


def test_the_schema_knows_every_key_and_describes_it() -> None:
    properties = schema("project")["properties"]
    assert tuple(sorted(properties)) == tuple(sorted(module._KEYS))
    wanted = schema("project")["$defs"]["wanted"]["properties"]
    assert all(each["description"] for each in (*properties.values(), *wanted.values()))


def test_the_grammars_are_those_of_the_manifests_schema() -> None:
    ours, manifests = schema("project")["$defs"], schema("skill")["$defs"]
    for name in ("packName", "skillName", "constraint"):
        assert ours[name]["pattern"] == manifests[name]["pattern"]


def test_the_schema_that_a_file_names_is_kept() -> None:
    assert project_to_json(read({"$schema": "../mine.json"}))["$schema"] == "../mine.json"
    assert "$schema" not in project_to_json(read({"$schema": ""}))


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the documentation")
def test_the_examples_of_the_reference_are_project_files() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "project-file.md"
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert len(blocks) > 2
    for block in blocks:
        value = json.loads(block.replace("…", "0" * 64))
        assert project_to_json(read(value)).items() >= value.items()
        assert schema_problems("project", value) == []
    known = {*module._KEYS, *schema("project")["$defs"]["wanted"]["properties"]}
    told = {key for row in re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE) for key in re.findall(r"`([^`]+)`", row)}
    assert known <= told


def test_a_registry_of_the_user_is_read_as_it_was_written() -> None:
    entry = RegistryEntry(
        name="acme", location="http://packs.example", scopes=("@acme",), root_sha256=f"sha256:{'a' * 64}", insecure=True
    )
    fields = Fields({"registries": [registry_to_json(entry)]}, file="config.json")
    assert registries_from_fields(fields, own=True) == (entry,)

"""The lock: the same releases give the same bytes, it is fresh till something else is wanted, and it is not trusted."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.errors import SkillctlError
from skillctl.core.lockfile import Lock, LockedPack, lock_from_json, lock_to_json
from skillctl.core.project import ProjectFile, RegistryEntry
from skillctl.core.requirements import Constraint
from skillctl.core.source import Origin, Wanted
from skillctl.core.versions import Version
from skillctl.formats.json_text import dump_json
from skillctl.formats.schema import schema, schema_problems
from tests.checkout import IN_CHECKOUT

DATA = Path(__file__).parents[1] / "data" / "locks"
VALID: dict[str, Any] = {path.stem: json.loads(path.read_bytes()) for path in sorted((DATA / "valid").glob("*.json"))}
REFUSED: list[dict[str, Any]] = json.loads((DATA / "refused.json").read_bytes())
FILE = "skillctl.lock"
TREE = "tree1:" + "0" * 64
BASE: dict[str, Any] = {"version": "1.0.0", "tree": TREE, "registry": "0123456789abcdef"}


def read(value: Any) -> Lock:
    return lock_from_json(value, file=FILE)


def whole(case: dict[str, Any]) -> Any:
    if "whole" in case:
        return case["whole"]
    pack = {key: value for key, value in BASE.items() if key != case.get("without")}
    return {"format": "1.0", "packs": {"base": {**pack, **case.get("change", {})}}}


@pytest.mark.parametrize("name", VALID)
def test_a_lock_is_written_to_the_letter_as_it_was_read(name: str) -> None:
    assert dump_json(lock_to_json(read(VALID[name]))) == (DATA / "valid" / f"{name}.json").read_bytes()
    assert schema_problems("lock", VALID[name]) == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["case"])
def test_what_is_no_lock_is_refused_with_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(SkillctlError) as caught:
        read(whole(case))
    assert [[each.code, each.place and each.place.path] for each in caught.value.problems] == case["problems"]
    assert {each.place.file for each in caught.value.problems if each.place} == {FILE}
    assert str(caught.value)
    assert schema_problems("lock", whole(case))


def test_what_a_later_minor_version_added_is_passed_over() -> None:
    later = copy.deepcopy(VALID["everything"])
    later["format"] = "1.7"
    later["signed_by"] = ["somebody"]
    for pack in later["packs"].values():
        pack["provenance"] = {"builder": "x"}
    assert read(later) == read(VALID["everything"])
    assert schema_problems("lock", later) == []


def test_a_lock_that_says_nothing_locks_nothing_and_is_never_fresh() -> None:
    assert read({}) == Lock()
    assert not Lock().is_fresh(ProjectFile())


def test_a_lock_has_no_place_for_a_time_a_path_or_an_alias() -> None:
    assert {each.name for each in fields(Lock)} == {"inputs", "packs"}
    assert {each.name for each in fields(LockedPack)} == set(schema("lock")["$defs"]["pack"]["properties"])
    assert set(schema("lock")["$defs"]["pack"]["properties"]) == {
        *("version", "tree", "registry", "source", "archive", "dependencies", "skills")
    }


def test_releases_and_dependencies_are_written_by_name_whatever_order_they_came_in() -> None:
    one = LockedPack(version=Version(1, 0, 0), tree=TREE, registry="x", dependencies={"zebra": "^1", "base": "^2"})
    other = replace(one, dependencies={"base": "^2", "zebra": "^1"})
    first = dump_json(lock_to_json(Lock(packs={"zebra": one, "@a/base": one, "base": other})))
    assert first == dump_json(lock_to_json(Lock(packs={"base": one, "zebra": other, "@a/base": other})))
    written: Any = json.loads(first)["packs"]
    assert list(written) == ["@a/base", "base", "zebra"]
    assert list(written["zebra"]["dependencies"]) == ["base", "zebra"]


# Round trips and freshness

names = st.sampled_from(["base", "arcgis", "a1", "@acme/tools", "@a/base", "zz-top"])
locked = st.builds(
    LockedPack,
    version=st.builds(
        Version, *[st.integers(0, 3)] * 3, st.none() | st.tuples(st.sampled_from(["alpha", "rc"]), st.just(1))
    ),
    tree=st.sampled_from("0f").map(lambda digit: f"tree1:{digit * 64}"),
    registry=st.sampled_from(["builtin", "0123456789abcdef"]),
    source=st.sampled_from(
        [{}, {"git": "https://host.example/x", "commit": "c0ffee" * 6 + "c0ff", "inferred": {"name": "x"}}]
    ),
    archive=st.sampled_from(["", "sha256:" + "1" * 64]),
    dependencies=st.dictionaries(names, st.sampled_from(["^1", ">=1, <2", "*"]), max_size=3),
    skills=st.none() | st.sampled_from([("a",), ("a", "b")]),
)
projects = st.builds(
    ProjectFile,
    packs=st.dictionaries(
        names,
        st.builds(
            Wanted,
            constraint=st.sampled_from(["*", "^1", "^2"]).map(Constraint),
            origin=st.sampled_from([Origin(), Origin(location="acme"), Origin(kind="path", location="../x")]),
            skills=st.none() | st.just(("a",)),
        ),
        max_size=2,
    ),
    agents=st.sampled_from([(), ("codex",)]),
    vendor=st.booleans(),
    registries=st.sampled_from(
        [
            (),
            (RegistryEntry(name="acme", location="x"),),
            (RegistryEntry(name="acme", location="elsewhere"),),
            (RegistryEntry(name="acme", location="y", scopes=("@acme",)),),
        ]
    ),
)
locks = st.builds(
    Lock, inputs=projects.map(lambda project: project.inputs()), packs=st.dictionaries(names, locked, max_size=4)
)


@given(locks)
def test_what_a_lock_says_reads_back_from_its_file(lock: Lock) -> None:
    written = lock_to_json(lock)
    assert read(json.loads(dump_json(written))) == lock
    assert dump_json(lock_to_json(read(json.loads(dump_json(written))))) == dump_json(written)
    assert schema_problems("lock", written) == []


@given(projects, projects)
def test_a_lock_is_fresh_as_long_as_packs_and_registries_are_what_it_was_solved_from(
    before: ProjectFile, now: ProjectFile
) -> None:
    lock = read(json.loads(dump_json(lock_to_json(Lock(inputs=before.inputs())))))
    assert lock.is_fresh(before)
    assert lock.is_fresh(replace(before, agents=("gemini",), vendor=not before.vendor, policy={"deny": []}, schema="x"))
    assert lock.is_fresh(now) == (solved_from(before) == solved_from(now))


def solved_from(project: ProjectFile) -> object:
    return project.packs, [(each.name, each.scopes) for each in project.registries]


# The schema


def door_accepts(value: Any) -> bool:
    try:
        read(value)
    except SkillctlError:
        return False
    return True


ODD: list[Any] = [
    *(None, True, 0, 2.5, "", " ", "x", [], {}, [None], [""], ["a"], ["A"], ["con"], ["a", "a"], {"a": 1}),
    *("1.0.0", "1.0", "1.0.0-1", "1.0.0-rc.1", "1.0.0\n", "01.0.0", "1.7", "2.0", "0.1", "01.0", "1.0\n"),
    *(TREE, f"{TREE}\n", TREE[:-1], TREE.upper(), "tree2:" + "0" * 64, "sha256:" + "1" * 64, "sha256:" + "1" * 65),
    *({"base": "^1"}, {"Base": "^1"}, {"base": "latest"}, {"base": 1}, {"base": "^1\n"}, {"@acme/base": ">=1, <2"}),
    *({"base": BASE}, {"Base": BASE}, {"@acme/base": BASE}, {"base": {}}, {"git": "https://h/x"}),
]
KEYS = ["version", "tree", "registry", "source", "archive", "dependencies", "skills", "more"]


@given(
    st.dictionaries(st.sampled_from(["format", "inputs", "packs", "more"]), st.sampled_from(ODD), max_size=2),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(ODD), max_size=3),
    st.sets(st.sampled_from(sorted(BASE)), max_size=1),
)
@settings(max_examples=250)
def test_schema_and_door_accept_the_same_locks(top: dict[str, Any], pack: dict[str, Any], without: set[str]) -> None:
    entry = {key: value for key, value in {**BASE, **pack}.items() if key not in without}
    values: list[dict[str, Any]] = [{"format": "1.0", "packs": {"base": entry}}, {"packs": {"base": entry}, **top}]
    for value in values:
        assert (schema_problems("lock", value) == []) == door_accepts(value), value


@pytest.mark.parametrize("key", KEYS)
def test_schema_and_door_agree_on_every_odd_value_of_every_key(key: str) -> None:
    for odd in ODD:
        value = {"packs": {"base": {**BASE, key: odd}}}
        assert (schema_problems("lock", value) == []) == door_accepts(value), value


def test_the_schema_describes_every_key_in_the_grammar_of_the_manifest() -> None:
    pack = schema("lock")["$defs"]["pack"]["properties"]
    assert all(each["description"] for each in (*schema("lock")["properties"].values(), *pack.values()))
    assert pack["version"]["pattern"] == schema("skill")["properties"]["version"]["pattern"]
    for name in ("packName", "skillName", "constraint"):
        assert schema("lock")["$defs"][name] == schema("skill")["$defs"][name]


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the documentation")
def test_the_example_of_the_reference_is_a_lock_to_the_letter() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "lock-file.md"
    text = page.read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    example = block.replace("1:…", f"1:{'0' * 64}").replace("256:…", f"256:{'0' * 64}")
    value = json.loads(example)
    assert dump_json(lock_to_json(read(value))).decode() == example
    assert schema_problems("lock", value) == []
    assert {"format", "inputs", "packs", *KEYS[:-1]} <= set(re.findall(r"^\| `(.*?)` \|", text, re.MULTILINE))

"""Names: the grammar and what it leaves out, and the nearest name to what somebody typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError
from skillctl.core.names import (
    AGENT_RESERVED,
    DEVICE_NAMES,
    is_pack_name,
    is_skill_name,
    near_names,
    normalised_name,
    parse_pack_name,
    parse_skill_name,
    scope_of,
    unscoped,
)
from tests.checkout import IN_CHECKOUT

CASES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "names" / "names.json").read_bytes())


@pytest.mark.parametrize("name", CASES["packs"])
def test_a_packs_name_is_taken_as_it_is(name: str) -> None:
    assert is_pack_name(name)
    assert parse_pack_name(name) == name


@pytest.mark.parametrize("name", CASES["skills"])
def test_a_skills_name_is_taken_as_it_is(name: str) -> None:
    assert is_skill_name(name)
    assert parse_skill_name(name) == name


@pytest.mark.parametrize("case", CASES["refused_packs"], ids=lambda case: repr(case["name"]))
def test_what_is_no_packs_name_is_refused_with_the_rule(case: dict[str, str]) -> None:
    place = Place(file="skill.json", path="$.name")
    with pytest.raises(ManifestError) as caught:
        parse_pack_name(case["name"], place=place)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place, problem.evidence["kind"]) == ("E101", place, "pack")
    assert case["rule"] in str(problem.evidence["rule"])
    assert not is_pack_name(case["name"])


@pytest.mark.parametrize("case", CASES["refused_skills"], ids=lambda case: repr(case["name"]))
def test_what_is_no_skills_name_is_refused_with_the_rule(case: dict[str, str]) -> None:
    with pytest.raises(ManifestError) as caught:
        parse_skill_name(case["name"])
    assert caught.value.problems[0].evidence["kind"] == "skill"
    assert case["rule"] in str(caught.value.problems[0].evidence["rule"])
    assert not is_skill_name(case["name"])


@pytest.mark.parametrize("reserved", sorted(DEVICE_NAMES | AGENT_RESERVED))
def test_a_name_that_somebody_keeps_is_free_neither_as_pack_nor_scope_nor_skill(reserved: str) -> None:
    assert not is_pack_name(reserved)
    assert not is_pack_name(f"@{reserved}/tools")
    assert not is_pack_name(f"@acme/{reserved}")
    assert not is_skill_name(reserved)
    assert is_pack_name(f"{reserved}-tools")


def test_a_name_has_64_characters_at_most_and_its_scope_does_not_count() -> None:
    assert is_pack_name("a" * 64)
    assert not is_pack_name("a" * 65)
    assert is_pack_name(f"@{'a' * 64}/{'b' * 64}")
    assert not is_pack_name(f"@{'a' * 65}/tools")
    assert is_skill_name("a" * 64)
    assert not is_skill_name("a" * 65)


def test_a_pack_has_two_characters_at_least_and_a_skill_one() -> None:
    assert is_pack_name("ab")
    assert not is_pack_name("a")
    assert is_skill_name("a")


@pytest.mark.parametrize(("written", "name"), CASES["normalised"])
def test_the_nearest_name_to_a_text(written: str, name: str) -> None:
    assert normalised_name(written) == name


anything = st.text(max_size=40) | st.text(st.sampled_from("aB1-_@/ .äß–"), max_size=20)


@given(anything)
def test_what_is_a_name_already_stays_and_nothing_changes_twice(text: str) -> None:
    name = normalised_name(text)
    assert normalised_name(name) == name
    assert not is_pack_name(text) or name == text


@given(anything)
def test_a_nearest_name_breaks_no_rule_but_length_and_reservation(text: str) -> None:
    name = normalised_name(text)
    scope, own = scope_of(name), unscoped(name)
    # Made longer and shorter, so that only the grammar is left to say no
    longer = f"{own[:50].strip('-')}-tools"
    assert name == "" or is_pack_name(f"{scope[:50].strip('-')}-scope/{longer}" if scope else longer)


def test_a_refusal_names_a_name_that_would_do() -> None:
    with pytest.raises(ManifestError, match="`my-domain` would do"):
        parse_pack_name("My Domain")
    with pytest.raises(ManifestError, match="`map-read` would do"):
        parse_skill_name("map_read")


@pytest.mark.parametrize("name", ["a", "con", "地図", "Con", "a" * 65])
def test_a_refusal_names_none_where_none_would_do(name: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse_pack_name(name)
    assert "would do" not in str(caught.value)


def test_a_scope_and_what_stands_behind_it() -> None:
    assert (scope_of("@acme/tools"), unscoped("@acme/tools")) == ("@acme", "tools")
    assert (scope_of("tools"), unscoped("tools")) == (None, "tools")


def test_near_names_are_those_that_look_alike_nearest_first_and_few() -> None:
    known = ["arcgis", "arcpy", "argus", "base", "terraform", "arcgis-pro", "arcgis-online"]
    assert near_names("arcgsi", known)[0] == "arcgis"
    assert near_names("terrafrom", known) == ["terraform"]
    assert near_names("quite-different", known) == []
    assert len(near_names("maps", ["maps1", "maps2", "maps3", "maps4"])) == 3
    assert len(near_names("maps", ["maps1", "maps2", "maps3", "maps4"], most=1)) == 1
    assert near_names("arcgis", []) == []


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the documentation")
def test_the_examples_of_the_reference_are_true() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "names-and-versions.md"
    names = page.read_text(encoding="utf-8").partition("## Versions")[0]
    packs, scoped, skills = (re.findall(r"`([^`]+)`", row.split("|")[3]) for row in names.splitlines()[6:9])
    assert len(packs) > 1
    assert all(is_pack_name(each) and scope_of(each) is None for each in packs)
    assert all(is_pack_name(each) and scope_of(each) for each in scoped)
    assert all(map(is_skill_name, skills))
    kept = [each for line in names.splitlines() if line.startswith("- ") for each in re.findall(r"`([^`]+)`", line)]
    assert len(kept) > 6
    assert not any(map(is_pack_name, kept))
    written, name = re.findall(r"`(My Domain)` ->\n`([^`]+)`", names)[0]
    assert normalised_name(written) == name

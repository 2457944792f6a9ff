"""Versions: one form, and the order that semver and `packaging` agree on inside it."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version as PackagingVersion

from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError
from skillctl.core.versions import Part, Version, is_version, parse_version
from tests.checkout import IN_CHECKOUT

CASES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "names" / "versions.json").read_bytes())

numbers = st.integers(0, 3) | st.integers(0, 999_999_999)
pres = st.none() | st.tuples(st.sampled_from(["alpha", "beta", "rc"]), numbers)
versions = st.builds(Version, numbers, numbers, numbers, pres)
parts: st.SearchStrategy[Part] = st.sampled_from(["major", "minor", "patch"])


@pytest.mark.parametrize("text", CASES["valid"])
def test_a_version_in_the_one_form_is_read(text: str) -> None:
    assert is_version(text)
    assert str(parse_version(text)) == text


@pytest.mark.parametrize("text", CASES["invalid"])
def test_any_other_form_is_refused(text: str) -> None:
    place = Place(file="skill.json", path="$.version")
    assert not is_version(text)
    with pytest.raises(ManifestError) as caught:
        parse_version(text, place=place)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place, problem.evidence["version"]) == ("E102", place, text)


@given(versions)
def test_what_is_printed_reads_back_as_itself(version: Version) -> None:
    assert parse_version(str(version)) == version


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(CASES["ascending"])))
def test_versions_are_ordered_as_semver_orders_them(lower: str, higher: str) -> None:
    assert parse_version(lower) < parse_version(higher)
    assert parse_version(higher) >= parse_version(lower)


def semver_key(version: Version) -> tuple[Any, ...]:
    """Section 11 of semver 2.0.0: numbers, then a pre-release below none, words by ASCII, numbers as numbers."""
    return (*version.release, version.pre is None, *(version.pre or ()))


@given(versions, versions)
def test_the_order_is_semvers_and_packagings(one: Version, other: Version) -> None:
    assert (one < other) == (semver_key(one) < semver_key(other)) == (one.for_packaging < other.for_packaging)
    assert (one == other) == (str(one) == str(other)) == (one.for_packaging == other.for_packaging)
    assert one != other or hash(one) == hash(other)


@given(versions)
def test_packaging_sees_the_same_version(version: Version) -> None:
    seen = version.for_packaging
    assert seen.release == version.release
    assert seen.is_prerelease == (version.pre is not None)
    assert seen == PackagingVersion(str(version))
    assert not any((seen.is_postrelease, seen.is_devrelease, seen.local, seen.epoch))


@pytest.mark.parametrize(("text", "part", "bumped"), CASES["bumped"])
def test_the_next_version_of_a_part(text: str, part: Part, bumped: str) -> None:
    assert str(parse_version(text).bumped(part)) == bumped


@given(versions, parts)
def test_a_bumped_version_is_later_final_and_the_first_of_its_part(version: Version, part: Part) -> None:
    bumped = version.bumped(part)
    assert bumped > version
    assert bumped.pre is None
    assert part == "patch" or bumped.patch == 0
    assert part != "major" or bumped.minor == 0


def test_a_version_can_be_a_key_and_is_printed_where_it_is_shown() -> None:
    assert {Version(1, 0, 0): "x"}[parse_version("1.0.0")] == "x"
    assert f"{Version(1, 2, 3, ('rc', 4))}" == "1.2.3-rc.4"


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the documentation")
def test_the_examples_of_the_reference_are_true() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "names-and-versions.md"
    text = page.read_text(encoding="utf-8").partition("## Versions")[2]
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    written = [(re.findall(r"`([^`]+)`", row[0]), row[1]) for row in rows if len(row) == 2]
    assert len(written) == 5
    for examples, about in written:
        assert {is_version(each) for each in examples} == {"refused" not in about}
    bumps = [[parse_version(cell.strip(" `")) for cell in row] for row in rows if len(row) == 4]
    assert len(bumps) == 4
    for before, patch, minor, major in bumps:
        assert (before.bumped("patch"), before.bumped("minor"), before.bumped("major")) == (patch, minor, major)
    (order,) = re.findall(r"```text\n(.*)\n```", text)
    line = [parse_version(each) for each in order.split(" < ")]
    assert line == sorted(line)
    assert len(line) > 6

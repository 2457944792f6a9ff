"""Requirements: every form means what the table says, checked against a model of intervals and against `packaging`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from skillctl.core import requirements
from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError
from skillctl.core.requirements import ANY, Constraint, Requirement, caret, parse_constraint, parse_requirement
from skillctl.core.versions import Version, parse_version
from tests.checkout import IN_CHECKOUT

DATA = Path(__file__).parents[1] / "data" / "requirements"
CONSTRAINTS: dict[str, Any] = json.loads((DATA / "constraints.json").read_bytes())
REQUIREMENTS: dict[str, Any] = json.loads((DATA / "requirements.json").read_bytes())

small = st.integers(0, 3)
pre = st.tuples(st.sampled_from(["alpha", "beta", "rc"]), small)
versions = st.builds(Version, small, small, small, st.none() | pre)
GRID = [Version(a, b, c) for a in range(4) for b in range(4) for c in range(5)]


# The table


@pytest.mark.parametrize(("text", "means"), CONSTRAINTS["table"])
def test_a_constraint_means_what_the_table_says(text: str, means: str) -> None:
    constraint, specifiers = parse_constraint(text), SpecifierSet(means)
    assert [v for v in GRID if constraint.allows(v)] == [v for v in GRID if specifiers.contains(v.for_packaging)]


@pytest.mark.parametrize("case", CONSTRAINTS["pre_releases"], ids=lambda case: case["text"])
def test_a_pre_release_does_where_one_of_the_same_numbers_is_asked_for(case: dict[str, Any]) -> None:
    constraint = parse_constraint(case["text"])
    tried = [*case["takes"], *case["leaves"]]
    assert [text for text in tried if constraint.allows(parse_version(text))] == case["takes"]


@pytest.mark.parametrize(("text", "reason"), CONSTRAINTS["refused"])
def test_what_can_not_be_read_is_refused_with_what_to_write(text: str, reason: str) -> None:
    place = Place(file="skill.json", path="$.dependencies.base")
    with pytest.raises(ManifestError) as caught:
        parse_constraint(text, place=place)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place, problem.evidence["requirement"]) == ("E103", place, text)
    assert reason in str(problem.evidence["reason"])


def test_the_table_of_the_module_is_the_table_of_the_cases() -> None:
    rows = re.findall(r"  ([~^]?[0-9][0-9.x]*)   +(>=[0-9]+[.][0-9]+[.][0-9]+,<[0-9.]+)", requirements.__doc__ or "")
    assert len(rows) >= 7
    assert [row for row in rows if list(row) not in CONSTRAINTS["table"]] == []


# The model: intervals of keys, without `packaging` and without a word of the module's code

Key = tuple[int, int, int, int, int]
FINAL = (3, 0)


def key(version: Version) -> Key:
    return (
        *version.release,
        *((["alpha", "beta", "rc"].index(version.pre[0]), version.pre[1]) if version.pre else FINAL),
    )


@dataclass(frozen=True)
class Clause:
    operator: str
    numbers: tuple[int, ...]
    pre: tuple[str, int] | None
    wildcard: str

    def __str__(self) -> str:
        label = f"-{self.pre[0]}.{self.pre[1]}" if self.pre else ""
        return f"{self.operator}{'.'.join(map(str, self.numbers))}{label}{self.wildcard}"

    @property
    def version(self) -> Version:
        major, minor, patch = (*self.numbers, 0, 0)[:3]
        return Version(major, minor, patch, self.pre)

    def holds(self, version: Version) -> bool:
        low, found = key(self.version), key(version)
        match self.operator:
            case _ if self.wildcard:
                return version.release[: len(self.numbers)] == self.numbers
            case "" | "^":
                return low <= found and version.release < self._behind(self._leading())
            case "~":
                return low <= found and version.release[: min(len(self.numbers), 2)] == self.numbers[:2]
            case ">=":
                return low <= found
            case "<":
                return found < low and (self.pre is not None or version.release < self.version.release)
            case ">":
                return low < found if len(self.numbers) == 3 else version.release[: len(self.numbers)] > self.numbers
            case "<=":
                return found <= low if len(self.numbers) == 3 else version.release[: len(self.numbers)] <= self.numbers
            case "==":
                return found == low
            case _:
                return found != low

    def _leading(self) -> int:
        """The place of the number that a caret does not let grow."""
        return next((place for place, number in enumerate(self.numbers) if number), len(self.numbers) - 1)

    def _behind(self, place: int) -> tuple[int, ...]:
        return (*self.numbers[:place], self.numbers[place] + 1, 0, 0)[:3]


partial = st.lists(small, min_size=1, max_size=3).map(tuple)
full = st.tuples(small, small, small)
clauses = st.one_of(
    st.builds(Clause, st.sampled_from(["", "^", "~", ">=", "<", ">", "<="]), partial, st.none(), st.just("")),
    st.builds(
        Clause, st.sampled_from(["", "^", "~", ">=", "<", ">", "<=", "==", "!="]), full, st.none() | pre, st.just("")
    ),
    st.builds(
        Clause,
        st.sampled_from(["", "=="]),
        st.tuples(small) | st.tuples(small, small),
        st.none(),
        st.sampled_from([".x", ".X", ".*"]),
    ),
)
lists = st.lists(clauses, min_size=1, max_size=3)


def model(written: list[Clause], version: Version) -> bool:
    asked = {clause.version.release for clause in written if clause.pre and clause.operator != "!="}
    return (version.pre is None or version.release in asked) and all(clause.holds(version) for clause in written)


@given(lists, versions)
@settings(max_examples=300)
def test_a_constraint_is_the_intervals_of_its_clauses(written: list[Clause], version: Version) -> None:
    text = ",".join(map(str, written))
    assert parse_constraint(text).allows(version) == model(written, version), (text, str(version))


@given(lists, st.lists(st.sampled_from(["", " ", "  "]), min_size=8, max_size=8), versions)
def test_spaces_around_clauses_mean_nothing(written: list[Clause], spaces: list[str], version: Version) -> None:
    text = ",".join(f"{spaces[2 * at]}{each}{spaces[2 * at + 1]}" for at, each in enumerate(written))
    assert parse_constraint(text).allows(version) == model(written, version)


@given(lists, lists, st.builds(Version, small, small, small))
def test_a_comma_means_and(one: list[Clause], other: list[Clause], version: Version) -> None:
    both = parse_constraint(",".join(map(str, [*one, *other])))
    assert both.allows(version) == (model(one, version) and model(other, version))


@given(lists, full, pre, versions)
def test_taking_something_away_adds_nothing(written: list[Clause], numbers: Any, label: Any, version: Version) -> None:
    without = parse_constraint(",".join(map(str, [*written, Clause("!=", numbers, label, "")])))
    assert not without.allows(version) or model(written, version)


@given(st.builds(Version, small, small, small, st.none() | pre), versions)
def test_what_install_records_takes_its_own_version_and_nothing_that_breaks(chosen: Version, other: Version) -> None:
    recorded = caret(chosen)
    assert parse_constraint(str(recorded)) == recorded
    assert recorded.allows(chosen)
    if recorded.allows(other):
        assert other >= chosen
        same = 1 if chosen.major else 2 if chosen.minor else 3
        assert other.release[:same] == chosen.release[:same]


def test_the_largest_numbers_are_numbers() -> None:
    most = 999_999_999
    assert parse_constraint(f"^{most}").allows(Version(most, most, most))
    assert parse_constraint(f"<={most}").allows(Version(most, 0, 0))
    assert not parse_constraint(f">{most}").allows(Version(most, most, most))
    assert parse_constraint(f"{most}.{most}.x").allows(Version(most, most, 5))


# Constraints and requirements as values


@pytest.mark.parametrize("text", ["*", "x", "X", " * "])
def test_any_is_written_in_three_ways(text: str) -> None:
    assert parse_constraint(text).is_any
    assert parse_constraint(text).allows(Version(0, 0, 0))


@pytest.mark.parametrize("text", [">=0.0.0", "^1", "1.x", "==1.0.0"])
def test_what_excludes_something_or_says_it_otherwise_is_not_any(text: str) -> None:
    assert not parse_constraint(text).is_any


def test_what_is_written_is_kept_but_for_spaces_at_its_ends() -> None:
    assert str(parse_constraint("  >= 1.2, <2 ")) == ">= 1.2, <2"
    assert parse_constraint("^1") == Constraint("^1")
    assert parse_constraint("*") == ANY


@pytest.mark.parametrize(("text", "name", "constraint"), REQUIREMENTS["read"])
def test_a_requirement_is_a_name_and_versions(text: str, name: str, constraint: str) -> None:
    assert parse_requirement(text) == Requirement(name, Constraint(constraint))


@pytest.mark.parametrize(("text", "reason"), REQUIREMENTS["refused"])
def test_what_is_no_requirement_is_refused_with_the_reason(text: str, reason: str) -> None:
    place = Place(file="skill.json", path="$.dependencies[0]")
    with pytest.raises(ManifestError) as caught:
        parse_requirement(text, place=place)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("E103", place)
    assert reason in str(problem.evidence["reason"])


@given(st.sampled_from(["base", "@acme/base", "base-2", "b1"]), lists)
def test_a_requirement_reads_back_from_what_it_prints(name: str, written: list[Clause]) -> None:
    requirement = Requirement(name, parse_constraint(",".join(map(str, written))))
    assert parse_requirement(str(requirement)) == requirement
    assert str(Requirement(name, ANY)) == name


@given(st.text(max_size=12) | st.text(st.sampled_from("0123.xX*^~<>=!, -rcbeta@|"), max_size=14))
@settings(max_examples=300)
def test_whatever_is_read_can_be_asked_and_is_never_an_error_later(text: str) -> None:
    try:
        constraint = parse_constraint(text)
    except ManifestError:
        return
    constraint.allows(Version(1, 2, 3))
    assert parse_constraint(str(constraint)) == constraint
    assert str(constraint).isascii()


# The page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "requirements.md"


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the documentation")
def test_the_tables_of_the_reference_are_true() -> None:
    text, _, refused = PAGE.read_text(encoding="utf-8").partition("## What is refused")
    means = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", text, re.MULTILINE)
    takes = re.findall(r"^\| `([^`]+)` \| ([0-9][^|`]*) \| ([0-9][^|`]*) \|", text, re.MULTILINE)
    assert len(means) > 10
    assert len(takes) > 4
    for written, desugared in means:
        constraint, meant = parse_constraint(written), parse_constraint(desugared)
        assert [v for v in GRID if constraint.allows(v)] == [v for v in GRID if meant.allows(v)], written
    for written, taken, left in takes:
        constraint = parse_constraint(written)
        assert all(constraint.allows(parse_version(each)) for each in taken.strip().split(", ")), written
        assert not any(constraint.allows(parse_version(each)) for each in left.strip().split(", ")), written
    rows = re.findall(r"^\| (`.*`) \| (`.*`)", refused, re.MULTILINE)
    assert len(rows) > 4
    for written, instead in rows:
        for each in re.findall(r"`([^`]+)`", instead):
            parse_constraint(each)
        for each in re.findall(r"`([^`]+)`", written.replace("\\", "")):
            with pytest.raises(ManifestError):
                parse_constraint(each)


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the documentation")
def test_the_examples_of_the_reference_parse() -> None:
    blocks = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) > 3
    for line in lines:
        parse_requirement(line)

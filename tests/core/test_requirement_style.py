"""A requirement that is moved admits the version, and looks as its author writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.requirement_style import moved_to
from skillctl.core.requirements import Constraint, parse_constraint
from skillctl.core.versions import Version, parse_version

NUMBERS = st.integers(0, 12)
VERSIONS = st.builds(
    Version, NUMBERS, NUMBERS, NUMBERS, st.none() | st.tuples(st.sampled_from(["alpha", "beta", "rc"]), NUMBERS)
)
PARTIAL = st.lists(NUMBERS.map(str), min_size=1, max_size=3).map(".".join)
SIGNED = st.builds(lambda sign, text: sign + text, st.sampled_from(["^", "~", "", ">=", "<"]), PARTIAL)
EXACT = st.builds(lambda sign, version: f"{sign}{version}", st.sampled_from(["==", "!=", "^", "~"]), VERSIONS)
WILD = st.builds(lambda sign, major: f"{sign}{major}.x", st.sampled_from(["", "=="]), NUMBERS)
STRETCH = st.builds(lambda low, high: f">={low},<{high}", PARTIAL, PARTIAL)
CONSTRAINTS = (SIGNED | EXACT | WILD | STRETCH | st.just("*")).map(parse_constraint)


@pytest.mark.parametrize(
    ("before", "version", "after"),
    [
        ("^1.2.3", "2.0.1", "^2.0.1"),
        ("^1.2", "2.0.1", "^2.0"),
        ("^1", "2.0.1", "^2"),
        ("~1.2.3", "1.3.4", "~1.3.4"),
        ("~1.2", "2.0.1", "~2.0"),
        ("1.2", "2.0.1", "2.0"),
        ("1.2.x", "2.0.1", "2.0.x"),
        ("1.x", "2.0.1", "2.x"),
        ("==1.2.*", "2.0.1", "==2.0.*"),
        ("==1.4.0", "2.0.1", "==2.0.1"),
        (">=1.2,<2", "2.4.1", ">=2.4,<3"),
        (">=1.2, <2.0", "2.4.1", ">=2.4, <3.0"),
        (">=1.2.0,<1.3", "1.4.1", ">=1.4.1,<1.5"),
        ("^1.0.0", "2.0.0-rc.1", "^2.0.0-rc.1"),
        ("^1.0.0-beta.1", "2.0.0", "^2.0.0"),
        ("<2", "2.0.1", "^2.0.1"),
        (">=1,<2,!=1.5.0", "2.0.1", "^2.0.1"),
        ("^1.2", "1.9.0", "^1.2"),
        ("*", "2.0.1", "*"),
    ],
)
def test_a_requirement_keeps_its_style(before: str, version: str, after: str) -> None:
    assert str(moved_to(Constraint(before), parse_version(version))) == after


@given(CONSTRAINTS, VERSIONS)
def test_what_comes_out_admits_the_version_and_can_be_read(constraint: Constraint, version: Version) -> None:
    moved = moved_to(constraint, version)
    assert parse_constraint(str(moved)) == moved
    assert moved.allows(version)


@given(CONSTRAINTS, VERSIONS)
def test_what_admits_the_version_stays_as_it_is(constraint: Constraint, version: Version) -> None:
    moved = moved_to(constraint, version)
    assert moved_to(moved, version) == moved
    assert not constraint.allows(version) or moved == constraint

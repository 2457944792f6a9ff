"""Problems as values: their severity, and how their place is written."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from skillctl.core.diagnostics import Place, problem
from skillctl.core.wording import worded


@pytest.mark.parametrize(
    ("place", "written"),
    [
        (Place(), ""),
        (Place(file="skill.json"), "skill.json"),
        (Place(path="$.name"), "$.name"),
        (Place(file="skill.json", path="$.name"), "skill.json ($.name)"),
        (Place(file="skill.json", line=3), "skill.json:3"),
        (Place(file="skill.json", line=3, column=7), "skill.json:3:7"),
        (Place(file="skill.json", path="$.name", line=3, column=7), "skill.json:3:7 ($.name)"),
        (Place(file="skill.json", column=7), "skill.json"),
    ],
)
def test_a_place_is_written_as_far_as_it_is_known(place: Place, written: str) -> None:
    assert str(place) == written


@pytest.mark.parametrize(("code", "severity"), [("E101", "error"), ("W301", "warning"), ("N420", "note")])
def test_the_first_letter_of_a_code_is_its_severity(code: str, severity: str) -> None:
    assert problem(code).severity == severity
    assert problem(code, severity="note").severity == "note"


def test_a_problem_is_evidence_that_does_not_change() -> None:
    place = Place(file="skill.json", path="$.version")
    found = problem("E102", place=place, version="1.0")
    assert (found.evidence, found.place) == ({"version": "1.0"}, place)
    with pytest.raises(FrozenInstanceError):
        found.code = "E103"  # type: ignore[misc]


def test_words_are_filled_with_evidence_that_is_safe_to_print() -> None:
    told = worded(problem("E102", place=Place(file="skill.json"), version="1\u202e.0\x1b"))
    assert told.title == "`1\\u202e.0\\x1b` is not a version"
    assert (told.code, told.severity, told.place) == ("E102", "error", Place(file="skill.json"))
    assert "{" not in told.hint


def test_braces_in_evidence_are_text() -> None:
    assert worded(problem("E102", version="{place}")).title == "`{place}` is not a version"


def test_lists_of_evidence_are_told_with_commas() -> None:
    told = worded(problem("E140", pack="maps", skill="a", paths=["x/a", "y\x07/a"]))
    assert told.title.endswith("x/a, y\\x07/a")


def test_a_code_without_words_is_a_programmers_mistake() -> None:
    with pytest.raises(KeyError):
        worded(problem("E000"))

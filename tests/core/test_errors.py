"""The tree of errors: what an error carries, what it says, and the status that the program ends with."""

from __future__ import annotations

import pytest

from skillctl.core import errors
from skillctl.core.diagnostics import Place, problem
from skillctl.core.errors import ManifestError, SkillctlError, UsageError

FAMILIES = SkillctlError.__subclasses__()


def test_an_error_carries_its_problems_in_order_and_is_called_by_the_first() -> None:
    first, second = problem("E102", version="1"), problem("E103", requirement="x", reason="y")
    error = ManifestError(first, second)
    assert error.problems == (first, second)
    assert error.code == "E102"


def test_an_error_without_a_problem_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="at least one problem"):
        SkillctlError()


def test_the_error_of_one_problem_keeps_its_class_place_and_evidence() -> None:
    error = ManifestError.of("E102", place=Place(file="skill.json"), version="1")
    assert type(error) is ManifestError
    assert error.problems == (problem("E102", place=Place(file="skill.json"), version="1"),)


def test_an_error_speaks_in_the_words_of_its_problems() -> None:
    error = ManifestError(problem("E102", version="1"), problem("E102", version="2\x1b"))
    assert str(error) == "E102 `1` is not a version; E102 `2\\x1b` is not a version"


@pytest.mark.parametrize("family", FAMILIES)
def test_wrong_usage_ends_with_2_and_everything_else_with_1(family: type[SkillctlError]) -> None:
    assert family.exit_status == (2 if family is UsageError else 1)


def test_every_error_is_one_of_the_family_drawn_in_the_module() -> None:
    drawn = [word for word in (errors.__doc__ or "").split() if word.endswith("Error") and word.isidentifier()]
    assert drawn == ["SkillctlError", *(family.__name__ for family in FAMILIES)]

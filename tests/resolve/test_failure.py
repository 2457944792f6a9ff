"""Which error a conflict becomes, in the words that a person reads."""

from __future__ import annotations

from typing import Any

from skillctl.core.diagnostics import Diagnostic
from skillctl.core.requirements import ANY, parse_constraint
from skillctl.core.wording import worded
from skillctl.resolve.answer import Conflict
from skillctl.resolve.failure import conflict_error
from skillctl.resolve.solver import resolve
from skillctl.resolve.words import Words
from tests.resolve.packs import Packs

BASE: dict[str, dict[str, str]] = {"1.0.0": {}, "1.5.0": {}, "2.0.0": {}}


def told(index: dict[str, Any], asked: dict[str, str], **more: Any) -> list[Diagnostic]:
    """The problems of the error that the request ends in, worded."""
    packs = Packs({"index": index, **more})
    roots = {name: parse_constraint(text) for name, text in asked.items()}
    answer = resolve(packs, roots)
    assert isinstance(answer, Conflict)
    words = Words(universe=packs, origins={"left": "the command line"}, origin="skillctl.json", remarks=packs.remarks())
    error = conflict_error(answer, packs, roots, anything=ANY, words=words, near={"bsae": ["base", "vase"]})
    return [worded(problem) for problem in error.problems]


def test_a_conflict_is_told_with_its_story_and_the_ways_out() -> None:
    index = {"left": {"1.0.0": {"base": "^1.0.0"}}, "right": {"1.0.0": {"base": "^2.0.0"}}, "base": BASE}
    [diagnostic] = told(index, {"left": "^1.0.0", "right": "^1.0.0"})
    assert diagnostic.code == "E301"
    assert diagnostic.title == "no set of versions meets what is asked of `left` and `right`"
    assert diagnostic.detail == (
        "`left` 1.0.0 needs `base` ^1.0.0, `right` 1.0.0 needs `base` ^2.0.0, and no version of `base` fits both"
    )
    assert diagnostic.hint == (
        "`left` 1.0.0 would have to accept `base` 2.0.0 (it needs ^1.0.0); "
        "or `right` 1.0.0 would have to accept `base` 1.5.0 (it needs ^2.0.0); or leave out `left` or `right`"
    )


def test_everything_asked_for_that_is_not_there_is_told_at_once() -> None:
    diagnostics = told({"base": BASE}, {"base": "^3.0.0", "bsae": "*", "left": "^1.0.0"}, yanked={"base": ["2.0.0"]})
    assert [each.code for each in diagnostics] == ["E303", "E302", "E302"]
    base, bsae, left = diagnostics
    assert base.title == "no version of `base` fits ^3.0.0"
    assert base.detail == "skillctl.json asks for it; there are 1.0.0, 1.5.0 and 2.0.0 (yanked)"
    assert base.hint == "the newest that may be chosen is `base` 1.5.0"
    assert bsae.hint == "did you mean `base` or `vase`?"
    assert left.title == "no registry has a pack called `left`"
    assert left.detail == "the command line asks for `left` ^1.0.0"
    assert left.hint == "check the name, and which registries are set up here"


def test_a_need_of_something_that_is_nowhere_names_who_needs_it() -> None:
    [diagnostic] = told({"app": {"1.0.0": {"bsae": "^1.0.0"}}}, {"app": "*"})
    assert diagnostic.code == "E302"
    assert diagnostic.title == "no registry has a pack called `bsae`"
    assert diagnostic.detail == "`app` 1.0.0 needs `bsae` ^1.0.0"


def test_what_comes_from_outside_is_shown_and_not_obeyed() -> None:
    index = {"left": {"1.0.0": {"ba\x1b[2Jse": "*"}}}
    [diagnostic] = told(index, {"left": "*"})
    assert diagnostic.detail == "`left` 1.0.0 needs `ba\\x1b[2Jse`"

"""Policy files as data: each with the decisions and rules that have to come of it, or the problems."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillctl.core.errors import PluginError
from skillctl.core.wording import worded
from skillctl_plugins.policy.layers import default_layer
from tests.plugins.policy.reading import Case, cases, engine, expectations, layers

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_policy_decides_as_its_case_says(case: Case, tmp_path: Path) -> None:
    if case.problems:
        with pytest.raises(PluginError) as caught:
            layers(case, tmp_path)
        found = [(each.code, each.place.line if each.place else 0, _said(each)) for each in caught.value.problems]
        assert [(code, line) for code, line, _ in found] == [(code, line) for code, line, _ in case.problems], found
        assert all(words in said for (_, _, words), (_, _, said) in zip(case.problems, found, strict=True)), found
        return
    made = layers(case, tmp_path)
    wanted = list(expectations(case))
    got = [engine(made, each).decide(each.effect) for each in wanted]
    assert [(each.answer, each.rule, line.line) for each, line in zip(got, wanted, strict=True)] == [
        (each.answer, each.rule, each.line) for each in wanted
    ]


def _said(problem: object) -> str:
    told = worded(problem)  # type: ignore[arg-type]
    return f"{told.title} {told.hint}"


def test_there_are_sixty_cases_and_no_two_are_alike() -> None:
    assert len(CASES) >= 60
    assert len({case.about for case in CASES}) == len(CASES)
    assert len({(*sorted(case.files.items()), *case.expected) for case in CASES}) == len(CASES)


def test_what_was_decided_once_is_decided_alike_from_the_cache(tmp_path: Path) -> None:
    for case in CASES:
        if case.problems:
            continue
        room = tmp_path / case.name
        first, again = layers(case, room), layers(case, room)
        assert [each.rules for each in first] == [each.rules for each in again], case.name


@pytest.mark.parametrize(
    "rule",
    [rule.id for section in (default_layer().rules.files, default_layer().rules.commands) for rule in section.rules],
)
def test_every_shipped_rule_is_needed_by_a_case(rule: str) -> None:
    named = {f"default:{rule}" for case in CASES for line in case.expected if f"default:{rule}" in line.split()}
    assert named, f"no case fails if the shipped rule {rule} is taken out"


def test_the_shipped_rules_speak_of_no_packs_and_no_hooks() -> None:
    """The guard counts on it: an install where nobody wrote a policy loads nothing of this."""
    rules = default_layer().rules
    assert not rules.packs.rules
    assert not rules.hooks.rules
    assert rules.packs.otherwise is rules.hooks.otherwise is None

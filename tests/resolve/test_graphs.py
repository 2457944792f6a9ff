"""Larger graphs of known shape: what the search may cost there, in choices and not in time."""

from __future__ import annotations

import pytest

from skillctl.resolve.answer import Conflict, Solution
from skillctl.resolve.solver import resolve
from tests.bench.graphs import late_conflicts, many_versions, pigeonhole, synthetic


@pytest.mark.parametrize("tight", [0, 10, 30])
def test_a_satisfiable_graph_is_solved(tight: int) -> None:
    graph = synthetic(400, tight=tight)
    answer = resolve(graph, graph.roots)
    assert isinstance(answer, Solution)
    assert graph.is_met_by(answer.chosen)
    assert len(answer.chosen) > 50


@pytest.mark.parametrize("blocks", [1, 5, 20])
def test_independent_late_conflicts_cost_no_more_than_one_by_one(blocks: int) -> None:
    graph = late_conflicts(blocks)
    answer = resolve(graph, graph.roots)
    assert isinstance(answer, Solution)
    assert graph.is_met_by(answer.chosen)
    assert answer.decisions <= 2 * blocks


def test_what_was_learned_is_used() -> None:
    """A bound a little above what it takes; without looking at what was learned it takes twice as much."""
    graph = synthetic(1000, tight=30, seed=5)
    answer = resolve(graph, graph.roots)
    assert isinstance(answer, Solution)
    assert answer.decisions < 7000


def test_conflicts_that_are_seen_only_by_trying_do_not_multiply() -> None:
    """The same with two versions of t that suit: 6 to the power of 12 for who tries all, a few choices here."""
    graph = late_conflicts(12, spread=True)
    answer = resolve(graph, graph.roots)
    assert isinstance(answer, Solution)
    assert graph.is_met_by(answer.chosen)
    assert answer.decisions < 300


def test_versions_released_in_step_are_not_tried_one_by_one() -> None:
    graph = many_versions(300)
    answer = resolve(graph, graph.roots)
    assert isinstance(answer, Solution)
    assert answer.chosen == {"app": 0, "core": 30, "tool": 30}
    assert answer.decisions <= 2


def test_one_pigeon_too_many_is_a_conflict() -> None:
    graph = pigeonhole(4)
    assert isinstance(resolve(graph, graph.roots), Conflict)


def test_the_same_arguments_give_the_same_graph() -> None:
    assert synthetic(60, tight=20, seed=3) == synthetic(60, tight=20, seed=3)
    assert synthetic(60, tight=20, seed=3) != synthetic(60, tight=20, seed=4)

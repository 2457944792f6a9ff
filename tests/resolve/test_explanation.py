"""What is said of a conflict is true: its proof, its story, and the changes that are said to help."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from hypothesis import assume, given, settings

from skillctl.core.errors import ResolveError
from skillctl.resolve.answer import Asked, Conflict, Incompatibility, Needs, Solution
from skillctl.resolve.change import Ask, Change, LeaveOut, Widen, smallest_change
from skillctl.resolve.core import asked_of, smallest_core
from skillctl.resolve.failure import conflict_error
from skillctl.resolve.solver import resolve
from skillctl.resolve.story import story
from skillctl.resolve.words import Words
from tests.bench.graphs import pigeonhole
from tests.resolve.letters import ANYTHING, Letters, Request, requests


def conflict_of(request: Request) -> Conflict[int]:
    answer = resolve(Letters(request.index), request.roots, request.locked)
    assume(isinstance(answer, Conflict))
    assert isinstance(answer, Conflict)
    return answer


@settings(max_examples=200)
@given(requests(names=6, versions=4))
def test_the_facts_of_a_conflict_stand_in_the_index(request: Request) -> None:
    for fact in conflict_of(request).facts():
        if isinstance(fact, Asked):
            assert request.roots[fact.name] == fact.requirement
        else:
            assert fact.versions
            for place, needs in enumerate(request.index[fact.name]):
                assert not fact.versions >> place & 1 or needs[fact.target] == fact.requirement


@settings(max_examples=100)
@given(requests())
def test_each_step_of_a_proof_follows_from_its_causes(request: Request) -> None:
    conflict = conflict_of(request)
    assert not conflict.proof.terms
    for step in _derived(conflict.proof):
        assert isinstance(step.cause, tuple)
        names = sorted({name for each in (step, *step.cause) for name in each.terms})
        for states in product(*(range(len(request.index.get(name, ())) + 1) for name in names)):
            here = dict(zip(names, states, strict=True))
            assert not _holds(step, here) or any(_holds(cause, here) for cause in step.cause)


def _derived(proof: Incompatibility[int]) -> list[Incompatibility[int]]:
    if not isinstance(proof.cause, tuple):
        return []
    return [proof, *(step for cause in proof.cause for step in _derived(cause))]


def _holds(incompatibility: Incompatibility[int], states: dict[str, int]) -> bool:
    return all(allowed >> states[name] & 1 for name, allowed in incompatibility.terms.items())


@settings(max_examples=60)
@given(requests(names=5, versions=3))
def test_the_core_of_a_conflict_can_do_without_none_of_its_facts(request: Request) -> None:
    core = smallest_core(conflict_of(request), Letters(request.index)).facts()
    for left_out in core:
        rest = [fact for fact in core if fact != left_out]
        assert isinstance(resolve(_only(rest, request), asked_of(rest)), Solution)
    assert isinstance(resolve(_only(core, request), asked_of(core)), Conflict)


def _only(facts: Sequence[Asked[int] | Needs[int]], request: Request) -> Letters:
    index = {
        name: [
            {
                fact.target: fact.requirement
                for fact in facts
                if isinstance(fact, Needs) and fact.name == name and fact.versions >> place & 1
            }
            for place in range(len(versions))
        ]
        for name, versions in request.index.items()
    }
    return Letters(index)


@settings(max_examples=200)
@given(requests(names=6, versions=4))
def test_a_story_names_every_request_that_the_conflict_rests_on(request: Request) -> None:
    universe = Letters(request.index)
    conflict = conflict_of(request)
    told = "\n".join(story(conflict, Words(universe=universe)))
    for name in asked_of(smallest_core(conflict, universe).facts()):
        assert f"`{name}`" in told


@settings(max_examples=200)
@given(requests(names=5, versions=4))
def test_each_change_that_is_named_really_helps(request: Request) -> None:
    conflict = conflict_of(request)
    changes = smallest_change(
        Letters(request.index), request.roots, request.locked, conflict=conflict, anything=ANYTHING
    )
    for change in changes.best:
        changed = _changed(request, change)
        assert isinstance(resolve(Letters(changed.index), changed.roots, changed.locked), Solution)


def _changed(request: Request, change: Change[int]) -> Request:
    if isinstance(change, Ask):
        return Request(request.index, {**request.roots, change.name: 1 << change.place}, request.locked)
    if isinstance(change, LeaveOut):
        roots = {name: wanted for name, wanted in request.roots.items() if name not in change.names}
        return Request(request.index, roots, request.locked)
    return Request(_widened(request, change), request.roots, request.locked)


def _widened(request: Request, change: Widen[int]) -> dict[str, list[dict[str, int]]]:
    index = {name: [dict(needs) for needs in versions] for name, versions in request.index.items()}
    needs = index[change.name][change.place]
    assert needs[change.target] == change.requirement
    needs[change.target] |= 1 << change.target_place
    return index


@settings(max_examples=100)
@given(requests(names=5, versions=4))
def test_every_conflict_becomes_an_error_whose_words_are_filled(request: Request) -> None:
    error = conflict_error(
        conflict_of(request), Letters(request.index), request.roots, request.locked, anything=ANYTHING
    )
    assert isinstance(error, ResolveError)
    assert error.code in {"E301", "E302", "E303"}
    assert str(error)


def test_a_proof_that_nobody_would_read_is_told_by_its_requests() -> None:
    graph = pigeonhole(5)
    answer = resolve(graph, graph.roots)
    assert isinstance(answer, Conflict)
    lines = story(answer, Words(universe=graph))
    assert len(lines) == 7
    assert lines[0] == "the project asks for `pigeon-0` (0, 5)"


def test_what_a_trial_would_have_to_know_is_told() -> None:
    universe = Letters({"a": [{"b": 1}, {"c": 1}], "b": [{}, {}]}, unread=frozenset("c"))
    roots = {"a": 0b01, "b": 0b10}
    answer = resolve(universe, roots)
    assert isinstance(answer, Conflict)
    changes = smallest_change(universe, roots, conflict=answer, anything=ANYTHING)
    assert changes.missing == {"c"}

"""The few facts that make a conflict, without those that the search only happened to pass.

A proof is found by a search, and a search takes detours. Leaving out one fact after another, as long as what remains is
still a conflict, gives facts each of which is needed for it: something a person can read.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

from skillctl.core.errors import ResolveError
from skillctl.resolve.answer import Asked, Conflict, Needs
from skillctl.resolve.solver import resolve
from skillctl.resolve.universe import Candidates, Universe, every_version, places

R = TypeVar("R", bound=Hashable)

Fact = Asked[R] | Needs[R]

MAX_TRIALS = 200
"""Facts that are tried; a conflict with more of them is told with some that it could do without."""
MAX_DECISIONS = 500
"""Choices for each trial."""


class FactsOnly(Generic[R]):
    """A universe in which the same versions need only what some facts say."""

    def __init__(self, universe: Universe[R], facts: Iterable[Fact[R]]) -> None:
        self._universe = universe
        self._needs: dict[str, list[Needs[R]]] = {}
        for fact in facts:
            if isinstance(fact, Needs):
                self._needs.setdefault(fact.name, []).append(fact)

    def candidates(self, name: str) -> Candidates[R]:
        versions = known(self._universe, name).versions
        needed: list[dict[str, R]] = [{} for _ in versions]
        for fact in self._needs.get(name, ()):
            for place in places(fact.versions):
                needed[place][fact.target] = fact.requirement
        return Candidates(versions, needed)

    def matching(self, name: str, requirement: R) -> int:
        return self._universe.matching(name, requirement)


def known(universe: Universe[R], name: str) -> Candidates[R]:
    """The candidates of a name that the solver has met."""
    candidates = universe.candidates(name)
    if candidates is None:
        raise ValueError(f"the versions of {name} have been forgotten since the conflict was found")
    return candidates


def admitted(universe: Universe[R], name: str, requirement: R) -> int:
    """The versions of a known name that the requirement admits, as bits."""
    return universe.matching(name, requirement) & every_version(known(universe, name))


def asked_of(facts: Iterable[Fact[R]]) -> Mapping[str, R]:
    """What the root asks for in these facts: name -> requirement."""
    asked = {fact.name: fact.requirement for fact in facts if isinstance(fact, Asked)}
    return dict(sorted(asked.items()))


def smallest_core(conflict: Conflict[R], universe: Universe[R]) -> Conflict[R]:
    """The conflict with a proof from as few facts as can be; what is asked is left out first, then what is needed."""
    tried: set[Fact[R]] = set()
    while len(tried) < MAX_TRIALS:
        fact = next((fact for fact in _far_first(conflict) if fact not in tried), None)
        if fact is None:
            break
        tried.add(fact)
        conflict = _without(fact, conflict, universe) or conflict
    return conflict


def _far_first(conflict: Conflict[R]) -> list[Fact[R]]:
    facts = conflict.facts()
    return [*(fact for fact in facts if isinstance(fact, Asked)), *(fact for fact in facts if isinstance(fact, Needs))]


def _without(fact: Fact[R], conflict: Conflict[R], universe: Universe[R]) -> Conflict[R] | None:
    rest = [each for each in conflict.facts() if each != fact]
    try:
        answer = resolve(FactsOnly(universe, rest), asked_of(rest), max_decisions=MAX_DECISIONS)
    except ResolveError:
        return None
    return answer if isinstance(answer, Conflict) else None

"""The smallest changes that would let a conflict be solved, each of them tried before it is named.

Best first:

    Ask       ask for one name in another version than is asked for now: the caller's to do, and nothing is lost
    Widen     one pack would have to accept a version of another that its requirement refuses: for its author
    LeaveOut  do without one name that is asked for, where no other version of it would do, or without several where
              the conflicts are several

Only what the conflict rests on is tried, and no more than `MAX_TRIALS` times.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from skillctl.core.errors import ResolveError
from skillctl.resolve.answer import Conflict, Missing, Needs, Solution
from skillctl.resolve.core import Fact, admitted, asked_of, known, smallest_core
from skillctl.resolve.solver import resolve
from skillctl.resolve.universe import Candidates, Universe, places

R = TypeVar("R", bound=Hashable)

MAX_TRIALS = 60
"""Solutions that are looked for."""
MAX_WIDENED = 20
"""Needs of the conflict that are tried with a wider range."""
MAX_DECISIONS = 5_000
"""Choices for each of them."""
MAX_LEFT_OUT = 8
"""Names that are left out together."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for that version of the name instead."""

    name: str
    place: int


@dataclass(frozen=True, slots=True)
class Widen(Generic[R]):
    """That version of the name would have to accept that version of its target too."""

    name: str
    place: int
    target: str
    target_place: int
    requirement: R
    """What it accepts now."""


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Don't ask for these names."""

    names: tuple[str, ...]


Change = Ask | Widen[R] | LeaveOut


@dataclass(frozen=True, slots=True)
class Changes(Generic[R]):
    """What would help, best first."""

    best: tuple[Change[R], ...]
    missing: frozenset[str]
    """Names that some trial met and did not know: with them known there may be more to say."""


def smallest_change(
    universe: Universe[R],
    roots: Mapping[str, R],
    locked: Mapping[str, int] | None = None,
    *,
    conflict: Conflict[R],
    anything: R,
) -> Changes[R]:
    """The smallest changes after which the conflict and every other one is gone.

    `anything` is the requirement that admits every version which may be chosen without being named.
    """
    core = smallest_core(conflict, universe)
    trial = _Trial(universe, roots, locked or {}, anything)
    asked = [name for name in asked_of(core.facts()) if name in roots]
    asks = trial.asks(asked)
    others = [name for name in asked if len(roots) > 1 and name not in {ask.name for ask in asks}]
    left_out = [LeaveOut((name,)) for name in others if trial.without((name,))]
    found: list[Change[R]] = [*asks, *trial.widenings(core.facts()), *left_out]
    if not found:
        found = list(trial.several_left_out(asked))
    return Changes(tuple(found), frozenset(trial.missing))


@dataclass(slots=True)
class _Trial(Generic[R]):
    """The same question, asked again and again with a small difference."""

    universe: Universe[R]
    roots: Mapping[str, R]
    locked: Mapping[str, int]
    anything: R
    count: int = 0
    missing: set[str] = field(default_factory=set)

    def asks(self, asked: list[str]) -> list[Ask]:
        """For each name the best version it could be asked for; newer ones than now first."""
        found: list[tuple[bool, str, Ask]] = []
        for name in asked:
            answer = self.solve(self.universe, {**self.roots, name: self.anything})
            if isinstance(answer, Solution):
                place = answer.chosen[name]
                older = 1 << place < admitted(self.universe, name, self.roots[name])
                found.append((older, name, Ask(name, place)))
        return [ask for _, _, ask in sorted(found, key=lambda item: item[:2])]

    def widenings(self, facts: tuple[Fact[R], ...]) -> Iterator[Widen[R]]:
        needs = [fact for fact in facts if isinstance(fact, Needs)]
        for fact in sorted(needs, key=lambda need: (need.name, need.target, -need.versions))[:MAX_WIDENED]:
            answer = self.solve(_Widened(self.universe, fact, self.anything), self.roots)
            if isinstance(answer, Solution) and fact.name in answer.chosen:
                place, target_place = answer.chosen[fact.name], answer.chosen[fact.target]
                yield Widen(fact.name, place, fact.target, target_place, fact.requirement)

    def without(self, names: tuple[str, ...]) -> bool:
        """Whether everything fits when these are not asked for."""
        return isinstance(self._solve_without(names), Solution)

    def several_left_out(self, asked: list[str]) -> Iterator[LeaveOut]:
        """One name out of each conflict, the next conflict being looked for without those before."""
        names: list[str] = []
        while asked and len(names) < min(MAX_LEFT_OUT, len(self.roots) - 1):
            names.append(asked[-1])
            answer = self._solve_without(tuple(names))
            if isinstance(answer, Solution):
                yield LeaveOut(tuple(sorted(self._needed(names))))
                return
            if not isinstance(answer, Conflict):
                return
            asked = list(asked_of(smallest_core(answer, self.universe).facts()))

    def _needed(self, names: list[str]) -> list[str]:
        """Those of the names that can't be taken back in."""
        for name in names:
            rest = [other for other in names if other != name]
            if rest and self.without(tuple(rest)):
                return self._needed(rest)
        return names

    def _solve_without(self, names: tuple[str, ...]) -> Solution | Conflict[R] | None:
        return self.solve(self.universe, {name: wanted for name, wanted in self.roots.items() if name not in names})

    def solve(self, universe: Universe[R], roots: Mapping[str, R]) -> Solution | Conflict[R] | None:
        """The answer; None if it can't be had."""
        self.count += 1
        if self.count > MAX_TRIALS:
            return None
        try:
            answer = resolve(universe, roots, self.locked, max_decisions=MAX_DECISIONS)
        except ResolveError:
            return None
        if isinstance(answer, Missing):
            self.missing |= answer.names
            return None
        return answer


@dataclass(frozen=True, slots=True)
class _Widened(Generic[R]):
    """The universe, had some versions accepted any version of one of their targets."""

    universe: Universe[R]
    fact: Needs[R]
    anything: R

    def candidates(self, name: str) -> Candidates[R] | None:
        if name != self.fact.name:
            return self.universe.candidates(name)
        candidates = known(self.universe, name)
        dependencies = list(candidates.dependencies)
        for place in places(self.fact.versions):
            dependencies[place] = {**dependencies[place], self.fact.target: self.anything}
        return Candidates(candidates.versions, dependencies)

    def matching(self, name: str, requirement: R) -> int:
        return self.universe.matching(name, requirement)

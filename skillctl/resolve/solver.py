"""Choosing one version for every name that is needed: PubGrub over finite sets.

1. Every name has a set of states still possible: its versions, and "not chosen" (bit 0). What can't be together is
   kept as incompatibilities; see `skillctl.resolve.answer`.
2. Propagate: where all terms of an incompatibility but one hold, the last one must not hold, and the states of its
   name shrink. A name that lost "not chosen" is needed.
3. Look ahead: the preferred version of a needed name is the locked one, or else the highest. If something that it
   needs is already out of reach, it is struck out without being tried. What all versions still possible need alike
   is needed at once.
4. Choose: take a needed name that has several versions left, and its preferred one.
5. Conflict: when all terms of an incompatibility hold, resolve it with the reasons of what made them hold, latest
   first, until only one term belongs to the latest choice that matters. That is learned, the choices after the one
   it rests on are taken back, and the same mistake is made nowhere else again.
6. A conflict that rests on no choice is a proof that nothing fits.

Example. Asked: left, right. left 1 needs base 1; right 2 needs base 2, right 1 needs base 1.

    left is needed       it has only version 1; so base is needed, and only 1 is possible
    right 2              needs base 2, which is out of reach: struck out without being tried
    right 1, base 1      nothing else is left, nothing is open: solved without a choice

The answer is the best one in the order of the choices: given the choices before it, no name could have got a version
that it likes better. That order does not depend on the order of any mapping. Locked versions that are still possible
come first, so that a solution moves as little of the lock as it can; then what is asked for, by name; then the names
in the order in which they were met. So who asks for something gets its newest version before the needs of others
have their say.

A learned incompatibility is looked at only when one of two watched terms begins to hold, as in SAT solvers, and no
step looks at all names: it costs what it changes and not what there is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from heapq import heappop, heappush
from operator import itemgetter
from typing import Generic, TypeVar

from skillctl.core.errors import ResolveError
from skillctl.resolve.answer import NOT_CHOSEN, Asked, Conflict, Incompatibility, Missing, Needs, Solution
from skillctl.resolve.universe import Candidates, Universe

R = TypeVar("R", bound=Hashable)

MAX_DECISIONS = 100_000
"""Choices after which the search gives up; real packs need about one for each pack."""


def resolve(
    universe: Universe[R],
    roots: Mapping[str, R],
    locked: Mapping[str, int] | None = None,
    *,
    max_decisions: int = MAX_DECISIONS,
) -> Solution | Conflict[R] | Missing:
    """One version for every name that is needed, or why there is none, or which names must be known first.

    `locked` (name -> place) holds versions to be kept if that is possible. `Missing` names everything that the search
    met and did not know, one wave of fetching; a search that met nothing unknown goes the way it would have gone had
    everything been known. ResolveError E304 if `max_decisions` choices do not settle it.
    """
    return _Search(universe, locked or {}, max_decisions).run(roots)


class _Clause(Generic[R]):
    """An incompatibility at work: terms as (number of the name, states)."""

    __slots__ = ("cause", "first", "outside", "second", "terms")

    def __init__(self, terms: tuple[tuple[int, int], ...], cause: Asked[R] | Needs[R] | tuple[_Clause[R], ...]) -> None:
        self.terms = terms
        self.cause = cause
        # for learned ones only: the states outside each term, and the two names that are watched
        self.outside: dict[int, int] = {}
        self.first = self.second = -1


class _Need(Generic[R]):
    """What some versions of a name need, ready to be propagated: two terms, by far the most frequent kind."""

    __slots__ = ("allowed", "clause", "name", "others", "target", "versions")

    def __init__(self, name: int, versions: int, others: int, target: int, allowed: int, clause: _Clause[R]) -> None:
        self.name = name
        self.versions = versions
        # the states of the name outside `versions`
        self.others = others
        self.target = target
        # the states of the target that will do
        self.allowed = allowed
        self.clause = clause


class _Step(Generic[R]):
    """The states of a name shrank. Without a reason it was a choice; the level counts the choices up to here."""

    __slots__ = ("level", "name", "old", "reason")

    def __init__(self, name: int, old: int, reason: _Clause[R] | None, level: int) -> None:
        self.name = name
        self.old = old
        self.reason = reason
        self.level = level


class _Search(Generic[R]):
    """One solving. Names are numbered in the order in which they are met."""

    def __init__(self, universe: Universe[R], locked: Mapping[str, int], max_decisions: int) -> None:
        self.universe = universe
        self.locked = locked
        self.max_decisions = max_decisions
        self.decisions = 0
        self.missing: set[str] = set()

        self.numbers: dict[str, int] = {}
        self.names: list[str] = []
        self.candidates: list[Candidates[R]] = []
        self.full: list[int] = []
        self.states: list[int] = []
        self.kept: list[int] = []
        """The locked version's bit, 0 without a lock."""
        self.matches: list[dict[R, int]] = []
        self.opened: list[dict[int, list[_Need[R]]]] = []
        """Version bit -> what it needs, for the versions that were looked at."""
        self.needs: list[list[_Need[R]]] = []
        self.needed_by: list[list[_Need[R]]] = []
        self.watches: list[list[_Clause[R]]] = []
        self.trouble: list[int] = []
        """In how many conflicts the name was involved."""

        self.trail: list[_Step[R]] = []
        self.history: list[list[int]] = []
        """For each name its steps' places in the trail."""
        self.done: int = 0
        """How much of the trail is propagated."""
        self.starts: list[int] = []
        """Where in the trail each choice stands."""
        self.fresh: deque[int] = deque()
        """Needed names whose states changed: is their preferred version within reach?"""
        self.queue: list[tuple[int, int, int]] = []
        """(rank, name, states) of needed names; an entry whose states have changed since is void."""

    # -- the loop ------------------------------------------------------------------------------------------------

    def run(self, roots: Mapping[str, R]) -> Solution | Conflict[R] | Missing:
        clash = self._ask(roots)
        while True:
            clash = clash or self._propagate()
            if clash is None and self.fresh:
                clash = self._support(self.fresh.popleft())
            elif clash is None:
                if not self._decide():
                    break
            else:
                learned, level = self._learn(clash)
                if not learned.terms:
                    return self._unknown() or Conflict(_proof(learned, self.names))
                self._back_to(level)
                self._heed(learned)
                clash = None
        return self._unknown() or self._solution()

    def _unknown(self) -> Missing | None:
        return Missing(frozenset(self.missing)) if self.missing else None

    def _solution(self) -> Solution:
        chosen = {name: self.states[self.numbers[name]] for name in sorted(self.names)}
        return Solution(
            {name: states.bit_length() - 2 for name, states in chosen.items() if not states & NOT_CHOSEN},
            self.decisions,
        )

    # -- names and facts -----------------------------------------------------------------------------------------

    def _number(self, name: str) -> int | None:
        """The name's number; None, and remembered as missing, if its versions are not known."""
        number = self.numbers.get(name)
        if number is not None:
            return number
        candidates = self.universe.candidates(name)
        if candidates is None:
            self.missing.add(name)
            return None
        number = self.numbers[name] = len(self.names)
        count = len(candidates.versions)
        self.names.append(name)
        self.candidates.append(candidates)
        self.full.append((2 << count) - 1)
        self.states.append((2 << count) - 1)
        kept = self.locked.get(name, -1)
        self.kept.append(2 << kept if 0 <= kept < count else 0)
        self.matches.append({})
        self.opened.append({})
        self.needs.append([])
        self.needed_by.append([])
        self.watches.append([])
        self.trouble.append(0)
        self.history.append([])
        return number

    def _allowed(self, number: int, requirement: R) -> int:
        """The states of the name that the requirement admits."""
        matches = self.matches[number]
        found = matches.get(requirement)
        if found is None:
            found = self.universe.matching(self.names[number], requirement) << 1 & self.full[number]
            matches[requirement] = found
        return found

    def _ask(self, roots: Mapping[str, R]) -> _Clause[R] | None:
        """Put in what is asked for; gives the first that nothing meets."""
        clash: _Clause[R] | None = None
        for name in sorted(roots):
            number = self._number(name)
            if number is None:
                continue
            allowed = self._allowed(number, roots[name])
            refused = self.full[number] & ~allowed
            cause = Asked(name, roots[name])
            if not allowed:
                clash = clash or _Clause((), cause)
            else:
                self._shrink(number, allowed, _Clause(((number, refused),), cause))
        return clash

    def _open(self, number: int, version: int) -> list[_Need[R]]:
        """What the version (a bit of the states) needs, by name; looked up the first time."""
        found = self.opened[number].get(version)
        if found is not None:
            return found
        dependencies = self.candidates[number].dependencies
        place = version.bit_length() - 2
        needed = sorted(dependencies[place].items(), key=itemgetter(0))
        needs = [self._need(number, place, target, requirement) for target, requirement in needed]
        found = self.opened[number][version] = [need for need in needs if need is not None]
        return found

    def _need(self, number: int, place: int, name: str, requirement: R) -> _Need[R] | None:
        """The fact, stretched over the neighbours that need just the same; None if the target is not known."""
        target = self._number(name)
        if target is None:
            return None
        bit = 2 << place
        versions = bit | self._neighbours(number, place, name, requirement)
        if versions != bit:
            for each in self.needs[number]:
                if each.versions == versions and each.target == target:
                    return each
        allowed = self._allowed(target, requirement)
        others = self.full[number] & ~versions
        clause = _Clause(
            self._need_terms(number, versions, target, allowed),
            Needs(self.names[number], versions >> 1, name, requirement),
        )
        if number == target:
            # a version that needs its own name: in order if it is admitted, impossible if not
            allowed = self.full[number] if allowed & bit else 0
        need = _Need(number, versions, others, target, allowed, clause)
        self.needs[number].append(need)
        if allowed and number != target:
            self.needed_by[target].append(need)
        return need

    def _need_terms(self, number: int, versions: int, target: int, allowed: int) -> tuple[tuple[int, int], ...]:
        if number == target:
            return ((number, versions & ~allowed),)
        if not allowed:
            return ((number, versions),)
        return ((number, versions), (target, self.full[target] & ~allowed))

    def _neighbours(self, number: int, place: int, name: str, requirement: R) -> int:
        dependencies = self.candidates[number].dependencies
        found = 0
        if self.names[number] == name:
            return found
        for way in (range(place - 1, -1, -1), range(place + 1, len(dependencies))):
            for other in way:
                if name not in dependencies[other] or dependencies[other][name] != requirement:
                    break
                found |= 2 << other
        return found

    # -- propagation ---------------------------------------------------------------------------------------------

    def _shrink(self, number: int, new: int, reason: _Clause[R] | None) -> None:
        trail = self.trail
        self.history[number].append(len(trail))
        trail.append(_Step(number, self.states[number], reason, len(self.starts)))
        self.states[number] = new
        if not new & NOT_CHOSEN:
            self.fresh.append(number)
            self._enqueue(number)

    def _enqueue(self, number: int) -> None:
        """Have the name's version chosen in its turn, if it is needed and there is a choice."""
        states = self.states[number]
        if not states & NOT_CHOSEN and states & states - 1:
            rank = 0 if states & self.kept[number] else 1
            heappush(self.queue, (rank, number, states))

    def _propagate(self) -> _Clause[R] | None:
        """Draw every conclusion of the steps not yet looked at; gives an incompatibility all of whose terms hold."""
        trail, history, states = self.trail, self.history, self.states
        clash: _Clause[R] | None = None
        while self.done < len(trail) and clash is None:
            place = self.done
            self.done += 1
            number = trail[place].name
            if history[number][-1] != place:
                continue  # it shrank again: the later step sees all that this one would
            now = states[number]
            if self.needs[number]:
                clash = self._propagate_down(number, now)
            if self.needed_by[number]:
                clash = clash or self._propagate_up(number, now)
            if self.watches[number]:
                clash = clash or self._propagate_learned(number, now)
        return clash

    def _propagate_down(self, number: int, now: int) -> _Clause[R] | None:
        """Only versions that need something are left: it is needed."""
        states = self.states
        for need in self.needs[number]:
            if now & need.others:
                continue
            before = states[need.target]
            after = before & need.allowed
            if not after:
                return need.clause
            if after != before:
                self._shrink(need.target, after, need.clause)
        return None

    def _propagate_up(self, number: int, now: int) -> _Clause[R] | None:
        """Nothing that will do is left: what needs it is out."""
        states = self.states
        for need in self.needed_by[number]:
            if now & need.allowed:
                continue
            before = states[need.name]
            after = before & need.others
            if not after:
                return need.clause
            if after != before:
                self._shrink(need.name, after, need.clause)
        return None

    def _propagate_learned(self, number: int, now: int) -> _Clause[R] | None:
        states, watches = self.states, self.watches
        watching = watches[number]
        kept: list[_Clause[R]] = []
        clash: _Clause[R] | None = None
        for at, clause in enumerate(watching):
            outside = clause.outside
            if now & outside[number]:
                kept.append(clause)
                continue
            other = clause.second if clause.first == number else clause.first
            before = states[other]
            after = before & outside[other]
            if after != before:
                for name, rest in outside.items():
                    if states[name] & rest and name != other:
                        clause.first, clause.second = other, name
                        watches[name].append(clause)
                        break
                else:
                    kept.append(clause)
                    if not after:
                        clash = clause
                        kept.extend(watching[at + 1 :])
                        break
                    self._shrink(other, after, clause)
            else:
                kept.append(clause)
        watches[number] = kept
        return clash

    # -- choices -------------------------------------------------------------------------------------------------

    def _support(self, number: int) -> _Clause[R] | None:
        """See that what the preferred version of a needed name needs is within reach; strike it out if not.

        Gives an incompatibility all of whose terms hold if no version is left.
        """
        now = self.states[number]
        if now & NOT_CHOSEN:
            return None
        while True:
            version = self._preferred(number, now)
            needs = self._open(number, version)
            blocked = self._blocked(needs)
            if blocked is None:
                break
            now &= blocked.others
            if not now:
                return blocked.clause
            self._shrink(number, now, blocked.clause)
        self._add_needs(now, needs)
        return None

    def _preferred(self, number: int, states: int) -> int:
        return states & self.kept[number] or 1 << states.bit_length() - 1

    def _blocked(self, needs: list[_Need[R]]) -> _Need[R] | None:
        for need in needs:
            if not self.states[need.target] & need.allowed:
                return need
        return None

    def _add_needs(self, now: int, needs: list[_Need[R]]) -> None:
        """What every version still possible needs is needed at once, before one of them is chosen."""
        for need in needs:
            if now & need.others:
                continue
            before = self.states[need.target]
            after = before & need.allowed
            if after != before:
                self._shrink(need.target, after, need.clause)

    def _decide(self) -> bool:
        """Choose the preferred version of the next name that still has several; False if there is none."""
        while self.queue:
            _, number, seen = heappop(self.queue)
            now = self.states[number]
            if now != seen or not now & now - 1:
                continue
            self.decisions += 1
            if self.decisions > self.max_decisions:
                if self.missing:
                    return False  # what is not known yet may settle it
                raise ResolveError.of("E304", decisions=self.max_decisions, names=self._most_troubled())
            self.starts.append(len(self.trail))
            self._shrink(number, self._preferred(number, now), None)
            return True
        return False

    def _most_troubled(self) -> tuple[str, ...]:
        worst = sorted(range(len(self.names)), key=lambda number: (-self.trouble[number], self.names[number]))
        return tuple(self.names[number] for number in worst[:3])

    # -- conflicts -----------------------------------------------------------------------------------------------

    def _learn(self, clash: _Clause[R]) -> tuple[_Clause[R], int]:
        """What the clash teaches, and the level at which all of its terms hold but the first one."""
        trail = self.trail
        terms = dict(clash.terms)
        since = {number: self._since(number, states) for number, states in terms.items()}
        causes = [clash]
        level = 0
        while terms:
            last = max(since, key=since.__getitem__)
            step = trail[since[last]]
            level = max((trail[place].level for number, place in since.items() if number != last), default=0)
            if level < step.level:
                break
            # a level begins with its choice; something else of this level came before this step, so it is no choice
            assert step.reason is not None
            causes.append(step.reason)
            self._resolve(terms, since, last, step.reason)
        latest_first = sorted(terms, key=since.__getitem__, reverse=True)
        return _Clause(tuple((number, terms[number]) for number in latest_first), tuple(causes)), level

    def _resolve(self, terms: dict[int, int], since: dict[int, int], about: int, reason: _Clause[R]) -> None:
        """Replace the term of one name by what made it hold."""
        merged = terms.pop(about)
        del since[about]
        for number, states in reason.terms:
            self.trouble[number] += 1
            if number == about:
                states |= merged
                if states == self.full[number]:
                    continue
            elif number in terms:
                states &= terms[number]
            terms[number] = states
            since[number] = self._since(number, states)

    def _since(self, number: int, states: int) -> int:
        """The place in the trail from which on the name is in one of these states."""
        trail = self.trail
        history = self.history[number]
        at = len(history) - 1
        while at and not trail[history[at]].old & ~states:
            at -= 1
        return history[at]

    def _back_to(self, level: int) -> None:
        """Take back every choice after that level, and what followed from it.

        No preferred version has to be looked at again: before the next choice was made, all of them had been.
        """
        if len(self.starts) <= level:
            return
        start = self.starts[level]
        del self.starts[level:]
        touched: set[int] = set()
        while len(self.trail) > start:
            step = self.trail.pop()
            self.states[step.name] = step.old
            self.history[step.name].pop()
            touched.add(step.name)
        for number in sorted(touched):
            self._enqueue(number)
        self.done = start

    def _heed(self, learned: _Clause[R]) -> None:
        """Keep what was learned, and draw the first conclusion from it."""
        number, refused = learned.terms[0]
        if len(learned.terms) > 1:
            learned.outside = {name: self.full[name] & ~states for name, states in learned.terms}
            learned.first, learned.second = number, learned.terms[1][0]
            self.watches[learned.first].append(learned)
            self.watches[learned.second].append(learned)
        self._shrink(number, self.states[number] & ~refused, learned)


def _proof(clause: _Clause[R], names: list[str]) -> Incompatibility[R]:
    """The derivation for the outside, names instead of numbers; what is used twice stays one value."""
    made: dict[int, Incompatibility[R]] = {}
    waiting = [clause]
    while waiting:
        each = waiting[-1]
        if id(each) in made:
            waiting.pop()
            continue
        causes = each.cause if isinstance(each.cause, tuple) else ()
        open_causes = [cause for cause in causes if id(cause) not in made]
        if open_causes:
            waiting.extend(open_causes)
            continue
        waiting.pop()
        if len(causes) == 1:
            made[id(each)] = made[id(causes[0])]
            continue
        terms = {names[number]: states for number, states in each.terms}
        cause = tuple(made[id(cause)] for cause in causes) if isinstance(each.cause, tuple) else each.cause
        made[id(each)] = Incompatibility(terms, cause)
    return made[id(clause)]

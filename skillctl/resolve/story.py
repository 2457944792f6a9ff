"""Why nothing fits, told the simplest way that is true.

1. A meeting. Following what is asked down what is needed, all ways come to one name that can't suit them all:

       `left` 1.0.0 needs `base` ^1.0.0, `right` 1.0.0 needs `base` ^2.0.0, and no version of `base` fits both

2. A list of facts after which nothing is left of one name, each version of it being out for its own reason.
3. Numbered steps, where versions must be tried against each other: each step says what follows from facts and from
   earlier steps, the last one that nothing is left.

What is asked is told only where it matters: where it narrows a name that the story needs, or is itself what clashes.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from skillctl.core.value import dataclass
from skillctl.resolve.answer import NOT_CHOSEN, Asked, Conflict, Incompatibility, Needs
from skillctl.resolve.core import Fact, admitted, asked_of, known, smallest_core
from skillctl.resolve.universe import Universe, every_version
from skillctl.resolve.words import Words, listed

R = TypeVar("R", bound=Hashable)

MAX_ON_ONE_LINE = 3
"""Facts that still read well in one sentence."""
MAX_STEPS = 30
"""Steps that anybody would read."""


def story(conflict: Conflict[R], words: Words[R]) -> tuple[str, ...]:
    """The lines that tell why nothing fits."""
    core = smallest_core(conflict, words.universe)
    facts = core.facts()
    reach = _Reach.of(facts, words.universe)
    if reach.clash:
        return _meeting(facts, reach, words)
    steps = _steps(core.proof)
    if len(steps) == 1:
        return _list_of_facts(core.proof, reach, words)
    if len(steps) > MAX_STEPS:
        return _too_long(facts, len(steps), words)
    return _numbered(steps, words)


@dataclass(frozen=True, slots=True)
class _Reach(Generic[R]):
    """How far one gets from what is asked by following only what every version still possible needs."""

    possible: Mapping[str, int]
    """Name -> versions that are still possible for it, as bits; in the order in which the names were met."""
    clash: str
    """The name of which no version is left, or empty."""

    @classmethod
    def of(cls, facts: tuple[Fact[R], ...], universe: Universe[R]) -> _Reach[R]:
        possible = {name: admitted(universe, name, wanted) for name, wanted in asked_of(facts).items()}
        clash = next((name for name, versions in possible.items() if not versions), "")
        needs = [fact for fact in facts if isinstance(fact, Needs)]
        pairs = list(dict.fromkeys((fact.name, fact.target) for fact in needs))
        changed = True
        while changed and not clash:
            changed = False
            for name, target in pairs:
                if name not in possible:
                    continue
                between = [fact for fact in needs if (fact.name, fact.target) == (name, target)]
                allowed = _allowed(between, possible[name], universe)
                before = possible.get(target, every_version(known(universe, target)))
                if allowed is None or (target in possible and before & allowed == before):
                    continue
                possible[target] = before & allowed
                changed = True
                if not possible[target]:
                    clash = target
                    break
        return cls(possible, clash)


def _allowed(between: list[Needs[R]], versions: int, universe: Universe[R]) -> int | None:
    """The versions of the target that some of these versions admit; None if one of them does not need it."""
    allowed = 0
    for fact in between:
        if fact.versions & versions:
            allowed |= admitted(universe, fact.target, fact.requirement)
            versions &= ~fact.versions
    return None if versions else allowed


# -- 1. a meeting ------------------------------------------------------------------------------------------------------


def _meeting(facts: tuple[Fact[R], ...], reach: _Reach[R], words: Words[R]) -> tuple[str, ...]:
    told = [fact for fact in _in_order(facts, reach) if _matters(fact, facts, reach.clash, words)]
    lines = [_narrowed(fact, reach, words) for fact in told]
    return _joined(lines, _meeting_end(reach.clash, told, words))


def _in_order(facts: tuple[Fact[R], ...], reach: _Reach[R]) -> list[Fact[R]]:
    """From what is asked down to the clash; what is about the clash itself stands last."""
    met = {name: number for number, name in enumerate(reach.possible)}

    def order(fact: Fact[R]) -> tuple[bool, int, bool, str]:
        target = fact.target if isinstance(fact, Needs) else fact.name
        return target == reach.clash, met.get(fact.name, len(met)), isinstance(fact, Needs), target

    return sorted((fact for fact in facts if not isinstance(fact, Needs) or _is_met(fact, reach)), key=order)


def _is_met(fact: Needs[R], reach: _Reach[R]) -> bool:
    return bool(fact.versions & reach.possible.get(fact.name, 0))


def _matters(fact: Fact[R], facts: tuple[Fact[R], ...], clash: str, words: Words[R]) -> bool:
    """Whether the fact is to be told: a request that takes nothing away is said by what its name needs."""
    if isinstance(fact, Needs) or fact.name == clash:
        return True
    every = every_version(known(words.universe, fact.name))
    speaks_for_itself = any(isinstance(other, Needs) and other.name == fact.name for other in facts)
    return admitted(words.universe, fact.name, fact.requirement) != every or not speaks_for_itself


def _narrowed(fact: Fact[R], reach: _Reach[R], words: Words[R]) -> str:
    if isinstance(fact, Asked):
        return words.fact(fact)
    return words.need(fact, fact.versions & reach.possible[fact.name])


def _meeting_end(clash: str, told: list[Fact[R]], words: Words[R]) -> str:
    if not known(words.universe, clash).versions:
        return f"no pack is called `{clash}`"
    wanting = [fact for fact in told if clash == (fact.target if isinstance(fact, Needs) else fact.name)]
    if len(wanting) == 1:
        return f"no version of `{clash}` fits: {words.there_are(clash)}"
    return f"no version of `{clash}` fits {'both' if len(wanting) == 2 else 'them all'}"


def _joined(lines: list[str], end: str) -> tuple[str, ...]:
    if len(lines) <= MAX_ON_ONE_LINE:
        return (f"{', '.join(lines)}, and {end}",)
    return (*lines, f"so {end}")


# -- 2. a list of facts ------------------------------------------------------------------------------------------------


def _list_of_facts(proof: Incompatibility[R], reach: _Reach[R], words: Words[R]) -> tuple[str, ...]:
    facts = _facts_of(proof)
    lines = [words.fact(fact) for fact in facts if _matters(fact, facts, "", words)]
    nothing_left = _exhausted(facts, reach, words.universe)
    return (*lines, f"so no version of `{nothing_left}` is left" if nothing_left else "so nothing fits them all")


def _facts_of(step: Incompatibility[R]) -> tuple[Fact[R], ...]:
    """The facts that a step concludes from: what is asked, then what is needed, by name and version."""
    causes = step.cause if isinstance(step.cause, tuple) else (step,)
    facts = dict.fromkeys(each.cause for each in causes if not isinstance(each.cause, tuple))

    def order(fact: Fact[R]) -> tuple[bool, str, int, str]:
        if isinstance(fact, Asked):
            return False, fact.name, 0, ""
        return True, fact.name, fact.versions, fact.target

    return tuple(sorted(facts, key=order))


def _exhausted(facts: tuple[Fact[R], ...], reach: _Reach[R], universe: Universe[R]) -> str:
    """A name each of whose versions needs something that is out of reach, or empty."""
    for name, versions in reach.possible.items():
        for fact in facts:
            if isinstance(fact, Needs) and fact.name == name and _is_out_of_reach(fact, reach, universe):
                versions &= ~fact.versions
        if not versions:
            return name
    return ""


def _is_out_of_reach(fact: Needs[R], reach: _Reach[R], universe: Universe[R]) -> bool:
    possible = reach.possible.get(fact.target)
    return possible is not None and not admitted(universe, fact.target, fact.requirement) & possible


# -- 3. numbered steps -------------------------------------------------------------------------------------------------


def _steps(proof: Incompatibility[R]) -> list[Incompatibility[R]]:
    """Everything in the proof that is derived, causes before what follows from them; the proof itself is last."""
    found: dict[int, Incompatibility[R]] = {}
    waiting = [proof]
    while waiting:
        each = waiting[-1]
        causes = each.cause if isinstance(each.cause, tuple) else ()
        later = [cause for cause in reversed(causes) if isinstance(cause.cause, tuple) and id(cause) not in found]
        if later:
            waiting.extend(later)
            continue
        waiting.pop()
        found[id(each)] = each
    return list(found.values())


def _numbered(steps: list[Incompatibility[R]], words: Words[R]) -> tuple[str, ...]:
    numbers = {id(step): number for number, step in enumerate(steps, 1)}
    return tuple(f"{number}. {_step(step, numbers, words)}" for number, step in enumerate(steps, 1))


def _step(step: Incompatibility[R], numbers: Mapping[int, int], words: Words[R]) -> str:
    causes = step.cause if isinstance(step.cause, tuple) else ()
    facts = [words.fact(fact) for fact in _facts_of(step)]
    earlier = sorted({numbers[id(cause)] for cause in causes if isinstance(cause.cause, tuple)})
    because = [*facts, *(f"({number})" for number in earlier)]
    return f"{', '.join(because)}: {_conclusion(step.terms, words)}"


def _conclusion(terms: Mapping[str, int], words: Words[R]) -> str:
    """What an incompatibility says: those that are there can't go together unless one of the others is there."""
    if not terms:
        return "so nothing fits"
    there = " with ".join(
        words.one_of(name, states >> 1) for name, states in sorted(terms.items()) if not states & NOT_CHOSEN
    )
    others = [
        words.one_of(name, every_version(known(words.universe, name)) & ~(states >> 1))
        for name, states in sorted(terms.items())
        if states & NOT_CHOSEN
    ]
    if not others:
        return f"so there can't be {there}"
    return f"so {there} needs {listed(others, 'or')}" if there else f"so there must be {listed(others, 'or')}"


def _too_long(facts: tuple[Fact[R], ...], steps: int, words: Words[R]) -> tuple[str, ...]:
    asked = [Asked(name, wanted) for name, wanted in asked_of(facts).items()]
    return (
        *(words.fact(fact) for fact in asked),
        f"so nothing fits: {len(facts) - len(asked)} needs of packs exclude each other, in {steps} steps",
    )

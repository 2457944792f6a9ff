"""A conflict as an error: what is wrong is named by the plainest code that tells all of it.

E302   a name that is nowhere (every such name that is asked for is reported, not only the first)
E303   what is asked for in a version that does not exist
E301   everything else: the story, and what would help
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import ResolveError
from skillctl.resolve.answer import Asked, Conflict, Needs
from skillctl.resolve.change import Change
from skillctl.resolve.core import Fact, admitted, known, smallest_core
from skillctl.resolve.story import story
from skillctl.resolve.universe import Universe
from skillctl.resolve.words import Words, listed

R = TypeVar("R", bound=Hashable)

MAX_CHANGES = 3
"""Ways out that are named; the first ones are the best."""


def conflict_error(
    conflict: Conflict[R],
    roots: Mapping[str, R],
    words: Words[R],
    *,
    changes: Sequence[Change[R]] = (),
    near: Mapping[str, Sequence[str]] | None = None,
) -> ResolveError:
    """The error to raise. `near` has names that look like one that is nowhere: name -> best first."""
    ways_out = _ways_out(changes, roots, words)
    unmet = [Asked(name, wanted) for name, wanted in sorted(roots.items()) if not _admits(words.universe, name, wanted)]
    if unmet:
        return ResolveError(*(_unmet(fact, ways_out, words, near or {}) for fact in unmet))
    facts = smallest_core(conflict, words.universe).facts()
    for fact in facts:
        if isinstance(fact, Needs) and not known(words.universe, fact.target).versions:
            return ResolveError(_nowhere(fact.target, fact, words, near or {}))
    told = "\n".join(story(conflict, words))
    names = sorted({fact.name for fact in facts if isinstance(fact, Asked)})
    return ResolveError.of("E301", names=listed([f"`{name}`" for name in names]), story=told, change=ways_out)


def _admits(universe: Universe[R], name: str, wanted: R) -> bool:
    return bool(admitted(universe, name, wanted))


def _unmet(fact: Asked[R], ways_out: str, words: Words[R], near: Mapping[str, Sequence[str]]) -> Problem:
    if not known(words.universe, fact.name).versions:
        return _nowhere(fact.name, fact, words, near)
    return problem(
        "E303",
        name=fact.name,
        requirement=str(fact.requirement),
        origin=words.who(fact.name),
        there=words.there_are(fact.name),
        change=ways_out or "ask for a version that there is",
    )


def _nowhere(name: str, fact: Fact[R], words: Words[R], near: Mapping[str, Sequence[str]]) -> Problem:
    alike = listed([f"`{other}`" for other in near.get(name, ())], "or")
    return problem(
        "E302",
        name=name,
        wanted=words.fact(fact),
        near=f"did you mean {alike}?"
        if alike
        else "check the name, and `skillctl registry list` for where it could be",
    )


def _ways_out(changes: Sequence[Change[R]], roots: Mapping[str, R], words: Words[R]) -> str:
    return "; or ".join(words.change(change, roots) for change in changes[:MAX_CHANGES])

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
from skillctl.resolve.change import smallest_change
from skillctl.resolve.core import Fact, admitted, asked_of, known, smallest_core
from skillctl.resolve.story import story
from skillctl.resolve.universe import Universe
from skillctl.resolve.words import Words, listed

R = TypeVar("R", bound=Hashable)

_NONE_FREE = "none of them may be chosen without being named: yanked versions and pre-releases are not"


def conflict_error(
    conflict: Conflict[R],
    universe: Universe[R],
    roots: Mapping[str, R],
    locked: Mapping[str, int] | None = None,
    *,
    anything: R,
    words: Words[R] | None = None,
    near: Mapping[str, Sequence[str]] | None = None,
) -> ResolveError:
    """The error to raise for a conflict that `resolve` gave for these arguments.

    `anything` as for `smallest_change`; `words` tells who asks for what; `near` has names that look like one that is
    nowhere: name -> best first.
    """
    words = words or Words(universe=universe)
    near = near or {}
    unmet = [Asked(name, wanted) for name, wanted in sorted(roots.items()) if not admitted(universe, name, wanted)]
    if unmet:
        return ResolveError(*(_unmet(fact, anything, words, near) for fact in unmet))
    facts = smallest_core(conflict, universe).facts()
    for fact in facts:
        if isinstance(fact, Needs) and not known(universe, fact.target).versions:
            return ResolveError(_nowhere(fact.target, fact, words, near))
    told = "\n".join(story(conflict, words))
    names = [f"`{name}`" for name in asked_of(facts)]
    best = smallest_change(universe, roots, locked, conflict=conflict, anything=anything).best
    change = words.changes(best, roots)
    return ResolveError.of("E301", names=listed(names), story=told, change=change)


def _unmet(fact: Asked[R], anything: R, words: Words[R], near: Mapping[str, Sequence[str]]) -> Problem:
    if not known(words.universe, fact.name).versions:
        return _nowhere(fact.name, fact, words, near)
    free = admitted(words.universe, fact.name, anything)
    newest = words.version(fact.name, free.bit_length() - 1) if free else ""
    return problem(
        "E303",
        name=fact.name,
        requirement=str(fact.requirement),
        origin=words.who(fact.name),
        there=words.there_are(fact.name),
        change=f"the newest that may be chosen is {newest}"
        if newest
        else "none of them may be chosen without being named: yanked versions and pre-releases are not",
    )


def _nowhere(name: str, fact: Fact[R], words: Words[R], near: Mapping[str, Sequence[str]]) -> Problem:
    alike = listed([f"`{other}`" for other in near.get(name, ())], "or")
    return problem(
        "E302",
        name=name,
        wanted=words.fact(fact),
        near=f"did you mean {alike}?" if alike else "check the name, and which registries are set up here",
    )

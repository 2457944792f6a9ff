"""What solving gives: a solution, a conflict with its derivation, or the names that must be known first.

An incompatibility is a statement of what can't be together. It is a set of terms, name -> states, and says: never is
every name in one of its states. The states of a name are its versions and "not chosen"; a set of states is an integer
whose bit 0 stands for "not chosen" and whose bit i + 1 stands for the version at place i. So

    root asks for base ^1          {base: not chosen or outside ^1}
    left 1.0.0 needs base ^1       {left: 1.0.0, base: not chosen or outside ^1}
    no terms at all                nothing can be: the conflict is proved
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from skillctl.core.value import dataclass

R = TypeVar("R", bound=Hashable)

NOT_CHOSEN = 1
"""The state of a name of which no version is chosen."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[R]):
    """A fact: the root asks for a name."""

    name: str
    requirement: R


@dataclass(frozen=True, slots=True)
class Needs(Generic[R]):
    """A fact: some versions of a name need another name."""

    name: str
    versions: int
    """Neighbours with the same requirement, as bits (bit i for place i)."""
    target: str
    requirement: R


@dataclass(frozen=True, eq=False, slots=True)
class Incompatibility(Generic[R]):
    """What can't be together, and why: a fact, or what it was derived from."""

    terms: Mapping[str, int]
    """Name -> states; see the module."""
    cause: Asked[R] | Needs[R] | tuple[Incompatibility[R], ...]
    """A tuple is a derivation: the first one, resolved with each of the following in turn."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One version for each name that is needed, and for no other."""

    chosen: Mapping[str, int]
    """Name -> place in its candidates; sorted by name."""
    decisions: int
    """How many choices it took, those taken back included."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Names that are needed and not known yet: make them known and solve again."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conflict(Generic[R]):
    """No choice of versions meets what is asked."""

    proof: Incompatibility[R]
    """It has no terms; its causes lead down to the facts."""

    def facts(self) -> tuple[Asked[R] | Needs[R], ...]:
        """The facts that the proof rests on: what is asked first, then as the proof meets them."""
        asked: dict[Asked[R], None] = {}
        needs: dict[Needs[R], None] = {}
        seen: set[int] = set()
        waiting = [self.proof]
        while waiting:
            each = waiting.pop()
            if id(each) in seen:
                continue
            seen.add(id(each))
            if isinstance(each.cause, Asked):
                asked[each.cause] = None
            elif isinstance(each.cause, Needs):
                needs[each.cause] = None
            else:
                waiting.extend(reversed(each.cause))
        return (*asked, *needs)

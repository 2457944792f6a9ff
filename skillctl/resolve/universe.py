"""What the solver asks: which versions a name has, what each of them needs, which of them a requirement admits.

The solver knows nothing of packs. A name is a string, a version is its place in a list, a requirement is any hashable
value that only the universe can read. A set of versions is an integer: bit i stands for the version at place i.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from skillctl.core.value import dataclass

R = TypeVar("R", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Candidates(Generic[R]):
    """All versions of one name, those that are chosen last first."""

    versions: Sequence[object]
    """What the story-teller prints for each place; ascending, so that the last one is preferred."""
    dependencies: Sequence[Mapping[str, R]]
    """For each version what it needs: name -> requirement."""


class Universe(Protocol[R]):
    """Where versions come from. Within one solving the answers must not change."""

    def candidates(self, name: str) -> Candidates[R] | None:
        """The versions of the name; no versions if it is known that there is none; None if that is not known yet."""

    def matching(self, name: str, requirement: R) -> int:
        """The versions that the requirement admits, as bits; asked only for names whose candidates are known.

        What is yanked or a pre-release is decided here, by leaving its bit out or in.
        """


def every_version(candidates: Candidates[R]) -> int:
    """All versions, as bits."""
    return (1 << len(candidates.versions)) - 1


def places(versions: int) -> tuple[int, ...]:
    """The places of the versions in a set, ascending."""
    return tuple(place for place in range(versions.bit_length()) if versions >> place & 1)

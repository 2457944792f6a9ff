"""A universe of letters and numbers: what the solver is fed in its own tests, and the truth by trying everything.

Versions are whole numbers from 0, a requirement is the set of the versions that will do, as bits.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from skillctl.resolve.universe import Candidates

Needs = Mapping[str, int]
Index = Mapping[str, Sequence[Needs]]

ANYTHING = (1 << 30) - 1


@dataclass(slots=True)
class Letters:
    """The universe of an index; remembers which names it was asked for."""

    index: Index
    unread: frozenset[str] = frozenset()
    """Names whose versions it does not know yet."""
    asked: set[str] = field(default_factory=set)

    def candidates(self, name: str) -> Candidates[int] | None:
        self.asked.add(name)
        if name in self.unread:
            return None
        versions = self.index.get(name, ())
        return Candidates(range(len(versions)), versions)

    def matching(self, name: str, requirement: int) -> int:
        assert name not in self.unread
        return requirement


@dataclass(frozen=True, slots=True)
class Request:
    """An index, what is asked of it and what is locked."""

    index: Index
    roots: Needs
    locked: Mapping[str, int]


def fits(index: Index, roots: Needs, chosen: Mapping[str, int]) -> bool:
    """Whether all that is asked and needed is there, in versions that will do."""
    wanted = [roots, *(index[name][version] for name, version in chosen.items())]
    return all(name in chosen and wish >> chosen[name] & 1 for needs in wanted for name, wish in needs.items())


def every_answer(index: Index, roots: Needs) -> Iterator[dict[str, int]]:
    """All choices that fit, found by trying every choice there is."""
    names = sorted(index)
    for choice in itertools.product(*(range(-1, len(index[name])) for name in names)):
        chosen = {name: version for name, version in zip(names, choice, strict=True) if version >= 0}
        if fits(index, roots, chosen):
            yield chosen


def needed(index: Index, roots: Needs, chosen: Mapping[str, int]) -> set[str]:
    """The names that are reached from what is asked."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(index[name][chosen[name]])
    return found


def requests(*, names: int = 4, versions: int = 3, cycles: bool = True) -> st.SearchStrategy[Request]:
    """Small requests, about half of which can't be met. `z` is nowhere; with cycles a name may need itself.

    Only a seed is drawn: hypothesis takes a hundred times as long over each little number, and its numbers like to be
    alike. What fails is small enough as it is.
    """
    return st.integers(0, 2**32 - 1).map(lambda seed: _read(_bytes(random.Random(seed)), names, versions, cycles))


def _bytes(source: random.Random) -> Iterator[int]:
    while True:
        yield from source.randbytes(64)


def _read(data: Iterator[int], names: int, versions: int, cycles: bool) -> Request:
    letters = "abcdefghij"[: names - next(data) % 3]
    index: dict[str, list[Needs]] = {}
    for place, letter in enumerate(letters):
        count = next(data)
        targets = (letters if cycles else letters[place + 1 :]) * 12 + "z"
        index[letter] = [_needs(data, targets, versions) for _ in range(count % 16 and 1 + count % versions)]
    locked = {letters[value % len(letters)]: value % 5 for value in itertools.islice(data, 3) if value > 99}
    return Request(index, {letters[0]: _wish(data, versions)} | _needs(data, letters, versions), locked)


def _needs(data: Iterator[int], targets: str, versions: int) -> dict[str, int]:
    count = next(data) % 8 and 1 + next(data) % 3
    return {targets[next(data) % len(targets)]: _wish(data, versions) for _ in range(count)}


def _wish(data: Iterator[int], versions: int) -> int:
    value = next(data)
    if value % 4 == 0 or value == 255:
        return 0 if value == 255 else ANYTHING
    return 1 + (value >> 2) % ((1 << versions) - 1)

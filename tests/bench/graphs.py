"""Synthetic dependency graphs of known shape, for the benchmark and for the solver's own tests.

The same arguments give the same graph on every machine and under every Python: the random numbers come from a small
generator written here, not from `random`.

    synthetic(1000, tight=10)   1,000 packs x 10 versions, 0 to 5 dependencies, one in ten of them with a narrow range
    late_conflicts(6)           six independent conflicts, each found late: what plain backtracking pays for together
    many_versions(1000)         two packs that are released together, and a request for an old one
    pigeonhole(6)               seven packs that all want another version of the six there are: unsatisfiable, and hard
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from skillctl.resolve.universe import Candidates

Range = tuple[int, int]
"""Lowest and highest version, both included."""
Needs = Mapping[str, Range]


@dataclass(frozen=True, slots=True)
class Graph:
    """An index and what is asked of it; a universe for the solver. Versions are whole numbers from 0."""

    index: Mapping[str, Sequence[Needs]]
    """Name -> for each version what it needs."""
    roots: Needs

    def candidates(self, name: str) -> Candidates[Range]:
        versions = self.index.get(name, ())
        return Candidates(range(len(versions)), versions)

    def matching(self, name: str, requirement: Range) -> int:
        low, high = max(requirement[0], 0), min(requirement[1], len(self.index.get(name, ())) - 1)
        return (1 << high + 1) - (1 << low) if low <= high else 0

    def is_met_by(self, chosen: Mapping[str, int]) -> bool:
        """Whether the choice holds all that is asked and needed."""
        wanted = [self.roots, *(self.index[name][version] for name, version in chosen.items())]
        return all(
            name in chosen and low <= chosen[name] <= high for needs in wanted for name, (low, high) in needs.items()
        )


def synthetic(packs: int, *, tight: int = 0, seed: int = 1, versions: int = 10) -> Graph:
    """A satisfiable graph; `tight` is the share of narrow ranges in percent.

    One version of each pack is hidden in it as a solution: what those versions need admits each other's hidden
    version. All other needs are drawn blindly. A pack needs only packs of higher number.
    """
    draw = _draw(seed)
    names = [f"pack-{number:05}" for number in range(packs)]
    hidden = [next(draw) % versions for _ in names]
    index: dict[str, list[Needs]] = {}
    for number, name in enumerate(names):
        count = min(next(draw) % 6, packs - number - 1)
        targets = sorted({number + 1 + next(draw) % (packs - number - 1) for _ in range(count)})
        index[name] = [
            {
                names[target]: _range(draw, hidden[target] if version == hidden[number] else None, tight, versions)
                for target in targets
            }
            for version in range(versions)
        ]
    return Graph(index, dict.fromkeys(names[: max(1, packs // 100)], (0, versions - 1)))


def _range(draw: Iterator[int], inside: int | None, tight: int, versions: int) -> Range:
    """A range around a version: two wide if narrow, else open above."""
    centre = next(draw) % versions if inside is None else inside
    if next(draw) % 100 < tight:
        low = max(0, centre - next(draw) % 2)
        return low, min(versions - 1, low + 1)
    return next(draw) % (centre + 1), versions - 1


def late_conflicts(blocks: int, *, versions: int = 6, spread: bool = False) -> Graph:
    """Independent blocks: a pins s, b takes any s but needs t, and t suits only the lowest s, so only the lowest a.

    All the a are chosen before the first b shows that something is wrong: whoever goes back one choice at a time tries
    all versions of all the blocks in between. With `spread`, half of the versions of t suit the second lowest s.
    """
    index: dict[str, list[Needs]] = {}
    last = versions - 1
    for block in range(blocks):
        s, t = f"s-{block:02}", f"t-{block:02}"
        suits = [version % 2 if spread else 0 for version in range(versions)]
        index[f"a-{block:02}"] = [{s: (version, version)} for version in range(versions)]
        index[f"b-{block:02}"] = [{s: (0, last), t: (0, last)} for _ in range(versions)]
        index[s] = [{} for _ in range(versions)]
        index[t] = [{s: (suits[version], suits[version])} for version in range(versions)]
    names = [f"{letter}-{block:02}" for letter in "ab" for block in range(blocks)]
    return Graph(index, dict.fromkeys(names, (0, last)))


def many_versions(versions: int) -> Graph:
    """`tool` of each day needs `core` of that day; `app` needs an old `core`."""
    day = [{"core": (version, version)} for version in range(versions)]
    index: dict[str, Sequence[Needs]] = {"tool": day, "core": [{}] * versions, "app": [{"core": (0, versions // 10)}]}
    return Graph(index, {"app": (0, 0), "tool": (0, versions)})


def pigeonhole(holes: int) -> Graph:
    """One pack more than there are holes; each version of a pack takes one hole, by pinning that hole to itself."""
    pigeons = holes + 1
    index: dict[str, list[Needs]] = {f"hole-{hole}": [{} for _ in range(pigeons)] for hole in range(holes)}
    for pigeon in range(pigeons):
        index[f"pigeon-{pigeon}"] = [{f"hole-{hole}": (pigeon, pigeon)} for hole in range(holes)]
    return Graph(index, {f"pigeon-{pigeon}": (0, holes) for pigeon in range(pigeons)})


def _draw(seed: int) -> Iterator[int]:
    """Whole numbers below 2**31: the upper bits of a 64-bit linear congruential generator (Knuth's MMIX constants)."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33

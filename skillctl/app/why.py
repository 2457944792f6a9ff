"""`why`: the shortest ways on which skillctl.json leads to a pack, with what is asked on each step.

For each pack that skillctl.json asks for and from which the other can be reached, all shortest chains are told; those
of other packs than the named one go no way round. A graph can have more chains than anybody reads, so there is a limit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from skillctl.app.lock_graph import Edge, LockGraph, lock_graph, read_lock
from skillctl.app.outcome import Outcome
from skillctl.app.remove import not_installed
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass

MOST = 100
"""Chains that are told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A pack on the way, and what the one before it asks of it."""

    name: str
    version: str
    requirement: str

    def to_json(self) -> JsonObject:
        """The step in an envelope."""
        return {"name": self.name, "version": self.version, "requirement": self.requirement}


Chain = tuple[Step, ...]
"""From what skillctl.json asks for to the pack itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyOutcome(Outcome):
    """Why a pack is there."""

    name: str
    version: str
    chains: tuple[Chain, ...]
    """None: nobody needs it any more."""
    more: bool
    """Whether there are more chains than are told."""

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "name": self.name,
            "version": self.version,
            "chains": [[step.to_json() for step in chain] for chain in self.chains],
            "more": self.more,
        }


def why(settings: Settings, cwd: Path, name: str, *, user: bool = False) -> WhyOutcome:
    """The chains that lead to the pack. InstallError E407 or E416 if the lock does not have it."""
    _, files, lock = read_lock(settings, cwd, user=user)
    graph = lock_graph(files.project, lock)
    if name not in graph.versions:
        raise not_installed(name, list(graph.versions))
    found: list[Chain] = []
    for chain in chains_to(graph, name):
        if len(found) == MOST:
            return WhyOutcome(name=name, version=graph.versions[name], chains=tuple(found), more=True)
        found.append(chain)
    return WhyOutcome(name=name, version=graph.versions[name], chains=tuple(found), more=False)


def chains_to(graph: LockGraph, name: str) -> Iterator[Chain]:
    """For each pack that skillctl.json asks for, by name, every shortest chain to the pack."""
    steps = _distances(graph, name)
    roots = [each for each in graph.roots if each.name in steps]
    for root in sorted(roots, key=lambda each: (steps[each.name], each.name)):
        yield from _down(graph, root, steps)


def _distances(graph: LockGraph, name: str) -> Mapping[str, int]:
    """How many steps each pack is away from needing that one."""
    steps = {name: 0}
    waiting = deque([name])
    while waiting:
        each = waiting.popleft()
        for edge in graph.needed_by.get(each, ()):
            if edge.name not in steps:
                steps[edge.name] = steps[each] + 1
                waiting.append(edge.name)
    return steps


def _down(graph: LockGraph, root: Edge, steps: Mapping[str, int]) -> Iterator[Chain]:
    waiting: list[Chain] = [(_step(graph, root),)]
    while waiting:
        chain = waiting.pop()
        here = chain[-1].name
        if steps[here] == 0:
            yield chain
            continue
        nearer = [each for each in graph.needs.get(here, ()) if steps.get(each.name) == steps[here] - 1]
        waiting += [(*chain, _step(graph, each)) for each in reversed(nearer)]


def _step(graph: LockGraph, edge: Edge) -> Step:
    return Step(name=edge.name, version=graph.versions.get(edge.name, ""), requirement=edge.requirement)

"""`tree`: who needs whom, from what skillctl.json asks for down to what needs nothing, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from skillctl.app.lock_graph import Edge, LockGraph, lock_graph, read_lock
from skillctl.app.outcome import Outcome
from skillctl.app.remove import not_installed
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """One line of the tree."""

    depth: int
    """0 for what stands at the left margin."""
    name: str
    version: str
    """Empty: it is needed, and the lock does not have it."""
    requirement: str
    """What the line above asks of it; upside down, what it asks of the line above. Empty at the left margin of one."""
    told_above: bool = False
    """Whether what stands below it was told before, so that it is not told again."""
    cut: bool = False
    """Whether there is more below it than `--depth` lets be told."""
    last: bool = False
    """Whether it is the last below the line that it belongs to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeOutcome(Outcome):
    """The tree of a scope's lock."""

    graph: LockGraph
    branches: tuple[Branch, ...]
    inverted: bool

    def to_json(self) -> JsonObject:
        """The graph itself: whoever wants a tree can walk it, and nothing stands in it twice."""
        return {
            "roots": [_edge(each) for each in self.graph.roots],
            "packs": {
                name: {
                    "version": version,
                    "needs": [_edge(each) for each in self.graph.needs.get(name, ())],
                    "needed_by": [_edge(each) for each in self.graph.needed_by.get(name, ())],
                }
                for name, version in sorted(self.graph.versions.items())
            },
            "tree": [
                {"depth": each.depth, "name": each.name, "requirement": each.requirement, "again": each.told_above}
                for each in self.branches
            ],
        }


def tree(
    settings: Settings,
    cwd: Path,
    *,
    names: Sequence[str] = (),
    depth: int = 0,
    invert: bool = False,
    user: bool = False,
) -> TreeOutcome:
    """The tree of the lock, or of the named packs only; at most `depth` steps deep, 0 for all.

    Upside down each pack has those below it that need it: the named ones, or those that need nothing themselves.
    InstallError E407 or E416 for a name that the lock does not have.
    """
    _, files, lock = read_lock(settings, cwd, user=user)
    graph = lock_graph(files.project, lock)
    for name in names:
        if name not in graph.versions:
            raise not_installed(name, list(graph.versions))
    walk = _Walk(graph, depth=depth, invert=invert)
    return TreeOutcome(
        graph=graph, branches=tuple(walk.branches(_margin(graph, names, invert=invert))), inverted=invert
    )


def _margin(graph: LockGraph, names: Sequence[str], *, invert: bool) -> list[Edge]:
    """What stands at the left margin."""
    if names:
        asked = {each.name: each.requirement for each in graph.roots}
        return [Edge(name, asked.get(name, "")) for name in names]
    if invert:
        leaves = [name for name in graph.versions if not graph.needs.get(name)]
        return [Edge(name, "") for name in sorted(leaves or graph.versions)]
    return list(graph.roots)


class _Walk:
    """One pass over the graph. What stands below a pack is told once: a thousand packs stay a thousand lines."""

    def __init__(self, graph: LockGraph, *, depth: int, invert: bool) -> None:
        self._graph = graph
        self._depth = depth
        self._invert = invert
        self._told: set[str] = set()

    def branches(self, margin: Sequence[Edge]) -> Iterator[Branch]:
        waiting = [(0, edge, edge is margin[-1]) for edge in reversed(margin)]
        while waiting:
            depth, edge, last = waiting.pop()
            below = self._below(edge.name)
            again = bool(below) and edge.name in self._told
            cut = bool(below) and not again and 0 < self._depth <= depth
            yield Branch(
                depth=depth,
                name=edge.name,
                version=self._graph.versions.get(edge.name, ""),
                requirement=edge.requirement,
                told_above=again,
                cut=cut,
                last=last,
            )
            if not again and not cut:
                self._told.add(edge.name)
                waiting += [(depth + 1, each, each is below[-1]) for each in reversed(below)]

    def _below(self, name: str) -> Sequence[Edge]:
        return (self._graph.needed_by if self._invert else self._graph.needs).get(name, ())


def _edge(edge: Edge) -> JsonObject:
    return {"name": edge.name, "requirement": edge.requirement}

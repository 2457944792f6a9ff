"""What a pack needs as a drawing: the pack on the left, what it needs to the right, each further right than all that
needs it.

Only what the registry has is followed, each pack once, in the newest release that fits; a resolver may choose others,
since it hears all who ask. The drawing is small: what is beyond its bounds is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from skillctl.core.value import dataclass

WIDE, HIGH = 168, 46
"""A box, in pixels."""
ACROSS, DOWN = 52, 14
"""Between two boxes."""
EDGE = 4
"""Around all."""

_MOST = 36
_LETTERS = 19
"""That a box has room for."""

State = Literal["root", "there", "missing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A pack in the drawing."""

    name: str
    version: str
    """Empty for one that is not there."""
    state: State
    x: int
    y: int

    @property
    def label(self) -> str:
        """The name, as far as there is room."""
        return self.name if len(self.name) <= _LETTERS else f"{self.name[: _LETTERS - 1]}…"


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """Boxes and the lines between them."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    """As paths of SVG."""
    arrows: tuple[tuple[str, str], ...]
    """Who needs whom, for those who don't see."""
    left_out: int
    """Packs beyond the bounds."""


Needed = Mapping[str, str]
"""Name of a needed pack -> the version that fits; empty if none is there."""


def draw(name: str, version: str, needs_of: Callable[[str, str], Needed]) -> Drawing | None:
    """The drawing; None for a pack that needs nothing. `needs_of` tells what a release needs."""
    versions, arrows, left_out = _gathered(name, version, needs_of)
    if len(versions) == 1:
        return None
    columns = _columns(name, versions, arrows)
    tallest = max(len(column) for column in columns)
    height = tallest * HIGH + (tallest - 1) * DOWN
    places = {
        each: (at * (WIDE + ACROSS) + EDGE, row * (HIGH + DOWN) + _inset(len(column), height) + EDGE)
        for at, column in enumerate(columns)
        for row, each in enumerate(column)
    }
    return Drawing(
        width=len(columns) * WIDE + (len(columns) - 1) * ACROSS + 2 * EDGE,
        height=height + 2 * EDGE,
        boxes=tuple(
            Box(name=each, version=versions[each], state=_state(each, name, versions), x=x, y=y)
            for each, (x, y) in places.items()
        ),
        lines=tuple(_line(places[one], places[other]) for one, other in arrows),
        arrows=tuple(arrows),
        left_out=left_out,
    )


def _gathered(
    name: str, version: str, needs_of: Callable[[str, str], Needed]
) -> tuple[dict[str, str], list[tuple[str, str]], int]:
    """Name -> version of what is shown, who needs whom, and how many are not shown."""
    versions, beyond = {name: version}, set[str]()
    arrows: list[tuple[str, str]] = []
    waiting = [name]
    while waiting:
        one = waiting.pop(0)
        for other, found in sorted(needs_of(one, versions[one]).items() if versions[one] else ()):
            if other not in versions:
                if len(versions) == _MOST:
                    beyond.add(other)
                    continue
                versions[other] = found
                waiting.append(other)
            if other not in _before(one, arrows):  # a circle is no order; it is drawn open
                arrows.append((one, other))
    return versions, arrows, len(beyond)


def _before(name: str, arrows: list[tuple[str, str]]) -> set[str]:
    """Everything that needs the pack, and itself."""
    found, waiting = {name}, [name]
    while waiting:
        here = waiting.pop()
        for one, other in arrows:
            if other == here and one not in found:
                found.add(one)
                waiting.append(one)
    return found


def _columns(name: str, versions: Mapping[str, str], arrows: list[tuple[str, str]]) -> list[list[str]]:
    """Names by how far they are from the pack, the longest way; within a column near those that need them."""
    depth = dict.fromkeys(versions, 0)
    for _ in versions:  # no way is longer than that
        for one, other in arrows:
            depth[other] = max(depth[other], depth[one] + 1)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    rows: dict[str, float] = {name: 0.0}
    for at, column in enumerate(columns):
        column += [each for each in versions if depth[each] == at]
        column.sort(key=lambda each: (_middle(each, arrows, rows), each))
        rows |= {each: place - (len(column) - 1) / 2 for place, each in enumerate(column)}
    return columns


def _middle(name: str, arrows: list[tuple[str, str]], rows: Mapping[str, float]) -> float:
    """The row between all that need the pack."""
    found = [rows[one] for one, other in arrows if other == name and one in rows]
    return sum(found) / len(found) if found else 0.0


def _inset(count: int, height: int) -> int:
    return (height - (count * HIGH + (count - 1) * DOWN)) // 2


def _state(each: str, root: str, versions: Mapping[str, str]) -> State:
    return "root" if each == root else "there" if versions[each] else "missing"


def _line(one: tuple[int, int], other: tuple[int, int]) -> str:
    """From the right of one box to the left of another."""
    x, y = one[0] + WIDE, one[1] + HIGH // 2
    end_x, end_y = other[0], other[1] + HIGH // 2
    bend = ACROSS // 2
    return f"M{x} {y}C{x + bend} {y} {end_x - bend} {end_y} {end_x} {end_y}"

"""What is known of a dataset, as values that every format shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite


class UnreadableError(Exception):
    """A file that is not what its name says, is cut short or broken; the text says how."""


@dataclass(frozen=True)
class Extent:
    """A box, in the units of the dataset's system."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class System:
    """A coordinate system: stated by the data, or guessed from the numbers, with the reasons."""

    code: int = 0
    """EPSG code, 0 where none is known."""
    name: str = ""
    source: str = ""
    """What says so: `the .prj file`, `GeoKeys`; empty if nothing does."""
    certain: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """An attribute: its name, type in plain words, and length where the format has one."""

    name: str
    type: str
    length: int = 0


@dataclass(frozen=True)
class Dataset:
    """One layer, raster or table."""

    format: str
    kind: str
    """`vector`, `raster`, `points` (LiDAR), `table`, `container` or `other`."""
    layer: str = ""
    geometry: str = ""
    """`point`, `multipoint`, `line`, `polygon`, `multipatch`, `mixed`; empty if there is none or it is not known."""
    system: System = field(default_factory=System)
    extent: Extent | None = None
    count: int | None = None
    """Rows, points or, of a raster, bands."""
    count_is_exact: bool = True
    fields: tuple[Column, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    needs_arcpy: tuple[str, ...] = ()
    """What cannot be told without ArcGIS."""


@dataclass(frozen=True)
class Found:
    """A dataset and the file it was found in."""

    root: str
    path: str
    """Relative to the root, with `/`."""
    size: int
    """Bytes, companions included."""
    modified: str
    """Day of the last change of the file, UTC, `2026-01-31`; copying a file sets it."""
    dataset: Dataset

    @property
    def label(self) -> str:
        """Path and layer, as a person would name it."""
        return f"{self.path}:{self.dataset.layer}" if self.dataset.layer else self.path


def extent_of(west: float, south: float, east: float, north: float) -> Extent | None:
    """The box; None if one of the numbers is none, or the box is turned inside out (an empty dataset says so)."""
    box = Extent(west, south, east, north)
    finite = all(isfinite(value) and abs(value) < 1e15 for value in (west, south, east, north))
    return box if finite and west <= east and south <= north else None


def extent_around(points: list[tuple[float, float]]) -> Extent | None:
    """The box round the points; None if there are none."""
    if not points:
        return None
    across, up = [x for x, _ in points], [y for _, y in points]
    return extent_of(min(across), min(up), max(across), max(up))

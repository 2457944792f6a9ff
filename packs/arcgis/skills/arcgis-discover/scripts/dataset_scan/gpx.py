"""GPX: waypoints, routes and tracks of a GPS receiver.

The text goes through expat in pieces, so that a long recording costs no memory. A document type is refused: GPX has
none, and entities defined in one can blow up a small file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from dataset_scan.reading import Files, Source
from dataset_scan.systems import system_of_code
from dataset_scan.values import Column, Dataset, Extent, UnreadableError, extent_of

PIECE = 65_536
LAYERS = {"wpt": ("waypoints", "point", "wpt"), "rtept": ("routes", "line", "rte"), "trkpt": ("tracks", "line", "trk")}
"""Kind of point -> the layer that it belongs to, its geometry, and the element that is one feature of it."""
_TEXTS = frozenset({"name", "ele", "time", "desc", "cmt", "type", "sym"})


@dataclass
class Points:
    """What was seen of one kind of point, while the text goes by."""

    count: int = 0
    bad: int = 0
    """Points without a latitude and longitude that can be one."""
    box: list[float] = field(default_factory=list)
    longest: dict[str, int] = field(default_factory=dict)
    """Children that points have, in the order in which they first came -> the most characters of one."""
    first: str = ""
    last: str = ""

    @property
    def extent(self) -> Extent | None:
        return extent_of(*self.box) if self.box else None

    def see(self, longitude: float, latitude: float) -> None:
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            self.bad += 1
        elif not self.box:
            self.box = [longitude, latitude, longitude, latitude]
        else:
            west, south, east, north = self.box
            self.box = [min(west, longitude), min(south, latitude), max(east, longitude), max(north, latitude)]

    def hear(self, name: str, text: str) -> None:
        self.longest[name] = max(self.longest.get(name, 0), len(text))
        if name == "time" and text:
            self.first = min(self.first or text, text)
            self.last = max(self.last, text)


@dataclass
class Recording:
    """The points of each kind, and how many features they make."""

    points: dict[str, Points] = field(default_factory=lambda: {kind: Points() for kind in LAYERS})
    features: dict[str, int] = field(default_factory=dict)
    """wpt, rte, trk -> number."""


def read_gpx(path: Path, files: Files) -> list[Dataset]:
    """The recording of one file: a layer of waypoints, one of route points, one of tracks, as far as there are any."""
    with files.open(path) as source:
        recording = parse_gpx(source)
        complete = not source.is_longer_than_limit
    return datasets_of(recording, complete=complete)


def parse_gpx(source: Source) -> Recording:
    """What the text holds. UnreadableError if it is no XML, or no GPX."""
    reader = _Reader()
    data = source.head()
    try:
        for at in range(0, len(data), PIECE):
            reader.parser.Parse(data[at : at + PIECE], False)
        if not source.is_longer_than_limit:
            reader.parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        # ValueError and LookupError: an encoding that Python cannot read
        raise UnreadableError(f"no XML: {error}") from error
    if not reader.is_gpx:
        raise UnreadableError("no GPX: the outermost element is another")
    return reader.recording


def datasets_of(recording: Recording, *, complete: bool) -> list[Dataset]:
    """One dataset for each kind of thing recorded."""
    there = [kind for kind, (_, _, feature) in LAYERS.items() if recording.features.get(feature)]
    if not there:
        return [Dataset("GPX", "vector", count=0, notes=(*_notes(Points(), complete=complete), "empty"))]
    return [_dataset(kind, recording, complete=complete) for kind in there]


def _dataset(kind: str, recording: Recording, *, complete: bool) -> Dataset:
    layer, geometry, feature = LAYERS[kind]
    points = recording.points[kind]
    details: dict[str, object] = {"times": [points.first, points.last]} if points.first else {}
    if geometry == "line":
        details["points"] = points.count
    return Dataset(
        "GPX",
        "vector",
        layer=layer,
        geometry=geometry,
        system=system_of_code(4326, "the GPX standard"),
        extent=points.extent,
        count=recording.features[feature],
        count_is_exact=complete,
        fields=tuple(Column(name, "text", longest) for name, longest in points.longest.items()),
        details=details,
        notes=_notes(points, complete=complete),
    )


def _notes(points: Points, *, complete: bool) -> tuple[str, ...]:
    cut = () if complete else ("only the beginning was read",)
    bad = (f"{points.bad} points without usable coordinates",) if points.bad else ()
    return (*cut, *bad)


class _Reader:
    """Handlers of the parser."""

    def __init__(self) -> None:
        self.recording = Recording()
        self.is_gpx = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.buffer_text = True
        self._path: list[str] = []
        self._said: list[str] = []

    def _refuse(self, *_: object) -> None:
        raise UnreadableError("has a document type, which GPX never has")

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._path:
            self.is_gpx = name == "gpx"
        self._path.append(name)
        self._said = []
        if name in LAYERS:
            points = self.recording.points[name]
            points.count += 1
            try:
                points.see(float(attributes["lon"]), float(attributes["lat"]))
            except (KeyError, ValueError):
                points.bad += 1
        if name in ("wpt", "rte", "trk"):
            self.recording.features[name] = self.recording.features.get(name, 0) + 1

    def _end(self, _: str) -> None:
        name = self._path.pop()
        parent = self._path[-1] if self._path else ""
        if name in _TEXTS and parent in LAYERS:
            self.recording.points[parent].hear(name, "".join(self._said).strip())

    def _text(self, text: str) -> None:
        if sum(map(len, self._said)) < 1_000:
            self._said.append(text)

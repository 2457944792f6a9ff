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
POINTS = {"wpt": "waypoints", "rtept": "route points", "trkpt": "track points"}
_TEXTS = frozenset({"name", "ele", "time", "desc", "cmt", "type", "sym"})


@dataclass
class Recording:
    """What was seen, while the text goes by."""

    points: dict[str, int] = field(default_factory=dict)
    """wpt, rtept, trkpt -> number."""
    lines: dict[str, int] = field(default_factory=dict)
    """rte, trk, trkseg -> number."""
    names: list[str] = field(default_factory=list)
    """Children that points have, in the order in which they first came."""
    longest: dict[str, int] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    bad: int = 0
    """Points without a latitude and longitude that can be one."""
    box: list[float] = field(default_factory=list)

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
    notes = [] if complete else ["only the beginning was read"]
    if recording.bad:
        notes.append(f"{recording.bad} points without usable coordinates")
    details: dict[str, object] = {}
    if recording.first:
        details["times"] = [recording.first, recording.last]
    fields = tuple(Column(name, "text", recording.longest.get(name, 0)) for name in recording.names)
    layers = [("waypoints", "point", recording.points.get("wpt", 0)), ("routes", "line", recording.lines.get("rte", 0))]
    layers.append(("tracks", "line", recording.lines.get("trk", 0)))
    found = []
    for layer, geometry, count in layers:
        if count:
            points = {"routes": "rtept", "tracks": "trkpt"}.get(layer)
            more = {"points": recording.points.get(points, 0)} if points else {}
            found.append(
                Dataset(
                    "GPX",
                    "vector",
                    layer=layer,
                    geometry=geometry,
                    system=system_of_code(4326, "the GPX standard"),
                    extent=recording.extent,
                    count=count,
                    count_is_exact=complete,
                    fields=fields,
                    details={**details, **more},
                    notes=tuple(notes),
                )
            )
    return found or [Dataset("GPX", "vector", count=0, notes=(*notes, "empty"))]


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
        if name in POINTS:
            self.recording.points[name] = self.recording.points.get(name, 0) + 1
            self._point(attributes)
        elif name in ("rte", "trk", "trkseg"):
            self.recording.lines[name] = self.recording.lines.get(name, 0) + 1

    def _point(self, attributes: dict[str, str]) -> None:
        try:
            self.recording.see(float(attributes["lon"]), float(attributes["lat"]))
        except (KeyError, ValueError):
            self.recording.bad += 1

    def _end(self, _: str) -> None:
        name = self._path.pop()
        if name not in _TEXTS or not self._path or self._path[-1] not in POINTS:
            return
        text = "".join(self._said).strip()
        recording = self.recording
        if name not in recording.names:
            recording.names.append(name)
        recording.longest[name] = max(recording.longest.get(name, 0), len(text))
        if name == "time" and text:
            recording.first = min(recording.first or text, text)
            recording.last = max(recording.last, text)

    def _text(self, text: str) -> None:
        if sum(map(len, self._said)) < 1_000:
            self._said.append(text)

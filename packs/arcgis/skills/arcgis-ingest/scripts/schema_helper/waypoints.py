"""GPX as a table: one row for each waypoint, or each point of the routes or tracks.

The columns are those that the points have (name, ele, time ...), with `track` and `segment` in front for points of a
track, and `lon` and `lat` behind. Extensions of receivers are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from schema_helper.delimited import Table

LAYERS = {"waypoints": "wpt", "routes": "rtept", "tracks": "trkpt"}
_LEADING = {"waypoints": (), "routes": ("route", "point"), "tracks": ("track", "segment", "point")}
PIECE = 65_536


class NotGpxError(Exception):
    """The text is no GPX; the message says why."""


def read_gpx(data: bytes, layer: str, *, rows: int, complete: bool) -> Table:
    """The points of one layer as a table. NotGpxError if it is no GPX or has none of them."""
    reader = _Reader(LAYERS[layer], rows)
    parser = reader.parser
    try:
        for at in range(0, len(data), PIECE):
            parser.Parse(data[at : at + PIECE], False)
        if complete:
            parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotGpxError(f"no XML: {error}") from error
    if not reader.is_gpx:
        raise NotGpxError("the outermost element is not gpx")
    if not reader.points:
        raise NotGpxError(f"no {layer}")
    names = list(dict.fromkeys(name for point in reader.points for name in point if name not in ("lon", "lat")))
    leading = [name for name in _LEADING[layer] if name in names]
    header = (*leading, *(name for name in names if name not in leading), "lon", "lat")
    body = tuple(tuple(point.get(name, "") for name in header) for point in reader.points)
    return Table("utf-8", True, ",", header, body, 0, 0, complete and not reader.more, len(body))


def layers_of(data: bytes) -> list[str]:
    """Which layers the text has points of; a cheap look that need not parse."""
    return [layer for layer, tag in LAYERS.items() if f"<{tag}".encode() in data or f":{tag}".encode() in data]


class _Reader:
    def __init__(self, tag: str, rows: int) -> None:
        self.is_gpx = False
        self.more = False
        self.points: list[dict[str, str]] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self._tag, self._rows = tag, rows
        self._path: list[str] = []
        self._said: list[str] = []
        self._numbers = {"trk": 0, "trkseg": 0, "rte": 0, "point": 0}
        self._point: dict[str, str] | None = None

    def _refuse(self, *_: object) -> None:
        raise NotGpxError("has a document type, which GPX never has")

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._path:
            self.is_gpx = name == "gpx"
        self._path.append(name)
        self._said = []
        if name in self._numbers:
            self._numbers[name] += 1
            self._numbers["point"] = 0
            if name == "trk":
                self._numbers["trkseg"] = 0
        if name == self._tag:
            self._point = {**dict(self._places()), **{key: attributes.get(key, "") for key in ("lon", "lat")}}

    def _places(self) -> Iterator[tuple[str, str]]:
        self._numbers["point"] += 1
        if self._tag == "trkpt":
            yield "track", str(self._numbers["trk"])
            yield "segment", str(self._numbers["trkseg"])
        if self._tag == "rtept":
            yield "route", str(self._numbers["rte"])
        if self._tag != "wpt":
            yield "point", str(self._numbers["point"])

    def _end(self, _: str) -> None:
        name = self._path.pop()
        if name == self._tag and self._point is not None:
            self.more = self.more or len(self.points) >= self._rows
            if len(self.points) < self._rows:
                self.points.append(self._point)
            self._point = None
        elif self._point is not None and self._path and self._path[-1] == self._tag and name != "extensions":
            text = " ".join("".join(self._said).split())
            if text:
                self._point[name] = text

    def _text(self, text: str) -> None:
        if sum(map(len, self._said)) < 10_000:
            self._said.append(text)

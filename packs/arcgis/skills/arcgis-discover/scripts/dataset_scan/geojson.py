"""GeoJSON and Esri JSON: text whose features are counted as far as the limit lets them be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

from dataset_scan.reading import Files
from dataset_scan.systems import is_plausible, likely_system, system_of_code, system_of_name
from dataset_scan.values import Column, Dataset, Extent, System, UnreadableError, extent_around, extent_of

GEOMETRIES = {
    "Point": "point",
    "MultiPoint": "multipoint",
    "LineString": "line",
    "MultiLineString": "line",
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
}
_TYPES: dict[type, str] = {bool: "logical", int: "whole number", float: "number", str: "text"}
_FEATURE = re.compile(rb'"type"\s*:\s*"Feature"')
_KIND = re.compile(rb'"type"\s*:\s*"((?:Multi)?(?:Point|LineString|Polygon))"')
_CODE = re.compile(r"(?:EPSG:+(?:[\d.]*:)?|/EPSG/[\d.]+/)(\d{4,6})", re.IGNORECASE)
STANDARD = "the GeoJSON standard (RFC 7946)"


def read_geojson(path: Path, files: Files) -> list[Dataset]:
    """The layer of one file. UnreadableError if it is no JSON, or JSON of something else."""
    with files.open(path) as source:
        data = source.head()
        complete = not source.is_longer_than_limit
    if complete:
        return [parse_geojson(data)]
    return [_beginning(data, whole=path.stat().st_size)]


def parse_geojson(data: bytes) -> Dataset:
    """A whole document."""
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise UnreadableError("JSON, but not of a map layer")
    if value.get("type") == "FeatureCollection" and isinstance(value.get("features"), list):
        features = [each for each in value["features"] if isinstance(each, dict)]
    elif value.get("type") == "Feature" or value.get("type") in GEOMETRIES:
        features = [value if value.get("type") == "Feature" else {"geometry": value, "properties": {}}]
    else:
        raise UnreadableError("JSON, but not of a map layer")
    return _layer(value, features)


def _layer(value: dict[str, object], features: list[dict[str, object]]) -> Dataset:
    points: list[tuple[float, float]] = []
    kinds: set[str] = set()
    empty = 0
    columns: dict[str, Column] = {}
    for feature in features:
        geometry = feature.get("geometry")
        if isinstance(geometry, dict):
            kinds.add(GEOMETRIES.get(str(geometry.get("type")), "mixed"))
            _gather(geometry, points)
        else:
            empty += 1
        properties = feature.get("properties")
        if isinstance(properties, dict):
            _columns(properties, columns)
    extent = extent_around(points)
    notes = [f"{empty} features without a geometry"] if empty else []
    system = _system(value, extent, notes)
    return Dataset(
        "GeoJSON",
        "vector",
        geometry=kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "",
        system=system,
        extent=extent,
        count=len(features),
        fields=tuple(columns.values()),
        notes=tuple(notes),
    )


def _gather(geometry: dict[str, object], points: list[tuple[float, float]]) -> None:
    """The corners of the box of every geometry, without recursion: nesting is the file's choice."""
    waiting: list[object] = [geometry.get("coordinates"), *_parts(geometry)]
    box: list[tuple[float, float]] = []
    while waiting:
        value = waiting.pop()
        if not isinstance(value, list) or not value:
            continue
        if len(value) >= 2 and all(_is_number(each) for each in value[:2]):
            box.append((float(value[0]), float(value[1])))
        else:
            waiting.extend(value)
    around = extent_around(box)
    if around:
        points += [(around.west, around.south), (around.east, around.north)]


def _parts(geometry: dict[str, object]) -> list[object]:
    parts = geometry.get("geometries")
    return [each.get("coordinates") for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15


def _columns(properties: dict[str, object], columns: dict[str, Column]) -> None:
    for name, value in properties.items():
        kind = "text" if isinstance(value, str) else _TYPES.get(type(value), "nested")
        length = len(value) if isinstance(value, str) else 0
        before = columns.get(name)
        if value is None:
            columns.setdefault(name, Column(name, ""))
        elif before is None or not before.type:
            columns[name] = Column(name, kind, length)
        elif before.type != kind or length > before.length:
            same = before.type == kind or {before.type, kind} == {"whole number", "number"}
            columns[name] = Column(
                name, (kind if before.type == kind else "number") if same else "mixed", max(length, before.length)
            )


def _system(value: dict[str, object], extent: Extent | None, notes: list[str]) -> System:
    """By an old `crs` member where there is one, else by the standard, unless the numbers can't be degrees."""
    member = value.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and name:
        code = _CODE.search(name)
        if code:
            return system_of_code(int(code[1]), "the crs member")
        return system_of_name("CRS84" if name.upper().endswith("CRS84") else name, "the crs member")
    if extent is not None and not is_plausible(extent, 4326):
        notes.append("not in degrees, although the standard wants WGS 84 and nothing says otherwise")
        return likely_system(extent)
    return system_of_code(4326, STANDARD)


def _beginning(data: bytes, *, whole: int) -> Dataset:
    """What can be told when the file is longer than may be read."""
    if not _FEATURE.search(data):
        raise UnreadableError("too long to be read whole, and the beginning is not of a map layer")
    seen = len(_FEATURE.findall(data))
    kinds = {GEOMETRIES[kind.decode()] for kind in _KIND.findall(data)}
    pairs = re.findall(rb"\[\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)", data)
    extent = extent_around([(float(x), float(y)) for x, y in pairs])
    named = _CODE.search(data[:2_000].decode("latin-1"))
    system = system_of_code(int(named[1]), "the crs member") if named else likely_system(extent)
    return Dataset(
        "GeoJSON",
        "vector",
        geometry=kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "",
        system=system,
        extent=extent if extent is None else extent_of(extent.west, extent.south, extent.east, extent.north),
        count=round(seen * whole / len(data)) if data else None,
        count_is_exact=False,
        notes=("only the beginning was read: count and extent are estimates",),
    )

"""Coordinate systems: their codes from what files say, a likely one from the numbers, and boxes from one into another.

Names are those that ArcGIS writes into .prj files, beside those of EPSG. Boxes are converted to compare how much of a
study area a dataset covers: the formulas are exact for the projections, and the datum shift between OSGB36 and WGS 84
is the one with seven parameters, good to about 5 m. That is enough for boxes and never used for data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from dataset_scan.values import Extent, System, UnreadableError, extent_around


@dataclass(frozen=True)
class Known:
    """A system of the table: its names, and the box in its own units where its coordinates make sense."""

    code: int
    name: str
    others: tuple[str, ...]
    box: Extent


WORLD = Extent(-180.0, -90.0, 180.0, 90.0)
BRITAIN = Extent(-8.82, 49.79, 1.92, 60.94)
GRID = Extent(0.0, 0.0, 700_000.0, 1_300_000.0)

TABLE = (
    Known(27700, "OSGB36 / British National Grid", ("British_National_Grid", "OSGB_1936_British_National_Grid"), GRID),
    Known(7405, "OSGB36 / British National Grid + ODN height", (), GRID),
    Known(4326, "WGS 84", ("GCS_WGS_1984", "WGS84", "CRS84", "OGC:CRS84"), WORLD),
    Known(4258, "ETRS89", ("GCS_ETRS_1989",), Extent(-35.0, 32.0, 45.0, 85.0)),
    Known(4277, "OSGB36", ("GCS_OSGB_1936", "OSGB 1936"), BRITAIN),
    Known(
        3857,
        "WGS 84 / Pseudo-Mercator",
        ("WGS_1984_Web_Mercator_Auxiliary_Sphere", "WGS 84 / Web Mercator"),
        Extent(-20_037_509.0, -20_048_967.0, 20_037_509.0, 20_048_967.0),
    ),
    Known(29902, "TM65 / Irish Grid", ("TM65_Irish_Grid",), Extent(0.0, 0.0, 400_000.0, 500_000.0)),
    Known(29903, "TM75 / Irish Grid", ("TM75_Irish_Grid",), Extent(0.0, 0.0, 400_000.0, 500_000.0)),
    Known(
        2157,
        "IRENET95 / Irish Transverse Mercator",
        ("IRENET95_Irish_Transverse_Mercator",),
        Extent(400_000.0, 500_000.0, 800_000.0, 1_000_000.0),
    ),
    Known(25830, "ETRS89 / UTM zone 30N", ("ETRS_1989_UTM_Zone_30N",), Extent(0.0, 0.0, 1_000_000.0, 9_400_000.0)),
    Known(25831, "ETRS89 / UTM zone 31N", ("ETRS_1989_UTM_Zone_31N",), Extent(0.0, 0.0, 1_000_000.0, 9_400_000.0)),
    Known(32630, "WGS 84 / UTM zone 30N", ("WGS_1984_UTM_Zone_30N",), Extent(0.0, 0.0, 1_000_000.0, 9_400_000.0)),
    Known(32631, "WGS 84 / UTM zone 31N", ("WGS_1984_UTM_Zone_31N",), Extent(0.0, 0.0, 1_000_000.0, 9_400_000.0)),
)
BY_CODE = {known.code: known for known in TABLE}
GEOGRAPHIC = frozenset({4326, 4258, 4277})

_OUTER_CODE = re.compile(r"(?:AUTHORITY|ID)\s*\[\s*\"EPSG\"\s*,\s*\"?(\d{4,6})\"?\s*\]\s*\]\s*$", re.IGNORECASE)
_NAME_IN_WKT = re.compile(r"\b(PROJCS|PROJCRS|GEOGCS|GEOGCRS|GEODCRS)\s*\[\s*\"([^\"]{1,200})\"", re.IGNORECASE)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_BY_NAME = {_plain(name): known.code for known in TABLE for name in (known.name, *known.others)}


def system_of_code(code: int, source: str) -> System:
    """A system that the data names by its EPSG code."""
    known = BY_CODE.get(code)
    return System(code, known.name if known else f"EPSG:{code}", source, certain=True)


def system_of_name(name: str, source: str) -> System:
    """A system that the data names in words; the code where the name is in the table."""
    code = _BY_NAME.get(_plain(name), 0)
    return System(code, BY_CODE[code].name if code else name, source, certain=True)


def system_of_wkt(text: str, source: str) -> System:
    """The system of well-known text in any of its dialects; an empty one if the text is none."""
    outer = _OUTER_CODE.search(text)
    if outer and not text.lstrip().upper().startswith("COMPD"):
        return system_of_code(int(outer[1]), source)
    names = {kind.upper()[:4]: name for kind, name in reversed(_NAME_IN_WKT.findall(text))}
    name = names.get("PROJ") or names.get("GEOG") or names.get("GEOD")
    return system_of_name(name, source) if name else System()


def likely_system(extent: Extent | None, *, names: Iterable[str] = ()) -> System:
    """What the numbers, and the names of their columns, speak for. Never certain; without reasons nothing fits."""
    if extent is None:
        return System()
    said = " ".join(names).lower()
    in_degrees = within(extent, WORLD)
    if re.search(r"\blon|\blng|\blat", said) and in_degrees:
        inside = within(extent, BRITAIN)
        where = "inside the box of Great Britain" if inside else "within 180 and 90 degrees"
        return _guess(4326, "the columns are called longitude and latitude", f"all values lie {where}")
    if re.search(r"east|north|osgr|bng", said) and within(extent, GRID):
        reasons = ["the columns are called easting and northing", "all values lie within the National Grid"]
        if within(extent, BY_CODE[29903].box):
            reasons.append("Irish Grid coordinates would lie here too: ask if the data is of Ireland")
        return _guess(27700, *reasons)
    if in_degrees and within(extent, BRITAIN):
        return _guess(4326, "all values lie inside the box of Great Britain in degrees")
    if in_degrees and extent.east - extent.west > 0:
        return _guess(4326, "all values lie within 180 and 90 degrees")
    if within(extent, GRID) and extent.north > 1_000:
        return _guess(27700, "all values lie within the National Grid, in metres", "a local grid would look the same")
    if within(extent, Extent(-1_000_000.0, 6_400_000.0, 250_000.0, 8_600_000.0)):
        return _guess(3857, "all values lie where Web Mercator has the British Isles")
    return System()


def _guess(code: int, *reasons: str) -> System:
    return System(code, BY_CODE[code].name, "guessed from the values", certain=False, reasons=reasons)


def is_plausible(extent: Extent, code: int) -> bool:
    """Whether coordinates of this system can lie there; True for systems that are not in the table."""
    known = BY_CODE.get(code)
    return known is None or within(extent, known.box)


def within(inner: Extent, outer: Extent) -> bool:
    return (
        outer.west <= inner.west
        and inner.east <= outer.east
        and outer.south <= inner.south
        and inner.north <= outer.north
    )


# Boxes from one system into another


@dataclass(frozen=True)
class _Mercator:
    """A transverse Mercator projection: ellipsoid axes in metres, scale, origin in degrees, false origin in metres."""

    major: float
    minor: float
    scale: float
    latitude: float
    longitude: float
    easting: float
    northing: float


_AIRY = (6_377_563.396, 6_356_256.909)
_AIRY_MODIFIED = (6_377_340.189, 6_356_034.448)
_GRS80 = (6_378_137.0, 6_356_752.314)
_PROJECTIONS = {
    27700: _Mercator(*_AIRY, 0.9996012717, 49.0, -2.0, 400_000.0, -100_000.0),
    29902: _Mercator(*_AIRY_MODIFIED, 1.000035, 53.5, -8.0, 200_000.0, 250_000.0),
    29903: _Mercator(*_AIRY_MODIFIED, 1.000035, 53.5, -8.0, 200_000.0, 250_000.0),
    2157: _Mercator(*_GRS80, 0.99982, 53.5, -8.0, 600_000.0, 750_000.0),
    25830: _Mercator(*_GRS80, 0.9996, 0.0, -3.0, 500_000.0, 0.0),
    25831: _Mercator(*_GRS80, 0.9996, 0.0, 3.0, 500_000.0, 0.0),
}
_PROJECTIONS.update({7405: _PROJECTIONS[27700], 32630: _PROJECTIONS[25830], 32631: _PROJECTIONS[25831]})
_ON_OSGB36 = frozenset({27700, 7405, 4277})
# Metres, seconds of arc, parts per million: from WGS 84 to OSGB36, as Ordnance Survey publishes them.
_SHIFT = (-446.448, 125.157, -542.060)
_TURN = (-0.1502, -0.2470, -0.8421)
_STRETCH = 20.4894
_SPHERE = 6_378_137.0


def convert_extent(extent: Extent, source: int, target: int) -> Extent | None:
    """The box round the converted box; None if one of the systems is not in the table or the box leaves its area."""
    if source == target or {source, target} == {27700, 7405}:
        return extent
    if source not in BY_CODE or target not in BY_CODE or not is_plausible(extent, source):
        return None
    steps = (0.0, 0.25, 0.5, 0.75, 1.0)
    across = [extent.west + (extent.east - extent.west) * step for step in steps]
    up = [extent.south + (extent.north - extent.south) * step for step in steps]
    edge = [(x, y) for x in across for y in (up[0], up[-1])] + [(x, y) for y in up for x in (across[0], across[-1])]
    try:
        return extent_around([_forward(*_to_degrees(x, y, source), target) for x, y in edge])
    except (UnreadableError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _to_degrees(x: float, y: float, code: int) -> tuple[float, float]:
    """Longitude and latitude on WGS 84."""
    if code == 3857:
        return math.degrees(x / _SPHERE), math.degrees(2 * math.atan(math.exp(y / _SPHERE)) - math.pi / 2)
    if code not in GEOGRAPHIC:
        x, y = _unproject(x, y, _PROJECTIONS[code])
    return _shifted(x, y, _AIRY, _GRS80, -1) if code in _ON_OSGB36 else (x, y)


def _forward(longitude: float, latitude: float, code: int) -> tuple[float, float]:
    if code == 3857:
        return (
            _SPHERE * math.radians(longitude),
            _SPHERE * math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)),
        )
    if code in _ON_OSGB36:
        longitude, latitude = _shifted(longitude, latitude, _GRS80, _AIRY, 1)
    return (longitude, latitude) if code in GEOGRAPHIC else _project(longitude, latitude, _PROJECTIONS[code])


def _shifted(
    longitude: float, latitude: float, source: tuple[float, float], target: tuple[float, float], sign: int
) -> tuple[float, float]:
    """Over earth-centred coordinates and back, by the seven parameters or, with -1, against them."""
    major, minor = source
    squared = 1 - (minor / major) ** 2
    phi, lam = math.radians(latitude), math.radians(longitude)
    radius = major / math.sqrt(1 - squared * math.sin(phi) ** 2)
    x, y, z = (
        radius * math.cos(phi) * math.cos(lam),
        radius * math.cos(phi) * math.sin(lam),
        radius * (1 - squared) * math.sin(phi),
    )
    dx, dy, dz = (sign * each for each in _SHIFT)
    rx, ry, rz = (sign * math.radians(each / 3600) for each in _TURN)
    grow = 1 + sign * _STRETCH / 1e6
    x, y, z = dx + grow * x - rz * y + ry * z, dy + rz * x + grow * y - rx * z, dz - ry * x + rx * y + grow * z
    major, minor = target
    squared = 1 - (minor / major) ** 2
    flat = math.hypot(x, y)
    phi = math.atan2(z, flat * (1 - squared))
    for _ in range(6):
        radius = major / math.sqrt(1 - squared * math.sin(phi) ** 2)
        phi = math.atan2(z + squared * radius * math.sin(phi), flat)
    return math.degrees(math.atan2(y, x)), math.degrees(phi)


def _meridian(projection: _Mercator, phi: float) -> float:
    """Length of the meridian from the origin, scaled."""
    n = (projection.major - projection.minor) / (projection.major + projection.minor)
    origin = math.radians(projection.latitude)
    less, more = phi - origin, phi + origin
    return (
        projection.minor
        * projection.scale
        * (
            (1 + n + 1.25 * n**2 + 1.25 * n**3) * less
            - (3 * n + 3 * n**2 + 2.625 * n**3) * math.sin(less) * math.cos(more)
            + (1.875 * n**2 + 1.875 * n**3) * math.sin(2 * less) * math.cos(2 * more)
            - 35 / 24 * n**3 * math.sin(3 * less) * math.cos(3 * more)
        )
    )


def _radii(projection: _Mercator, phi: float) -> tuple[float, float, float]:
    """Transverse radius, meridional radius, and their ratio less one."""
    squared = 1 - (projection.minor / projection.major) ** 2
    bend = 1 - squared * math.sin(phi) ** 2
    nu = projection.major * projection.scale / math.sqrt(bend)
    rho = projection.major * projection.scale * (1 - squared) * bend**-1.5
    return nu, rho, nu / rho - 1


def _project(longitude: float, latitude: float, projection: _Mercator) -> tuple[float, float]:
    phi, away = math.radians(latitude), math.radians(longitude - projection.longitude)
    if abs(away) > math.radians(30):
        raise UnreadableError("too far from the projection's meridian")
    nu, rho, eta = _radii(projection, phi)
    sine, cosine, tangent = math.sin(phi), math.cos(phi), math.tan(phi) ** 2
    north = _meridian(projection, phi) + projection.northing
    north += nu / 2 * sine * cosine * away**2
    north += nu / 24 * sine * cosine**3 * (5 - tangent + 9 * eta) * away**4
    north += nu / 720 * sine * cosine**5 * (61 - 58 * tangent + tangent**2) * away**6
    east = projection.easting + nu * cosine * away
    east += nu / 6 * cosine**3 * (nu / rho - tangent) * away**3
    east += nu / 120 * cosine**5 * (5 - 18 * tangent + tangent**2 + 14 * eta - 58 * tangent * eta) * away**5
    return east, north


def _unproject(east: float, north: float, projection: _Mercator) -> tuple[float, float]:
    phi = math.radians(projection.latitude)
    for _ in range(20):
        short = north - projection.northing - _meridian(projection, phi)
        phi += short / (projection.major * projection.scale)
        if abs(short) < 1e-4:
            break
    nu, rho, eta = _radii(projection, phi)
    tangent, cosine = math.tan(phi), math.cos(phi)
    away = east - projection.easting
    latitude = phi - tangent / (2 * rho * nu) * away**2
    latitude += tangent / (24 * rho * nu**3) * (5 + 3 * tangent**2 + eta - 9 * tangent**2 * eta) * away**4
    latitude -= tangent / (720 * rho * nu**5) * (61 + 90 * tangent**2 + 45 * tangent**4) * away**6
    longitude = away / (cosine * nu)
    longitude -= away**3 / (6 * cosine * nu**3) * (nu / rho + 2 * tangent**2)
    longitude += away**5 / (120 * cosine * nu**5) * (5 + 28 * tangent**2 + 24 * tangent**4)
    return projection.longitude + math.degrees(longitude), math.degrees(latitude)

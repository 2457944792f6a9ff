"""Little true files of the formats that the scripts read, written byte by byte.

Each builder follows the published layout of its format and is independent of the readers under test. GDAL opens what
they write (tried by hand when they were made). The geodatabase is one that GDAL wrote, packed: `reference.gdb.zip`.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

DATA = Path(__file__).parent / "data"

Box = tuple[float, float, float, float]
"""West, south, east, north."""

BNG = (
    'PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,'
    '299.3249646]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",400000.0],PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],'
    'PARAMETER["Scale_Factor",0.9996012717],PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]'
)
WGS84 = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


# Shapefiles


def write_shapefile(
    path: Path,
    boxes: Sequence[Box],
    *,
    kind: int = 5,
    fields: Sequence[tuple[str, str, int]] = (("name", "C", 20),),
    rows: Sequence[Sequence[str]] | None = None,
    prj: str = BNG,
) -> None:
    """A shapefile of rectangles (kind 5), diagonals (3) or corners (1), one a box, with its companions."""
    records = [_shape(kind, box) for box in boxes]
    extent = around(boxes) if boxes else (0.0, 0.0, 0.0, 0.0)
    body, index, at = b"", b"", 50
    for number, record in enumerate(records, start=1):
        body += struct.pack(">ii", number, len(record) // 2) + record
        index += struct.pack(">ii", at, len(record) // 2)
        at += (8 + len(record)) // 2
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(shp_header(kind, 100 + len(body), extent) + body)
    path.with_suffix(".shx").write_bytes(shp_header(kind, 100 + len(index), extent) + index)
    path.with_suffix(".dbf").write_bytes(
        dbf(fields, rows if rows is not None else [[str(n)] for n in range(len(boxes))])
    )
    if prj:
        path.with_suffix(".prj").write_text(prj, encoding="utf-8")


def shp_header(kind: int, length: int, extent: Box) -> bytes:
    """The 100 bytes in front; the length is in bytes."""
    return (
        struct.pack(">7i", 9994, 0, 0, 0, 0, 0, length // 2)
        + struct.pack("<2i", 1000, kind)
        + struct.pack("<8d", *extent, 0.0, 0.0, 0.0, 0.0)
    )


def _shape(kind: int, box: Box) -> bytes:
    west, south, east, north = box
    if kind == 1:
        return struct.pack("<i2d", 1, west, south)
    points = [(west, south), (east, north)]
    if kind == 5:
        points = [(west, south), (west, north), (east, north), (east, south), (west, south)]
    flat = [value for point in points for value in point]
    return struct.pack(f"<i4d3i{len(flat)}d", kind, *box, 1, len(points), 0, *flat)


def dbf(fields: Sequence[tuple[str, str, int]], rows: Sequence[Sequence[str]]) -> bytes:
    """A dBASE III table: name, type and width of each field."""
    width = 1 + sum(length for _, _, length in fields)
    head = struct.pack("<4BIHH20x", 3, 126, 1, 1, len(rows), 33 + 32 * len(fields), width)
    for name, kind, length in fields:
        head += struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), length, 0)
    body = b"".join(
        b" " + b"".join(row[at].encode("latin-1")[:length].ljust(length) for at, (_, _, length) in enumerate(fields))
        for row in rows
    )
    return head + b"\r" + body + b"\x1a"


def around(boxes: Iterable[Box]) -> Box:
    """The box round the boxes."""
    listed = list(boxes)
    return (
        min(box[0] for box in listed),
        min(box[1] for box in listed),
        max(box[2] for box in listed),
        max(box[3] for box in listed),
    )


# Rasters


def tiff(
    width: int,
    height: int,
    *,
    cell: float = 0.0,
    west: float = 0.0,
    north: float = 0.0,
    epsg: int = 0,
    pixel_is_point: bool = False,
    order: str = "<",
    big: bool = False,
    made: str = "",
) -> bytes:
    """A TIFF of 16-bit cells, all in one strip; placed and with GeoKeys if a cell size is given."""
    tags: list[tuple[int, int, Sequence[float] | bytes]] = [
        (256, 3, [width]),
        (257, 3, [height]),
        (258, 3, [16]),
        (259, 3, [1]),
        (262, 3, [1]),
        (273, 4, [0]),
        (277, 3, [1]),
        (278, 3, [height]),
        (279, 4, [2 * width * height]),
        (339, 3, [2]),
    ]
    if made:
        tags.append((306, 2, made.encode() + b"\0"))
    if cell:
        geographic = 4000 <= epsg < 5000
        keys = [1, 1, 0, 3, 1024, 0, 1, 2 if geographic else 1, 1025, 0, 1, 2 if pixel_is_point else 1]
        keys += [2048 if geographic else 3072, 0, 1, epsg]
        tags += [(33550, 12, [cell, cell, 0.0]), (33922, 12, [0.0, 0.0, 0.0, west, north, 0.0])]
        tags += [(34735, 3, keys), (42113, 2, b"-32768\0")]
    tags.sort()
    return _laid_out(tags, width * height * 2, order, big)


_TIFF_FORMS = {3: "H", 4: "I", 12: "d"}


def _laid_out(tags: list[tuple[int, int, Sequence[float] | bytes]], cells: int, order: str, big: bool) -> bytes:
    entry, count_form, offset_form, inline = (20, "Q", "Q", 8) if big else (12, "H", "I", 4)
    head = {"<": b"II", ">": b"MM"}[order]
    head += struct.pack(order + ("HHHQ" if big else "HI"), *((43, 8, 0, 16) if big else (42, 8)))
    at = len(head) + struct.calcsize("=" + count_form) + entry * len(tags) + inline
    extra, listed = b"", b""
    for tag, kind, values in tags:
        data = values if isinstance(values, bytes) else _packed(order, kind, values)
        if tag == 273:
            data = struct.pack(order + "I", 0)  # the strip's place, set below
        length = len(values)
        if len(data) <= inline:
            listed += struct.pack(order + "HH" + ("Q" if big else "I"), tag, kind, length) + data.ljust(inline, b"\0")
        else:
            place = struct.pack(order + offset_form, at + len(extra))
            listed += struct.pack(order + "HH" + ("Q" if big else "I"), tag, kind, length) + place
            extra += data
    strip = struct.pack(order + "I", at + len(extra)).ljust(inline, b"\0")
    index = [tag for tag, _, _ in tags].index(273) * entry + entry - inline
    listed = listed[:index] + strip + listed[index + inline :]
    body = struct.pack(order + count_form, len(tags)) + listed + b"\0" * inline
    return head + body + extra + b"\0" * cells


def _packed(order: str, kind: int, values: Sequence[float]) -> bytes:
    form = _TIFF_FORMS[kind]
    return struct.pack(f"{order}{len(values)}{form}", *(values if form == "d" else map(int, values)))


def ascii_grid(width: int, height: int, cell: float, west: float, south: float) -> str:
    """An ASCII grid of noughts."""
    head = f"ncols {width}\nnrows {height}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\nNODATA_value -9999\n"
    return head + "\n".join(" ".join("0" for _ in range(width)) for _ in range(height)) + "\n"


def jpeg2000(width: int, height: int, bands: int, *, inner: bytes = b"") -> bytes:
    """The boxes of a JPEG 2000 file without a picture; `inner` is the TIFF of GeoJP2."""
    image = _jp2_box(b"ihdr", struct.pack(">IIHBBBB", height, width, bands, 7, 7, 0, 0))
    boxes = _jp2_box(b"ftyp", b"jp2 \0\0\0\0jp2 ") + _jp2_box(b"jp2h", image)
    if inner:
        boxes += _jp2_box(b"uuid", bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03") + inner)
    return b"\0\0\0\x0cjP  \r\n\x87\n" + boxes + _jp2_box(b"jp2c", b"\xff\x4f\xff\x51")


def _jp2_box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


# LiDAR, GPX, GeoJSON, GeoPackage


def las(
    points: Sequence[tuple[float, float, float]],
    *,
    minor: int = 2,
    epsg: int = 0,
    wkt: str = "",
    compressed: bool = False,
    year: int = 2022,
) -> bytes:
    """A LAS file of format 0 (6 from version 1.4 on); with GeoKeys or a WKT record."""
    records = b""
    if epsg:
        keys = struct.pack("<12H", 1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, epsg)
        records += _las_record(34735, keys)
    if wkt:
        records += _las_record(2112, wkt.encode() + b"\0")
    size = 375 if minor >= 4 else 227
    form, length = (6, 30) if minor >= 4 else (0, 20)
    scale = 0.01
    box = (
        [f(each) for axis in range(3) for each in [[p[axis] for p in points]] for f in (max, min)]
        if points
        else [0.0] * 6
    )
    head = struct.pack("<4sHH16sBB", b"LASF", 0, 0, b"\0" * 16, 1, minor)
    head += struct.pack(
        "<32s32sHHHII", b"TEST", b"builders", 100, year, size, size + len(records), bool(epsg) + bool(wkt)
    )
    legacy = 0 if minor >= 4 else len(points)
    head += struct.pack("<BHI5I", form | (0x80 if compressed else 0), length, legacy, *([0] * 5))
    head += struct.pack("<12d", scale, scale, scale, 0.0, 0.0, 0.0, *box)
    if minor >= 4:
        head += struct.pack("<QQIQ15Q", 0, 0, 0, len(points), *([0] * 15))
    body = b"".join(
        struct.pack("<3i", *(round(value / scale) for value in point)).ljust(length, b"\0") for point in points
    )
    return head + records + (b"\0" * 8 if compressed else body)


def _las_record(number: int, data: bytes) -> bytes:
    return struct.pack("<H16sHH32s", 0, b"LASF_Projection", number, len(data), b"") + data


def gpx(
    waypoints: Sequence[tuple[float, float, str]] = (),
    tracks: Sequence[Sequence[tuple[float, float, str]]] = (),
    *,
    prefix: str = "",
) -> str:
    """A GPX file: waypoints as longitude, latitude, name; tracks of points as longitude, latitude, time."""
    tag = f"{prefix}:" if prefix else ""
    space = f"xmlns{':' + prefix if prefix else ''}"
    text = '<?xml version="1.0" encoding="UTF-8"?>\n'
    text += f'<{tag}gpx {space}="http://www.topografix.com/GPX/1/1" version="1.1">\n'
    for longitude, latitude, name in waypoints:
        text += f'<{tag}wpt lat="{latitude}" lon="{longitude}"><{tag}name>{name}</{tag}name></{tag}wpt>\n'
    for points in tracks:
        text += f"<{tag}trk><{tag}trkseg>\n"
        for longitude, latitude, moment in points:
            inside = f"<{tag}ele>10.5</{tag}ele><{tag}time>{moment}</{tag}time>"
            text += f'<{tag}trkpt lat="{latitude}" lon="{longitude}">{inside}</{tag}trkpt>\n'
        text += f"</{tag}trkseg></{tag}trk>\n"
    return f"{text}</{tag}gpx>\n"


def geojson(boxes: Sequence[Box], properties: Sequence[Mapping[str, object]], *, crs: str = "") -> str:
    """A collection of rectangles."""
    features = [
        {
            "type": "Feature",
            "properties": dict(properties[at]),
            "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]},
        }
        for at, (w, s, e, n) in enumerate(boxes)
    ]
    member = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    return json.dumps({"type": "FeatureCollection", **member, "features": features}, indent=1) + "\n"


def write_geopackage(
    path: Path, layers: Mapping[str, tuple[str, int, Box, int]], *, attributes: Sequence[str] = ()
) -> None:
    """A GeoPackage: name -> geometry type, EPSG code, box, number of rows; and tables without geometry."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            """
            PRAGMA page_size = 1024; VACUUM;
            PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;
            CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY,
                organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
                description TEXT);
            CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
                description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE,
                max_y DOUBLE, srs_id INTEGER);
            CREATE TABLE gpkg_geometry_columns (table_name TEXT PRIMARY KEY, column_name TEXT NOT NULL,
                geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL);
            """
        )
        for code in sorted({code for _, code, _, _ in layers.values()}):
            database.execute(
                "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, 'EPSG', ?, ?, '')", (f"EPSG {code}", code, code, BNG)
            )
        changed = "2025-03-01T00:00:00.000Z"
        for name, (kind, code, box, rows) in layers.items():
            quoted = name.replace('"', '""')
            columns = f"fid INTEGER PRIMARY KEY, geom {kind}, reference TEXT(40), hectares DOUBLE"
            database.execute(f'CREATE TABLE "{quoted}" ({columns})')
            database.execute(
                "INSERT INTO gpkg_contents VALUES (?, 'features', ?, '', ?, ?, ?, ?, ?, ?)",
                (name, name, changed, *box, code),
            )
            database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (name, kind, code))
            blob = b"GP\0\x01" + struct.pack("<i", code) + _wkb(kind, box)
            database.executemany(
                f'INSERT INTO "{quoted}" (geom, reference) VALUES (?, ?)', [(blob, f"R{n}") for n in range(rows)]
            )
        for name in attributes:
            database.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, note TEXT)')
            database.execute(
                "INSERT INTO gpkg_contents VALUES (?, 'attributes', ?, '', ?, NULL, NULL, NULL, NULL, NULL)",
                (name, name, changed),
            )
        database.commit()


def _wkb(kind: str, box: Box) -> bytes:
    """The box's corner, its diagonal or the box itself, as well-known binary."""
    west, south, east, north = box
    if kind == "POINT":
        return struct.pack("<BI2d", 1, 1, west, south)
    if kind == "LINESTRING":
        return struct.pack("<BII4d", 1, 2, 2, *box)
    ring = (west, south, east, south, east, north, west, north, west, south)
    return struct.pack("<BIII10d", 1, 3, 1, 5, *ring)


def unpack_reference_geodatabase(folder: Path) -> Path:
    """The geodatabase that GDAL wrote: `sites` (polygons), `stops` (points), `lookup` (a table)."""
    with zipfile.ZipFile(DATA / "reference.gdb.zip") as packed:
        packed.extractall(folder)
    return folder / "reference.gdb"


def geodatabase_table(*, heights: bool, measures: bool, box: Box, rows: int = 7) -> bytes:
    """The beginning of a table of polygons in a file geodatabase: header, and a geometry column between two others."""
    flags = 4 | 0x100 | (0x8000_0000 if heights else 0) | (0x4000_0000 if measures else 0)
    wkt = BNG.encode("utf-16-le")
    geometry = b"\0\x07" + struct.pack("<H", len(wkt)) + wkt + bytes([1 | 2 * measures | 4 * heights])
    geometry += struct.pack("<3d", 0.0, 0.0, 1e4)
    geometry += struct.pack("<2d", 0.0, 1e4) * (measures + heights) + struct.pack("<d", 1e-3) * (1 + measures + heights)
    geometry += struct.pack("<4d", *box) + struct.pack("<2d", 0.0, 9.0) * (measures + heights)
    geometry += b"\0" + struct.pack("<id", 1, 0.0)
    fields = _gdb_field("OBJECTID", 6, b"\x04\x02") + _gdb_field("Shape", 7, geometry)
    fields += _gdb_field("reference", 4, struct.pack("<iB", 40, 5) + b"\0") + _gdb_field("hectares", 3, b"\x08\x05\0")
    section = struct.pack("<iIH", 4, flags, 4) + fields
    head = struct.pack("<iiiiiiqq", 3, rows, 0, 5, 0, 0, 0, 40)
    return head + struct.pack("<i", len(section)) + section


def _gdb_field(name: str, kind: int, rest: bytes) -> bytes:
    return bytes([len(name)]) + name.encode("utf-16-le") + b"\0" + bytes([kind]) + rest

"""Shapefiles: the header of the .shp, the table of the .dbf, the system of the .prj.

Layout: ESRI Shapefile Technical Description (1998) for .shp and .shx; the dBASE III header for .dbf.
"""

from __future__ import annotations

from pathlib import Path

from dataset_scan.reading import Files, Source, companion, plain_text
from dataset_scan.systems import likely_system, system_of_wkt
from dataset_scan.values import Column, Dataset, Extent, System, UnreadableError, extent_of

HEADER = 100
MAGIC = 9994
GEOMETRIES = {0: "", 1: "point", 3: "line", 5: "polygon", 8: "multipoint", 31: "multipatch"}
TYPES = {"C": "text", "N": "number", "F": "number", "D": "date", "L": "logical", "M": "memo", "T": "date and time"}
NEEDED = (".shx", ".dbf")


def read_shapefile(path: Path, files: Files) -> list[Dataset]:
    """The dataset of one .shp file with its companions. UnreadableError if the header is none."""
    with files.open(path) as source:
        geometry, extent, notes = read_header(source)
    missing = [suffix for suffix in NEEDED if companion(path, suffix) is None]
    if missing:
        notes.append(f"incomplete: {' and '.join(missing)} missing")
    fields, rows, table_notes = _table(companion(path, ".dbf"), files)
    shapes = _shapes(companion(path, ".shx"), files)
    if rows is not None and shapes is not None and rows != shapes:
        notes.append(f"the .shx counts {shapes} shapes, the .dbf {rows} rows")
    system = _system(companion(path, ".prj"), files, extent)
    if not system.certain:
        notes.append("no .prj file says the coordinate system")
    encoding = files.text_of(companion(path, ".cpg"), length=40).strip()
    return [
        Dataset(
            "shapefile",
            "vector",
            geometry=geometry,
            system=system,
            extent=extent,
            count=shapes if shapes is not None else rows,
            fields=tuple(fields),
            details={"encoding": encoding} if encoding else {},
            notes=(*notes, *table_notes),
        )
    ]


def read_header(source: Source) -> tuple[str, Extent | None, list[str]]:
    """Geometry, box and notes from the first 100 bytes."""
    if source.size < HEADER:
        raise UnreadableError(f"a shapefile begins with {HEADER} bytes, this file has {source.size}")
    if source.whole(">i", 0) != MAGIC:
        raise UnreadableError("does not begin like a shapefile")
    length, kind = 2 * source.whole(">i", 24), source.whole("<i", 32)
    west, south, east, north = source.numbers("<4d", 36)
    notes = []
    base = kind % 10 if kind != 31 and 0 <= kind < 30 else kind
    if base not in GEOMETRIES or kind < 0:
        raise UnreadableError(f"shape type {kind} is none")
    if length > source.size:
        notes.append(f"cut short: the header says {length} bytes, the file has {source.size}")
    if kind in (11, 13, 15, 18):
        notes.append("has Z values")
    empty = length <= HEADER
    if empty:
        notes.append("empty")
    return GEOMETRIES[base], None if empty else extent_of(west, south, east, north), notes


def read_dbf(source: Source) -> tuple[list[Column], int, list[str]]:
    """Columns, number of rows and notes of a dBASE table."""
    version, rows = source.whole("<B", 0), source.whole("<I", 4)
    header, width = source.whole("<H", 8), source.whole("<H", 10)
    if version & 7 not in (2, 3, 4, 5) or header < 33 or width < 1:
        raise UnreadableError("does not begin like a dBASE table")
    columns: list[Column] = []
    at = 32
    while at + 32 <= header and source.piece(at, 1) not in (b"\r", b"\0"):
        record = source.piece(at, 32)
        kind = plain_text(record[11:12])
        columns.append(Column(plain_text(record[:11]), TYPES.get(kind, kind or "?"), record[16]))
        at += 32
    notes = []
    if header + rows * width > source.size:
        notes.append(f"the table is cut short: {rows} rows of {width} bytes do not fit")
    return columns, rows, notes


def read_dbf_table(path: Path, files: Files) -> list[Dataset]:
    """A .dbf file that belongs to no shapefile."""
    with files.open(path) as source:
        fields, rows, notes = read_dbf(source)
    return [Dataset("dbase", "table", count=rows, fields=tuple(fields), notes=tuple(notes))]


def _table(path: Path | None, files: Files) -> tuple[list[Column], int | None, list[str]]:
    if path is None:
        return [], None, []
    try:
        with files.open(path) as source:
            return read_dbf(source)
    except (UnreadableError, OSError) as problem:
        return [], None, [f"{path.suffix} unreadable: {problem}"]


def _shapes(path: Path | None, files: Files) -> int | None:
    """The index has eight bytes for each shape."""
    if path is None:
        return None
    try:
        with files.open(path) as source:
            return (source.size - HEADER) // 8 if source.size >= HEADER else None
    except OSError:
        return None


def _system(path: Path | None, files: Files, extent: Extent | None) -> System:
    stated = system_of_wkt(files.text_of(path), "the .prj file")
    return stated if stated.certain else likely_system(extent)

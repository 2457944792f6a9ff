"""GeoPackages: an SQLite file with tables that list its layers (OGC 12-128r18).

Opened read-only and `immutable`, so that no journal appears beside it, with a budget of steps after which a query
ends.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dataset_scan.reading import Files
from dataset_scan.systems import likely_system, system_of_code, system_of_name
from dataset_scan.values import Column, Dataset, Extent, System, UnreadableError, extent_of

STEPS = 20_000_000
"""Instructions of SQLite's machine that all queries of one file may take: some seconds."""
LAYERS = 2_000
_GEOMETRIES = {
    "POINT": "point",
    "MULTIPOINT": "multipoint",
    "LINESTRING": "line",
    "MULTILINESTRING": "line",
    "POLYGON": "polygon",
    "MULTIPOLYGON": "polygon",
    "CURVEPOLYGON": "polygon",
    "COMPOUNDCURVE": "line",
}


def read_geopackage(path: Path, files: Files) -> list[Dataset]:
    """Every layer, table and tile set that the file lists."""
    with files.open(path) as source:
        if source.head(16) != b"SQLite format 3\0":
            raise UnreadableError("does not begin like an SQLite file")
    wal = path.with_name(path.name + "-wal")
    notes = ["open elsewhere: changes in the -wal file are not counted"] if wal.is_file() else []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            return _layers(database, tuple(notes))
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise UnreadableError(f"SQLite says: {error}") from error


@dataclass(frozen=True)
class _Lists:
    """What the tables of the file say about its layers."""

    geometries: dict[str, tuple[str, str]]
    """Table -> geometry column, kind of geometry."""
    systems: dict[object, System]
    counts: dict[str, int]
    """What GDAL keeps up to date by triggers; much faster than counting."""


def _layers(database: sqlite3.Connection, notes: tuple[str, ...]) -> list[Dataset]:
    _limit_steps(database)
    database.execute("PRAGMA trusted_schema = OFF")
    listed = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    tables = {str(name).lower() for (name,) in listed}
    if "gpkg_contents" not in tables:
        raise UnreadableError("an SQLite file, but not a GeoPackage: no gpkg_contents")
    lists = _Lists(
        _geometries(database) if "gpkg_geometry_columns" in tables else {},
        _systems(database) if "gpkg_spatial_ref_sys" in tables else {},
        _counts(database) if "gpkg_ogr_contents" in tables else {},
    )
    contents = database.execute(
        "SELECT table_name, data_type, srs_id, last_change, min_x, min_y, max_x, max_y FROM gpkg_contents"
        " ORDER BY table_name LIMIT ?",
        (LAYERS,),
    ).fetchall()
    return [_layer(database, row, lists, notes) for row in contents]


def _limit_steps(database: sqlite3.Connection) -> None:
    budget = [STEPS // 1_000]

    def count_down() -> int:
        budget[0] -= 1
        return budget[0] < 0

    database.set_progress_handler(count_down, 1_000)


def _geometries(database: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    found = database.execute(
        "SELECT table_name, column_name, geometry_type_name FROM gpkg_geometry_columns LIMIT ?", (LAYERS,)
    )
    return {str(table): (str(column), str(kind).upper()) for table, column, kind in found}


def _systems(database: sqlite3.Connection) -> dict[object, System]:
    found = database.execute(
        "SELECT srs_id, organization, organization_coordsys_id, srs_name FROM gpkg_spatial_ref_sys LIMIT ?", (LAYERS,)
    )
    return {number: _system(organization, code, name) for number, organization, code, name in found}


def _counts(database: sqlite3.Connection) -> dict[str, int]:
    found = database.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents").fetchall()
    return {str(table): count for table, count in found if isinstance(count, int)}


def _layer(database: sqlite3.Connection, row: tuple[object, ...], lists: _Lists, notes: tuple[str, ...]) -> Dataset:
    """One row of gpkg_contents: table, kind, number of its system, last change, box."""
    table, kind, number, changed, *box = row
    name, extent, system = str(table), _box(box), lists.systems.get(number, System())
    column, geometry = lists.geometries.get(name, ("", ""))
    raster, features = kind in ("tiles", "2d-gridded-coverage"), kind == "features"
    said = list(notes)
    fields, count = [], lists.counts.get(name)
    try:
        fields = _fields(database, name, column)
        if count is None:
            count = int(database.execute(f"SELECT COUNT(*) FROM {_quoted(name)}").fetchone()[0])
    except sqlite3.Error as error:
        said.append(f"table unreadable: {error}")
    if extent is None and features:
        said.append("the file does not say the extent")
    return Dataset(
        "GeoPackage",
        "raster" if raster else "vector" if features else "table",
        layer=name,
        geometry=_GEOMETRIES.get(geometry, "mixed" if geometry else ""),
        system=likely_system(extent) if features and not system.certain else system,
        extent=extent,
        count=None if raster else count,
        fields=tuple(fields),
        details={"changed": changed[:10]} if isinstance(changed, str) and changed else {},
        notes=tuple(said),
        needs_arcpy=("cell size of the tiles",) if raster else (),
    )


def _fields(database: sqlite3.Connection, table: str, geometry: str) -> list[Column]:
    found = []
    for _, name, declared, _, _, key in database.execute(f"PRAGMA table_info({_quoted(table)})"):
        if name != geometry and not key:
            kind, _, length = str(declared).rstrip(")").partition("(")
            found.append(Column(str(name), kind.lower(), int(length) if length.isascii() and length.isdigit() else 0))
    return found


def _box(values: list[object]) -> Extent | None:
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    return extent_of(*numbers) if len(numbers) == 4 else None


def _system(organization: object, code: object, name: object) -> System:
    if str(organization).upper() == "EPSG" and isinstance(code, int) and code > 0:
        return system_of_code(code, "the GeoPackage")
    if str(organization).upper() == "NONE" or not name:
        return System()
    return system_of_name(str(name), "the GeoPackage")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

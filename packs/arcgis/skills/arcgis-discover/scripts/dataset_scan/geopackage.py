"""GeoPackages: an SQLite file with tables that list its layers (OGC 12-128r18).

Opened read-only and `immutable`, so that no journal appears beside it, with a budget of steps after which a query
ends.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
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


def _layers(database: sqlite3.Connection, notes: tuple[str, ...]) -> list[Dataset]:
    budget = [STEPS // 1_000]

    def count_down() -> int:
        budget[0] -= 1
        return budget[0] < 0

    database.set_progress_handler(count_down, 1_000)
    database.execute("PRAGMA trusted_schema = OFF")
    tables = {
        str(name).lower()
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    }
    if "gpkg_contents" not in tables:
        raise UnreadableError("an SQLite file, but not a GeoPackage: no gpkg_contents")
    geometries = {}
    if "gpkg_geometry_columns" in tables:
        found = database.execute(
            "SELECT table_name, column_name, geometry_type_name FROM gpkg_geometry_columns LIMIT ?", (LAYERS,)
        )
        geometries = {str(table): (str(column), str(kind).upper()) for table, column, kind in found}
    systems = {}
    if "gpkg_spatial_ref_sys" in tables:
        listed = database.execute(
            "SELECT srs_id, organization, organization_coordsys_id, srs_name FROM gpkg_spatial_ref_sys LIMIT ?",
            (LAYERS,),
        )
        systems = {number: _system(organization, code, name) for number, organization, code, name in listed}
    contents = database.execute(
        "SELECT table_name, data_type, min_x, min_y, max_x, max_y, srs_id, last_change FROM gpkg_contents"
        " ORDER BY table_name LIMIT ?",
        (LAYERS,),
    ).fetchall()
    counts = _counts(database) if "gpkg_ogr_contents" in tables else {}
    return [
        _layer(
            database,
            str(table),
            str(kind),
            _box(box),
            systems.get(number, System()),
            geometries,
            counts,
            changed,
            notes,
        )
        for table, kind, *box, number, changed in contents
    ]


def _layer(
    database: sqlite3.Connection,
    table: str,
    kind: str,
    extent: Extent | None,
    system: System,
    geometries: dict[str, tuple[str, str]],
    counts: dict[str, int],
    changed: object,
    notes: tuple[str, ...],
) -> Dataset:
    column, geometry = geometries.get(table, ("", ""))
    said = list(notes)
    fields, count = [], counts.get(table)
    try:
        fields = _fields(database, table, column)
        if count is None:
            count = int(database.execute(f"SELECT COUNT(*) FROM {_quoted(table)}").fetchone()[0])
    except sqlite3.Error as error:
        said.append(f"table unreadable: {error}")
    if extent is None and kind == "features":
        said.append("the file does not say the extent")
    details: dict[str, object] = {"changed": changed[:10]} if isinstance(changed, str) and changed else {}
    raster = kind in ("tiles", "2d-gridded-coverage")
    return Dataset(
        "GeoPackage",
        "raster" if raster else "vector" if kind == "features" else "table",
        layer=table,
        geometry=_GEOMETRIES.get(geometry, "mixed" if geometry else ""),
        system=system if system.certain or raster or kind != "features" else likely_system(extent),
        extent=extent,
        count=None if raster else count,
        fields=tuple(fields),
        details=details,
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


def _counts(database: sqlite3.Connection) -> dict[str, int]:
    """What GDAL keeps up to date by triggers; much faster than counting."""
    found = database.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents").fetchall()
    return {str(table): count for table, count in found if isinstance(count, int)}


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

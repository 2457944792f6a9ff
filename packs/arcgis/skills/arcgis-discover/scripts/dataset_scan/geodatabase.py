"""File geodatabases: the tables in a .gdb folder, from the system catalog and each table's header.

The format is not published; its layout is known from reverse engineering (the description by Even Rouault, "FGDB
specification", that GDAL's driver is built on). Read here is what that description calls the header, the field
descriptions and, of the catalog alone, the rows. Domains, relationships, feature datasets, topologies, attachments
and rasters need arcpy, and so does whatever does not look as described.

    a00000001.gdbtable    the catalog: row n names the table in a<n as 8 hexadecimal digits>.gdbtable
    *.gdbtablx            where each row begins
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dataset_scan.reading import Files, Source
from dataset_scan.systems import likely_system, system_of_wkt
from dataset_scan.values import Column, Dataset, Extent, System, UnreadableError, extent_of

CATALOG = "a00000001"
TABLES = 5_000
FIELDS = 2_000
TYPES = {
    0: "short",
    1: "long",
    2: "float",
    3: "double",
    4: "text",
    5: "date",
    6: "object id",
    7: "geometry",
    8: "blob",
    9: "raster",
    10: "guid",
    11: "global id",
    12: "xml",
    13: "big integer",
    14: "date only",
    15: "time only",
    16: "timestamp offset",
}
GEOMETRIES = {0: "", 1: "point", 2: "multipoint", 3: "line", 4: "polygon", 9: "multipatch"}
MORE = "domains, subtypes, feature datasets, relationships, topologies, attachments"
_INTERNAL = re.compile(r"GDB_|fras_|ST_|T_\d+_|N_\d+_|ND_\d+_", re.IGNORECASE)


@dataclass(frozen=True)
class TableHeader:
    """What the beginning of a table says."""

    rows: int
    geometry: str
    system: System
    extent: Extent | None
    fields: tuple[Column, ...]
    is_raster: bool


def is_geodatabase(path: Path) -> bool:
    """Whether the folder is a geodatabase by its name."""
    return path.suffix.lower() == ".gdb"


def read_geodatabase(path: Path, files: Files) -> list[Dataset]:
    """Its layers and tables; one line that says what needs arcpy where the catalog cannot be read."""
    try:
        with files.open(path / f"{CATALOG}.gdbtable") as table, files.open(path / f"{CATALOG}.gdbtablx") as offsets:
            names = read_catalog(table, offsets)
    except FileNotFoundError as error:
        raise UnreadableError("a folder ending in .gdb without a system catalog: not a file geodatabase") from error
    except UnreadableError as problem:
        return [
            Dataset(
                "file geodatabase",
                "container",
                notes=(f"the system catalog does not read as expected: {problem}",),
                needs_arcpy=("everything inside",),
            )
        ]
    inside = {number: name for number, name in names.items() if not _INTERNAL.match(name)}
    found = [_layer(path, number, name, files) for number, name in sorted(inside.items())]
    internal = [name for name in names.values() if not name.upper().startswith("GDB_") and _INTERNAL.match(name)]
    notes = ["locked by another program"] if any(path.glob("*.lock")) else []
    if internal:
        notes.append(f"{len(internal)} internal tables left out, of rasters, topologies or networks")
    whole = Dataset(
        "file geodatabase",
        "container",
        count=len(found),
        details={"layers": sorted(inside.values())},
        notes=tuple(notes),
        needs_arcpy=(MORE,),
    )
    return [whole, *found]


def read_catalog(table: Source, offsets: Source) -> dict[int, str]:
    """Number -> name of each table."""
    rows = _row_offsets(offsets)
    fields = _fields(table)[2]
    nullable = [field for field in fields if field.nullable]
    if [field.kind for field in fields] != [6, 4, 1]:
        raise UnreadableError("the catalog has other columns than id, name, format")
    names = {}
    for number, offset in rows:
        row = _Cursor(table, offset + 4)
        row.skip((len(nullable) + 7) // 8)
        length = row.varying()
        names[number] = _text(row.take(length), "utf-8")
    if not names or names.get(1, "").upper() != "GDB_SYSTEMCATALOG":
        raise UnreadableError("the first table of the catalog is not the catalog")
    return names


def read_table_header(source: Source) -> TableHeader:
    """Rows, geometry, system, box and columns of one table."""
    rows = source.whole("<i", 4)
    if rows < 0:
        raise UnreadableError(f"{rows} rows")
    flags, place, fields = _fields(source)
    wide = flags & 0xFF
    return TableHeader(
        rows=rows,
        geometry=GEOMETRIES.get(wide, f"type {wide}"),
        system=place.system,
        extent=place.extent,
        fields=tuple(Column(field.name, TYPES.get(field.kind, f"type {field.kind}"), field.length) for field in fields),
        is_raster=any(field.kind == 9 for field in fields),
    )


def _layer(path: Path, number: int, name: str, files: Files) -> Dataset:
    try:
        with files.open(path / f"a{number:08x}.gdbtable") as source:
            header = read_table_header(source)
    except (UnreadableError, OSError) as problem:
        text = problem.strerror if isinstance(problem, OSError) else str(problem)
        return Dataset(
            "file geodatabase", "other", layer=name, notes=(f"not readable here: {text}",), needs_arcpy=("everything",)
        )
    if header.is_raster:
        needs = ("cell size, extent, bands",)
        return Dataset("file geodatabase", "raster", layer=name, system=header.system, needs_arcpy=needs)
    system = header.system if header.system.certain or not header.geometry else likely_system(header.extent)
    return Dataset(
        "file geodatabase",
        "vector" if header.geometry else "table",
        layer=name,
        geometry=header.geometry,
        system=system,
        extent=header.extent,
        count=header.rows,
        fields=tuple(field for field in header.fields if field.type not in ("geometry", "object id")),
    )


# The bytes


@dataclass
class _Cursor:
    source: Source
    at: int

    def take(self, length: int) -> bytes:
        data = self.source.piece(self.at, length)
        self.at += length
        return data

    def skip(self, length: int) -> None:
        self.at += length

    def byte(self) -> int:
        return self.take(1)[0]

    def doubles(self, count: int) -> tuple[float, ...]:
        values = self.source.numbers(f"<{count}d", self.at)
        self.at += 8 * count
        return values

    def short(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def long(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def varying(self) -> int:
        """A number of seven bits a byte, the lowest first; the high bit says that more follow."""
        value = 0
        for place in range(5):
            byte = self.byte()
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return value
        raise UnreadableError("a number of more than five bytes")


@dataclass(frozen=True)
class _Field:
    name: str
    kind: int
    length: int
    nullable: bool


@dataclass
class _Place:
    """Where a geometry column says that its features lie."""

    system: System
    extent: Extent | None


def _row_offsets(source: Source) -> list[tuple[int, int]]:
    """Number and offset of each row that is there; the width of an offset stands in the header."""
    version, blocks, rows, width = (source.whole("<i", at) for at in (0, 4, 8, 12))
    if version != 3 or not 4 <= width <= 6 or rows < 0 or blocks < 0:
        raise UnreadableError("the row index is of a form that is not known")
    if rows > TABLES:
        raise UnreadableError(f"{rows} tables")
    found = []
    for number in range(rows):
        offset = int.from_bytes(source.piece(16 + number * width, width), "little")
        if offset:
            found.append((number + 1, offset))
    return found


def _fields(source: Source) -> tuple[int, _Place, list[_Field]]:
    """Layer flags, what the geometry column says, and the columns."""
    at = source.whole("<q", 32)
    cursor = _Cursor(source, at)
    cursor.skip(4)
    version = cursor.long()
    if version not in (3, 4, 6):
        raise UnreadableError(f"field descriptions of version {version}")
    flags = cursor.long()
    count = cursor.short()
    if count > FIELDS:
        raise UnreadableError(f"{count} columns")
    place = _Place(System(), None)
    fields = []
    for _ in range(count):
        name = _text(cursor.take(2 * cursor.byte()), "utf-16-le")
        cursor.skip(2 * cursor.byte())  # the alias
        kind = cursor.byte()
        if kind == 9:
            # What follows a raster column is described for some versions only; the columns after it are left out.
            fields.append(_Field(name, kind, 0, nullable=True))
            break
        length, nullable = _rest_of_field(cursor, kind, flags, place)
        fields.append(_Field(name, kind, length, nullable))
    return flags, place, fields


def _rest_of_field(cursor: _Cursor, kind: int, flags: int, place: _Place) -> tuple[int, bool]:
    """Length in characters (texts alone) and whether it may be null."""
    if kind == 7:
        return 0, _geometry_field(cursor, flags, place)
    length = 0
    if kind == 4:
        length = cursor.long()
        flag = cursor.byte()
        cursor.skip(cursor.varying())
    elif kind in (6, 8, 10, 11, 12):
        cursor.skip(1)
        flag = cursor.byte()
    elif kind in TYPES:
        cursor.skip(1)
        flag = cursor.byte()
        cursor.skip(cursor.byte())
    else:
        raise UnreadableError(f"a column of type {kind}")
    return length, bool(flag & 1)


def _geometry_field(cursor: _Cursor, flags: int, place: _Place) -> bool:
    cursor.skip(1)
    flag = cursor.byte()
    text = _text(cursor.take(cursor.short()), "utf-16-le")
    has = cursor.byte()
    measures, heights = bool(has & 2), bool(has & 4)
    cursor.skip(8 * (3 + 2 * measures + 2 * heights + 1 + measures + heights))  # origins, scales, tolerances
    box = cursor.doubles(4)
    place.extent = extent_of(*box) if any(box) else None
    place.system = system_of_wkt(text, "the geodatabase")
    cursor.skip(16 * (bool(flags & 0x8000_0000) + bool(flags & 0x4000_0000)))  # ranges of Z and M
    cursor.skip(1)
    cursor.skip(8 * min(cursor.long(), 16))  # sizes of the index grids
    return bool(flag & 1)


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError("a name that is no text") from error

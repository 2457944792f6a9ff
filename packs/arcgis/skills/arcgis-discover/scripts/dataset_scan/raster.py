"""Rasters: size, cells, box and system of GeoTIFF, ASCII grid, Esri grid; JPEG 2000 and IMAGINE as far as they tell.

Layouts: TIFF 6.0 and BigTIFF for the directory; OGC GeoTIFF 1.1 for scale, tie point and GeoKeys; ISO 15444-1 for the
boxes of JPEG 2000 ("GeoJP2" puts a small GeoTIFF into one of them). World files give cell size and the centre of the
upper left cell.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dataset_scan.reading import Files, Source, companion, plain_text
from dataset_scan.systems import likely_system, system_of_code, system_of_name, system_of_wkt
from dataset_scan.values import Dataset, Extent, System, UnreadableError, extent_of

ENTRIES = 4_096
VALUES = 4_096
"""More values than this of one tag are not read; only tile offsets have so many."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_FORMS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _BANDS, _SAMPLES, _DATE = 256, 257, 258, 259, 277, 339, 306
_SCALE, _TIE, _MATRIX, _KEYS, _KEY_TEXT, _NODATA = 33550, 33922, 34264, 34735, 34737, 42113
_WANTED = frozenset(
    {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _BANDS, _SAMPLES, _DATE, _SCALE, _TIE, _MATRIX, _KEYS, _KEY_TEXT, _NODATA}
)
_KINDS = {1: "unsigned", 2: "signed", 3: "float"}
_COMPRESSIONS = {1: "none", 5: "LZW", 7: "JPEG", 8: "deflate", 32773: "PackBits", 32946: "deflate", 34887: "LERC"}
_GEOJP2 = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
_BOXES = 64


@dataclass(frozen=True)
class Grid:
    """Cells and where they lie."""

    width: int
    height: int
    cell: tuple[float, float] | None = None
    extent: Extent | None = None
    rotated: bool = False


# GeoTIFF


def read_geotiff(path: Path, files: Files) -> list[Dataset]:
    """The raster of one TIFF, with its world file and .aux.xml where the tags say nothing."""
    with files.open(path) as source:
        dataset = read_tiff(source)
    return [_located(dataset, path, files, world=".tfw")]


def read_tiff(source: Source) -> Dataset:
    """What the first directory of a TIFF says."""
    tags = _tags(source)
    width, height = _whole(tags, _WIDTH), _whole(tags, _HEIGHT)
    if width < 1 or height < 1:
        raise UnreadableError("no width and height in the first directory")
    keys = _geo_keys(tags)
    grid = _grid(tags, width, height, point=keys.get(1025) == 2)
    bits, sample = _whole(tags, _BITS, 1), _whole(tags, _SAMPLES, 1)
    compression = _whole(tags, _COMPRESSION, 1)
    details: dict[str, object] = {
        "compression": _COMPRESSIONS.get(compression, f"scheme {compression}"),
        "pixels": f"{bits} bit {_KINDS.get(sample, 'of unknown kind')}",
    }
    for name, tag in (("nodata", _NODATA), ("made", _DATE)):
        text = tags.get(tag)
        if isinstance(text, str) and text:
            details[name] = text
    return _dataset(
        "GeoTIFF" if grid.extent or keys else "TIFF", grid, _whole(tags, _BANDS, 1), system_of_geo_keys(keys), details
    )


def _dataset(form: str, grid: Grid, bands: int | None, system: System, details: dict[str, object]) -> Dataset:
    facts: dict[str, object] = {"width": grid.width, "height": grid.height}
    if grid.cell:
        facts["cell"] = list(grid.cell)
    notes = ("rotated: the box is larger than the picture",) if grid.rotated else ()
    return Dataset(
        form,
        "raster",
        system=system if system.certain else likely_system(grid.extent),
        extent=grid.extent,
        count=bands,
        details={**facts, **details},
        notes=notes,
    )


def _tags(source: Source) -> dict[int, object]:
    """Tag -> tuple of numbers or text, of the tags that are wanted."""
    order = {b"II": "<", b"MM": ">"}.get(source.piece(0, 2), "")
    if not order:
        raise UnreadableError("does not begin like a TIFF")
    version = source.whole(order + "H", 2)
    if version == 42:
        at, count_form, entry_form, inline = source.whole(order + "I", 4), "H", "HHI4s", 4
    elif version == 43:
        at, count_form, entry_form, inline = source.whole(order + "Q", 8), "Q", "HHQ8s", 8
    else:
        raise UnreadableError(f"TIFF of version {version}")
    count = source.whole(order + count_form, at)
    if count > ENTRIES:
        raise UnreadableError(f"a directory of {count} entries")
    at += struct.calcsize("<" + count_form)
    width = struct.calcsize("<" + entry_form)
    tags: dict[int, object] = {}
    for index in range(count):
        tag, kind, length, value = struct.unpack(order + entry_form, source.piece(at + index * width, width))
        if tag in _WANTED and kind in _SIZES and length <= VALUES:
            size = _SIZES[kind] * length
            offset = struct.unpack(order + ("I" if inline == 4 else "Q"), value)[0]
            tags[tag] = _value(value[:size] if size <= inline else source.piece(offset, size), kind, length, order)
    return tags


def _value(data: bytes, kind: int, length: int, order: str) -> object:
    if kind == 2:
        return plain_text(data)
    return struct.unpack(f"{order}{length}{_FORMS[kind]}", data) if kind in _FORMS else ()


def _numbers(tags: dict[int, object], tag: int) -> tuple[float, ...]:
    value = tags.get(tag)
    return value if isinstance(value, tuple) else ()


def _whole(tags: dict[int, object], tag: int, otherwise: int = 0) -> int:
    values = _numbers(tags, tag)
    return int(values[0]) if values and values[0] == values[0] and abs(values[0]) < 1e15 else otherwise


def _grid(tags: dict[int, object], width: int, height: int, *, point: bool) -> Grid:
    """Where the cells lie, by scale and tie point, or by the matrix. The tie point of a point raster is a middle."""
    scale, tie, matrix = _numbers(tags, _SCALE), _numbers(tags, _TIE), _numbers(tags, _MATRIX)
    half = 0.5 if point else 0.0
    if len(scale) >= 2 and len(tie) >= 6:
        across, down = abs(scale[0]), abs(scale[1])
        west, north = tie[3] - (tie[0] + half) * across, tie[4] + (tie[1] + half) * down
        return _placed(width, height, (across, 0.0, west), (0.0, -down, north))
    if len(matrix) >= 8:
        a, b, d, e = matrix[0], matrix[1], matrix[4], matrix[5]
        left, top = matrix[3] - half * (a + b), matrix[7] - half * (d + e)
        return _placed(width, height, (a, b, left), (d, e, top))
    return Grid(width, height)


def _placed(width: int, height: int, x: tuple[float, float, float], y: tuple[float, float, float]) -> Grid:
    """The grid whose corner of column c and line r lies at x0*c + x1*r + x2, y0*c + y1*r + y2."""
    corners = [(column, line) for column in (0, width) for line in (0, height)]
    across = [x[0] * column + x[1] * line + x[2] for column, line in corners]
    up = [y[0] * column + y[1] * line + y[2] for column, line in corners]
    extent = extent_of(min(across), min(up), max(across), max(up))
    rotated = bool(x[1] or y[0])
    cell = (abs(x[0]), abs(y[1])) if not rotated else ((x[0] ** 2 + y[0] ** 2) ** 0.5, (x[1] ** 2 + y[1] ** 2) ** 0.5)
    return Grid(width, height, cell if extent else None, extent, rotated)


def _geo_keys(tags: dict[int, object]) -> dict[int, object]:
    """GeoKey -> number, or text where it points into the text tag."""
    numbers = [int(each) for each in _numbers(tags, _KEYS)]
    return geo_keys(numbers, str(tags.get(_KEY_TEXT, "")))


def geo_keys(numbers: list[int], text: str) -> dict[int, object]:
    """The directory of GeoKeys, as TIFF and LAS write it: groups of four, the first of which tells how many follow."""
    keys: dict[int, object] = {}
    for at in range(4, min(len(numbers), 4 + 4 * (numbers[3] if len(numbers) > 3 else 0)) - 3, 4):
        key, place, count, value = numbers[at : at + 4]
        if place == 0:
            keys[key] = value
        elif place == _KEY_TEXT:
            keys[key] = text[value : value + count].strip("|\0 ")
    return keys


def system_of_geo_keys(keys: dict[int, object]) -> System:
    """By code where a key has one (32767 means that the user defined it), by its citation else."""
    for key in (3072, 2048):
        code = keys.get(key)
        if isinstance(code, int) and 1024 <= code < 32767:
            return system_of_code(code, "GeoKeys")
    for key in (3073, 1026, 2049):
        name = keys.get(key)
        if isinstance(name, str) and name:
            return system_of_name(name.split("|")[0].rpartition("= ")[2], "GeoKeys, by name")
    return System()


def _located(dataset: Dataset, path: Path, files: Files, *, world: str) -> Dataset:
    """With box and system from the files beside, where the raster itself says nothing."""
    details = dict(dataset.details)
    extent, system, notes = dataset.extent, dataset.system, list(dataset.notes)
    width, height = details.get("width"), details.get("height")
    if extent is None and isinstance(width, int) and isinstance(height, int):
        lines = files.text_of(companion(path, world) or companion(path, ".wld"), length=400).split()
        grid = grid_of_world_file(lines, width, height)
        if grid.extent and grid.cell:
            extent = grid.extent
            details["cell"] = list(grid.cell)
            notes.append("placed by a world file")
    if not system.certain:
        wkt = files.text_of(companion(path, ".prj"))
        stated = system_of_wkt(wkt, "the .prj file") if wkt else _system_of_aux(path, files)
        system = stated if stated.certain else likely_system(extent)
    if extent is None:
        notes.append("nothing says where it lies: it has to be georeferenced")
    elif not system.certain:
        notes.append("nothing states the coordinate system")
    return replace(dataset, extent=extent, system=system, details=details, notes=tuple(notes))


def grid_of_world_file(lines: list[str], width: int, height: int) -> Grid:
    """Six numbers: column step in x and y, line step in x and y, and the middle of the upper left cell."""
    try:
        a, d, b, e, x, y = (float(line.replace(",", ".")) for line in lines[:6])
    except ValueError:
        return Grid(width, height)
    return _placed(width, height, (a, b, x - (a + b) / 2), (d, e, y - (d + e) / 2))


def _system_of_aux(path: Path, files: Files) -> System:
    """The well-known text that ArcGIS and GDAL leave in `name.tif.aux.xml`."""
    text = files.text_of(companion(path, ".aux.xml", added=True), length=100_000)
    wkt = re.search(r"<(?:SRS|WKT)\b[^>]*>([^<]{10,20000})<", text)
    return system_of_wkt(wkt[1].replace("&quot;", '"').strip(), "the .aux.xml file") if wkt else System()


# Grids


def read_ascii_grid(path: Path, files: Files) -> list[Dataset]:
    """An ASCII grid, by its first lines."""
    with files.open(path) as source:
        dataset = read_grid_header(source.head(2_000))
    return [_located(dataset, path, files, world=".agw")]


def read_grid_header(data: bytes) -> Dataset:
    """Columns, rows, corner and cell size stand as words and numbers in front of the values."""
    found: dict[str, float] = {}
    for line in data.decode("latin-1").splitlines()[:12]:
        words = line.split()
        if len(words) != 2 or not words[0][:1].isalpha():
            break
        try:
            found[words[0].lower()] = float(words[1])
        except ValueError:
            continue
    cell = (found.get("cellsize", found.get("dx", 0.0)), found.get("cellsize", found.get("dy", 0.0)))
    width, height = found.get("ncols", 0.0), found.get("nrows", 0.0)
    if not (1 <= width < 1e9 and 1 <= height < 1e9 and 0 < cell[0] < 1e9 and 0 < cell[1] < 1e9):
        raise UnreadableError("does not begin like an ASCII grid")
    west = found.get("xllcorner", found.get("xllcenter", 0.0) - cell[0] / 2)
    south = found.get("yllcorner", found.get("yllcenter", 0.0) - cell[1] / 2)
    extent = extent_of(west, south, west + width * cell[0], south + height * cell[1])
    details: dict[str, object] = {"nodata": f"{found['nodata_value']:g}"} if "nodata_value" in found else {}
    return _dataset("ASCII grid", Grid(int(width), int(height), cell, extent), 1, System(), details)


def is_esri_grid(names: set[str]) -> bool:
    """Whether a folder with these (lower-case) names is an Esri grid."""
    return {"hdr.adf", "dblbnd.adf"} <= names


def read_esri_grid(path: Path, files: Files) -> list[Dataset]:
    """A folder that is one raster: cell size from hdr.adf, box from dblbnd.adf."""
    with files.open(path / "hdr.adf") as source:
        if source.piece(0, 5) != b"GRID1":
            raise UnreadableError("hdr.adf does not begin like a grid")
        kind = source.whole(">i", 16)
        across, down = source.numbers(">2d", 256)
    with files.open(path / "dblbnd.adf") as source:
        extent = extent_of(*source.numbers(">4d", 0))
    if extent is None or not (1e-9 < across < 1e9 and 1e-9 < down < 1e9):
        raise UnreadableError("box or cell size is none")
    width, height = round((extent.east - extent.west) / across), round((extent.north - extent.south) / down)
    details: dict[str, object] = {"pixels": {1: "32 bit signed", 2: "32 bit float"}.get(kind, "of unknown kind")}
    wkt = files.text_of(path / "prj.adf") if (path / "prj.adf").is_file() else ""
    dataset = _dataset("Esri grid", Grid(width, height, (across, down), extent), 1, System(), details)
    words = re.search(r"Projection\s+(\S+)", wkt)
    note = f"prj.adf says: projection {words[1]}" if words else "no coordinate system stated"
    return [replace(dataset, notes=(note,))]


# Those that tell less


def read_jpeg2000(path: Path, files: Files) -> list[Dataset]:
    """Size and bands from the image header; place from GeoJP2 or a world file."""
    with files.open(path) as source:
        dataset = read_jp2_boxes(source)
    return [_located(dataset, path, files, world=".j2w")]


def read_jp2_boxes(source: Source) -> Dataset:
    """A JPEG 2000 file, box by box until the picture itself begins."""
    if source.piece(0, 12) != b"\0\0\0\x0cjP  \r\n\x87\n":
        raise UnreadableError("does not begin like a JPEG 2000 file")
    width = height = bands = 0
    inner: Dataset | None = None
    for kind, at, length in _boxes(source):
        if kind == b"ihdr":
            height, width, bands = (int(each) for each in source.numbers(">IIH", at))
        elif kind == b"uuid" and length > 16 and source.piece(at, 16) == _GEOJP2:
            inner = _tiff_inside(source.piece(at + 16, length - 16))
    if width < 1 or height < 1:
        raise UnreadableError("no image header")
    grid = Grid(width, height)
    cell = inner.details.get("cell") if inner else None
    if inner and inner.extent and isinstance(cell, list):
        # the TIFF inside is one cell large; its upper left corner and cell size are those of the picture
        grid = _placed(width, height, (cell[0], 0.0, inner.extent.west), (0.0, -cell[1], inner.extent.north))
    return _dataset("JPEG 2000", grid, bands, inner.system if inner else System(), {})


def _boxes(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """Kind, where the content begins, and its length in bytes; those of the header box lie inside it."""
    at = 12
    for _ in range(_BOXES):
        if at + 8 > source.size:
            return
        length, kind = source.whole(">I", at), source.piece(at + 4, 4)
        if kind == b"jp2h":
            at += 8
            continue
        if kind == b"jp2c" or length < 8:
            return
        yield kind, at + 8, length - 8
        at += length


def _tiff_inside(data: bytes) -> Dataset | None:
    try:
        return read_tiff(Source.of(data))
    except UnreadableError:
        return None


def read_imagine(path: Path, files: Files) -> list[Dataset]:
    """An ERDAS IMAGINE file: known by its first bytes, read by arcpy."""
    with files.open(path) as source:
        if source.piece(0, 15) != b"EHFA_HEADER_TAG":
            raise UnreadableError("does not begin like an IMAGINE file (.img is also used for disk images)")
    wkt = files.text_of(companion(path, ".prj"))
    system = system_of_wkt(wkt, "the .prj file") if wkt else _system_of_aux(path, files)
    return [Dataset("IMAGINE", "raster", system=system, needs_arcpy=("size, cells, extent, coordinate system",))]

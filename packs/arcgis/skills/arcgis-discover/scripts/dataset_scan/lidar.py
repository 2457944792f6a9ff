"""LAS and LAZ point clouds: the public header and the records that name the coordinate system.

Layout: ASPRS LAS 1.4 R15. LAZ compresses the points alone; header and records read the same, and bit 7 of the point
format is set.
"""

from __future__ import annotations

import struct
from pathlib import Path

from dataset_scan.raster import geo_keys, system_of_geo_keys
from dataset_scan.reading import Files, Source, plain_text
from dataset_scan.systems import likely_system, system_of_wkt
from dataset_scan.values import Dataset, System, UnreadableError, extent_of

RECORDS = 200
_GEO_KEYS, _KEY_TEXT, _WKT = 34735, 34737, 2112


def read_lidar(path: Path, files: Files) -> list[Dataset]:
    """The point cloud of one file."""
    with files.open(path) as source:
        return [read_las(source)]


def read_las(source: Source) -> Dataset:
    """What header and variable length records say."""
    if source.piece(0, 4) != b"LASF":
        raise UnreadableError("does not begin like a LAS file")
    major, minor = source.piece(24, 2)
    size, start, records = source.whole("<H", 94), source.whole("<I", 96), source.whole("<I", 100)
    if major != 1 or minor > 5 or size < 227:
        raise UnreadableError(f"LAS {major}.{minor} with a header of {size} bytes is none")
    form = source.piece(104, 1)[0]
    length, count = source.whole("<H", 105), source.whole("<I", 107)
    if minor >= 4 and size >= 375:
        count = source.whole("<Q", 247) or count
    east, west, north, south, top, bottom = source.numbers("<6d", 179)
    extent = extent_of(west, south, east, north)
    system, notes = _system(source, size, records)
    day, year = source.whole("<H", 90), source.whole("<H", 92)
    details: dict[str, object] = {"version": f"{major}.{minor}", "point_format": form & 0x3F, "heights": [bottom, top]}
    if not (abs(bottom) < 1e9 and abs(top) < 1e9):
        del details["heights"]
    if 1990 <= year < 2100:
        details["made"] = f"{year} day {day}"
    if extent and count:
        area = (extent.east - extent.west) * (extent.north - extent.south)
        if area > 0:
            details["points_per_unit"] = round(count / area, 2)
    compressed = bool(form & 0x80)
    if not compressed and start + count * length > source.size:
        notes.append(f"cut short: {count} points of {length} bytes do not fit")
    return Dataset(
        "LAZ" if compressed else "LAS",
        "points",
        geometry="point",
        system=system if system.certain else likely_system(extent),
        extent=extent,
        count=count,
        details=details,
        notes=tuple(notes),
        needs_arcpy=("classification, returns and spacing of the points",),
    )


def _system(source: Source, start: int, records: int) -> tuple[System, list[str]]:
    """From the records with the projection: well-known text before GeoKeys."""
    numbers: list[int] = []
    texts = wkt = ""
    at, notes = start, list[str]()
    for _ in range(min(records, RECORDS)):
        if at + 54 > source.size:
            notes.append("the records are cut short")
            break
        user, record, length = (
            plain_text(source.piece(at + 2, 16)),
            source.whole("<H", at + 18),
            source.whole("<H", at + 20),
        )
        if user == "LASF_Projection" and record in (_GEO_KEYS, _KEY_TEXT, _WKT):
            data = source.piece(at + 54, length)
            if record == _GEO_KEYS:
                numbers = list(struct.unpack(f"<{length // 2}H", data[: length // 2 * 2]))
            elif record == _KEY_TEXT:
                texts = data.decode("latin-1")
            else:
                wkt = data.decode("utf-8", "replace").rstrip("\0 \n")
        at += 54 + length
    stated = system_of_wkt(wkt, "the WKT record") if wkt else system_of_geo_keys(geo_keys(numbers, texts))
    return stated, notes

"""Finds the datasets below some folders, and goes on whatever the drive does.

Rules:

1. No link is followed, no junction of Windows either: what is out of the folder stays out.
2. Folders of the system, of version control and of caches are left out, and named.
3. A file that is only in the cloud is not read: reading would fetch it.
4. Whatever cannot be listed, opened or understood is one line in the problems, and the scan goes on.
5. Order is by name, so that two scans of the same folder say the same.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dataset_scan.geodatabase import is_geodatabase, read_geodatabase
from dataset_scan.geojson import read_geojson
from dataset_scan.geopackage import read_geopackage
from dataset_scan.gpx import read_gpx
from dataset_scan.lidar import read_lidar
from dataset_scan.raster import (
    is_esri_grid,
    read_ascii_grid,
    read_esri_grid,
    read_geotiff,
    read_imagine,
    read_jpeg2000,
)
from dataset_scan.reading import Files
from dataset_scan.shapefile import read_dbf_table, read_shapefile
from dataset_scan.text_table import read_text_table
from dataset_scan.values import Dataset, Found, UnreadableError

Reader = Callable[[Path, Files], "list[Dataset]"]

READERS: dict[str, Reader] = {
    ".shp": read_shapefile,
    ".tif": read_geotiff,
    ".tiff": read_geotiff,
    ".asc": read_ascii_grid,
    ".img": read_imagine,
    ".jp2": read_jpeg2000,
    ".csv": read_text_table,
    ".tsv": read_text_table,
    ".gpx": read_gpx,
    ".las": read_lidar,
    ".laz": read_lidar,
    ".geojson": read_geojson,
    ".json": read_geojson,
    ".gpkg": read_geopackage,
}
LISTED = {
    ".kml": "KML",
    ".kmz": "KMZ",
    ".gml": "GML",
    ".dwg": "CAD drawing",
    ".dxf": "CAD drawing",
    ".dgn": "CAD drawing",
    ".mdb": "personal geodatabase or Access file (not read by ArcGIS Pro)",
    ".sde": "connection to an enterprise geodatabase",
    ".geodatabase": "mobile geodatabase",
    ".tab": "MapInfo table",
    ".mif": "MapInfo exchange file",
    ".e00": "ArcInfo exchange file",
    ".lyrx": "layer file",
    ".aprx": "ArcGIS Pro project",
    ".mpkx": "map package",
    ".ppkx": "project package",
    ".gpkx": "geoprocessing package",
    ".slpk": "scene layer package",
    ".vtpk": "vector tile package",
    ".parquet": "Parquet table",
    ".xlsx": "Excel workbook",
    ".xls": "Excel workbook",
    ".nc": "netCDF",
    ".vrt": "virtual raster",
    ".ecw": "ECW raster",
    ".sid": "MrSID raster",
    ".zip": "archive: unpack it to see inside",
}
SKIPPED = frozenset(
    {
        "$recycle.bin",
        "system volume information",
        "recovery",
        "$windows.~bt",
        ".git",
        ".svn",
        ".hg",
        "node_modules",
        "__pycache__",
        ".venv",
        ".trashes",
        ".trash",
        ".trash-1000",
        ".spotlight-v100",
        ".fseventsd",
        ".temporaryitems",
        ".documentrevisions-v100",
        "__macosx",
        "lost+found",
    }
)
_OF_A_DRIVE = frozenset({"windows", "program files", "program files (x86)", "programdata", "proc", "sys", "dev", "run"})
_CLOUD = 0x1000 | 0x40000 | 0x400000  # FILE_ATTRIBUTE_OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS
_LINKS = frozenset({0xA0000003, 0xA000000C})  # reparse tags of a junction and of a symbolic link
_SHAPE_PARTS = re.compile(r"\.(?:shx|dbf|prj|cpg|sbn|sbx|qix|shp\.xml)$", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """How far a scan goes."""

    depth: int = 12
    files: int = 100_000
    """Entries of folders that are looked at."""
    megabytes: int = 16
    """Read of one file, at most."""
    skip: frozenset[str] = frozenset()
    """Names of folders to leave out, in lower case."""


@dataclass
class Scan:
    """What a scan found, in the order of the folders."""

    found: list[Found] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Path and what is wrong with it."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Path and why it was left out."""
    entries: int = 0
    bytes_read: int = 0


def scan(roots: list[Path], limits: Limits) -> Scan:
    """Everything below the roots, as far as the limits go."""
    result = Scan()
    files = Files(limit=limits.megabytes * 1_000_000)
    for root in roots:
        for path, kind in _candidates(root, limits, result):
            _read(root, path, kind, files, result)
    result.bytes_read = files.bytes_read
    return result


def _candidates(root: Path, limits: Limits, result: Scan) -> Iterator[tuple[Path, str]]:
    """Paths that may be datasets, with `file`, `geodatabase` or `grid`."""
    waiting = [(root, 0)]
    if is_geodatabase(root):
        yield root, "geodatabase"
        return
    while waiting:
        folder, depth = waiting.pop()
        inside = _listed(folder, root, result)
        names = {entry.name.lower() for entry in inside}
        if is_esri_grid(names):
            yield folder, "grid"
            continue
        below = []
        for entry in inside:
            result.entries += 1
            if result.entries > limits.files:
                result.skipped.append((_relative(folder, root), f"stopped after {limits.files} entries"))
                return
            kind = _kind(entry, root, folder, limits, result)
            if kind == "folder" and depth < limits.depth:
                below.append((Path(entry.path), depth + 1))
            elif kind == "folder":
                result.skipped.append((_relative(Path(entry.path), root), f"deeper than {limits.depth} folders"))
            elif kind:
                yield Path(entry.path), kind
        waiting.extend(reversed(below))


def _listed(folder: Path, root: Path, result: Scan) -> list[os.DirEntry[str]]:
    """The entries by name; as many as the drive gave before it failed."""
    entries: list[os.DirEntry[str]] = []
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                entries.append(entry)  # noqa: PERF402 - what came before an error is kept
    except OSError as problem:
        result.problems.append((_relative(folder, root), _words(problem)))
    return sorted(entries, key=lambda entry: (entry.name.lower(), entry.name))


def _kind(entry: os.DirEntry[str], root: Path, folder: Path, limits: Limits, result: Scan) -> str:
    """`folder`, `file`, `geodatabase`, or empty for what is left out."""
    name = _relative(Path(entry.path), root)
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError as problem:
        result.problems.append((name, _words(problem)))
        return ""
    if stat.S_ISLNK(facts.st_mode) or getattr(facts, "st_reparse_tag", 0) in _LINKS:
        result.skipped.append((name, "a link, not followed"))
        return ""
    if stat.S_ISDIR(facts.st_mode):
        if is_geodatabase(Path(entry.name)):
            return "geodatabase"
        lower = entry.name.lower()
        at_drive = folder == root and str(root) == root.anchor and lower in _OF_A_DRIVE
        if lower in SKIPPED or lower in limits.skip or at_drive:
            result.skipped.append(
                (name, "asked for" if lower in limits.skip else "a folder of the system or of a tool")
            )
            return ""
        return "folder"
    if not stat.S_ISREG(facts.st_mode) or not _is_candidate(entry.name):
        return ""
    if getattr(facts, "st_file_attributes", 0) & _CLOUD:
        result.skipped.append((name, "only in the cloud: reading would fetch it"))
        return ""
    return "file"


def _is_candidate(name: str) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    return not name.startswith("._") and (suffix in READERS or suffix in LISTED or suffix == ".dbf")


def _read(root: Path, path: Path, kind: str, files: Files, result: Scan) -> None:
    """Reads one candidate; what is wrong with it becomes a line."""
    relative = _relative(path, root)
    try:
        datasets = _datasets(path, kind, files)
        size, modified = _facts(path, kind)
    except UnreadableError as problem:
        # a .json or .dbf that is none of ours is no problem of the delivery
        if path.suffix.lower() != ".json":
            result.problems.append((relative, str(problem)))
        return
    except OSError as problem:
        result.problems.append((relative, _words(problem)))
        return
    result.found += [Found(root.as_posix(), relative, size, modified, dataset) for dataset in datasets]


def _datasets(path: Path, kind: str, files: Files) -> list[Dataset]:
    suffix = path.suffix.lower()
    if kind == "geodatabase":
        return read_geodatabase(path, files)
    if kind == "grid":
        return read_esri_grid(path, files)
    if suffix == ".dbf":
        beside = any(path.with_suffix(ending).exists() for ending in (".shp", ".SHP", ".tab", ".TAB"))
        return [] if beside else read_dbf_table(path, files)
    if suffix in READERS:
        return READERS[suffix](path, files)
    return [Dataset(LISTED[suffix], "other", needs_arcpy=() if suffix == ".zip" else ("what is inside",))]


def _facts(path: Path, kind: str) -> tuple[int, str]:
    """Size with companions, and the day of the last change."""
    parts = [path]
    if kind != "file":
        parts = [each for each in path.iterdir() if each.is_file()]
    elif path.suffix.lower() == ".shp":
        stem = path.stem.lower()
        beside = [each for each in path.parent.iterdir() if _SHAPE_PARTS.search(each.name)]
        parts += [each for each in beside if each.name.lower().startswith(f"{stem}.")]
    facts = [each.stat() for each in parts]
    newest = max((each.st_mtime for each in facts), default=0.0)
    try:
        day = time.strftime("%Y-%m-%d", time.gmtime(newest))
    except (OverflowError, ValueError, OSError):
        day = ""
    return sum(each.st_size for each in facts), day


def _relative(path: Path, root: Path) -> str:
    text = path.relative_to(root).as_posix() if path != root else root.name or root.as_posix()
    try:
        # a console that is not UTF-8 hands the bytes of a name on as surrogates
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")


def _words(problem: OSError) -> str:
    return problem.strerror or type(problem).__name__

"""Whatever the bytes are, a reader gives datasets or says what is wrong; nothing else ever comes out.

True files that are changed in a few places find more than random bytes, so both are tried.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.packs.arcgis_scripts import builders
from tests.packs.arcgis_scripts.support import script

values, reading, report = (script(f"dataset_scan.{name}") for name in ("values", "reading", "report"))
BOX = (430_000.0, 562_000.0, 431_000.0, 563_500.0)
NAMES = [f"a.{end}" for end in ("shp", "tif", "csv", "gpx", "las", "geojson", "gpkg", "asc", "jp2", "dbf")]
GDB = Path(__file__).parent / "data" / "reference.gdb.zip"


def of(module: str, name: str) -> Callable[[Any], object]:
    return lambda source: getattr(script(f"dataset_scan.{module}"), name)(source)


def from_bytes(module: str, name: str) -> Callable[[Any], object]:
    return lambda source: getattr(script(f"dataset_scan.{module}"), name)(source.head())


def inside_reference(name: str) -> bytes:
    with zipfile.ZipFile(GDB) as packed:
        return packed.read(f"reference.gdb/{name}")


def shp() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        builders.write_shapefile(Path(folder) / "a.shp", [BOX])
        return (Path(folder) / "a.shp").read_bytes()


def catalog(source: Any) -> object:
    offsets = reading.Source.of(inside_reference("a00000001.gdbtablx"))
    return script("dataset_scan.geodatabase").read_catalog(source, offsets)


def offsets(source: Any) -> object:
    table = reading.Source.of(inside_reference("a00000001.gdbtable"))
    return script("dataset_scan.geodatabase").read_catalog(table, source)


READERS: dict[str, tuple[Callable[[Any], object], bytes]] = {
    "shp": (of("shapefile", "read_header"), shp()),
    "dbf": (of("shapefile", "read_dbf"), builders.dbf([("name", "C", 9), ("n", "N", 4)], [["a", "1"]])),
    "tiff": (
        of("raster", "read_tiff"),
        builders.tiff(4, 6, cell=25.0, west=1.0, north=2.0, epsg=27700, made="2022:01:01"),
    ),
    "bigtiff": (of("raster", "read_tiff"), builders.tiff(4, 6, cell=25.0, epsg=4326, order=">", big=True)),
    "jp2": (
        of("raster", "read_jp2_boxes"),
        builders.jpeg2000(4, 6, 1, inner=builders.tiff(1, 1, cell=1.0, epsg=27700)),
    ),
    "asc": (from_bytes("raster", "read_grid_header"), builders.ascii_grid(2, 2, 5.0, 1.0, 2.0).encode()),
    "las": (of("lidar", "read_las"), builders.las([(1.0, 2.0, 3.0)], minor=4, wkt=builders.BNG)),
    "las-keys": (of("lidar", "read_las"), builders.las([(1.0, 2.0, 3.0)], epsg=27700)),
    "gpx": (of("gpx", "parse_gpx"), builders.gpx([(1.0, 2.0, "a")], [[(1.0, 2.0, "2025-01-01T00:00:00Z")]]).encode()),
    "geojson": (from_bytes("geojson", "parse_geojson"), builders.geojson([BOX], [{"a": 1}], crs="EPSG:27700").encode()),
    "gdbtable": (of("geodatabase", "read_table_header"), inside_reference("a00000009.gdbtable")),
    "catalog": (catalog, inside_reference("a00000001.gdbtable")),
    "offsets": (offsets, inside_reference("a00000001.gdbtablx")),
}


def spoilt(good: bytes) -> st.SearchStrategy[bytes]:
    """The good file with some bytes changed, cut or put in."""
    edits = st.lists(
        st.tuples(st.integers(0, min(len(good), 700)), st.binary(max_size=8), st.integers(0, 8)), max_size=5
    )

    def edited(changes: list[tuple[int, bytes, int]]) -> bytes:
        data = good
        for at, new, removed in changes:
            data = data[:at] + new + data[at + removed :]
        return data

    return st.builds(edited, edits) | st.builds(lambda length: good[:length], st.integers(0, len(good)))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_reader_answers_or_says_what_is_wrong(name: str, data: st.DataObject) -> None:
    read, good = READERS[name]
    drawn = data.draw(st.binary(max_size=600) | spoilt(good))
    with contextlib.suppress(values.UnreadableError):
        read(reading.Source.of(drawn))


@pytest.mark.parametrize("name", READERS)
def test_the_untouched_file_is_read(name: str) -> None:
    read, good = READERS[name]
    assert read(reading.Source.of(good))


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400) | st.text(alphabet="abc019.,-;|\t\n\r\"' /:%\0é", max_size=300).map(str.encode))
def test_a_text_table_of_any_bytes_becomes_a_dataset_or_none(data: bytes) -> None:
    table = script("dataset_scan.delimited").read_table(data)
    if table is not None:
        dataset = script("dataset_scan.text_table").dataset_of(table, data, size=len(data))
        assert len(dataset.fields) == len(table.names)
        schema = script("schema_helper.schema").infer_schema(
            script("schema_helper.delimited").read_table(data), target="gdb"
        )
        assert len({field.name.lower() for field in schema.fields}) == len(schema.fields)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.binary(max_size=300))
def test_a_scan_of_any_file_ends_with_json(name: str, data: bytes) -> None:
    walk = script("dataset_scan.walk")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        result = walk.scan([Path(folder)], walk.Limits())
    json.dumps(report.to_json([folder], result, None, []), allow_nan=False)
    assert report.as_table(result, None, [])

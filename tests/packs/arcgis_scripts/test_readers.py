"""Each format, read from files that the builders wrote."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.packs.arcgis_scripts import builders
from tests.packs.arcgis_scripts.support import script

values, reading = script("dataset_scan.values"), script("dataset_scan.reading")
BOX = (430_000.0, 562_000.0, 431_000.0, 563_500.0)


def read(reader: str, path: Path) -> list[Any]:
    module, _, name = reader.rpartition(".")
    found = getattr(script(f"dataset_scan.{module}"), name)(path, reading.Files())
    assert isinstance(found, list)
    return found


def box_of(dataset: Any) -> tuple[float, ...]:
    extent = dataset.extent
    return (extent.west, extent.south, extent.east, extent.north)


# Bounded reading


def test_a_source_gives_no_more_than_its_share() -> None:
    source = reading.Source.of(b"0123456789" * 10, limit=30)
    assert source.piece(0, 20) == b"0123456789" * 2
    with pytest.raises(values.UnreadableError, match="more than 30 bytes would have to be read"):
        source.piece(0, 11)
    assert (source.head(), source.bytes_read, source.is_longer_than_limit) == (b"0123456789", 30, True)
    with pytest.raises(values.UnreadableError, match="cut short: 5 bytes expected at 98, the file has 100"):
        source.piece(98, 5)


# Shapefiles


@pytest.mark.parametrize(("kind", "geometry"), [(1, "point"), (3, "line"), (5, "polygon")])
def test_a_shapefile_tells_geometry_box_count_fields_and_system(tmp_path: Path, kind: int, geometry: str) -> None:
    path = tmp_path / "sites.shp"
    fields = (("site_ref", "C", 12), ("hectares", "N", 10), ("surveyed", "D", 8))
    builders.write_shapefile(
        path, [BOX, BOX], kind=kind, fields=fields, rows=[["A", "1.5", "20250101"], ["B", "2", ""]]
    )
    (dataset,) = read("shapefile.read_shapefile", path)
    assert (dataset.geometry, dataset.count, box_of(dataset)) == (geometry, 2, BOX)
    assert (dataset.system.code, dataset.system.certain) == (27700, True)
    assert [(each.name, each.type, each.length) for each in dataset.fields] == [
        ("site_ref", "text", 12),
        ("hectares", "number", 10),
        ("surveyed", "date", 8),
    ]
    assert dataset.notes == ()


def test_a_shapefile_without_its_parts_says_which_are_missing_and_guesses_its_system(tmp_path: Path) -> None:
    path = tmp_path / "alone.shp"
    builders.write_shapefile(path, [BOX])
    for suffix in (".dbf", ".shx", ".prj"):
        path.with_suffix(suffix).unlink()
    (dataset,) = read("shapefile.read_shapefile", path)
    assert "incomplete: .shx and .dbf missing" in dataset.notes
    assert "no .prj file says the coordinate system" in dataset.notes
    assert (dataset.system.code, dataset.system.certain) == (27700, False)
    assert dataset.system.reasons


def test_parts_in_capital_letters_belong_to_it(tmp_path: Path) -> None:
    builders.write_shapefile(tmp_path / "a.shp", [BOX])
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_suffix(path.suffix.upper()))
    (dataset,) = read("shapefile.read_shapefile", tmp_path / "a.SHP")
    assert (dataset.count, dataset.system.code, dataset.notes) == (1, 27700, ())


def test_an_empty_shapefile_has_no_box(tmp_path: Path) -> None:
    builders.write_shapefile(tmp_path / "none.shp", [], rows=[])
    (dataset,) = read("shapefile.read_shapefile", tmp_path / "none.shp")
    assert (dataset.extent, dataset.count) == (None, 0)
    assert "empty" in dataset.notes


def test_a_shapefile_that_was_cut_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.shp"
    builders.write_shapefile(path, [BOX, BOX])
    path.write_bytes(path.read_bytes()[:150])
    path.with_suffix(".dbf").write_bytes(b"\x03")
    (dataset,) = read("shapefile.read_shapefile", path)
    assert any(note.startswith("cut short: the header says") for note in dataset.notes)
    assert any(note.startswith(".dbf unreadable: cut short") for note in dataset.notes)


def test_index_and_table_that_differ_are_told(tmp_path: Path) -> None:
    path = tmp_path / "odd.shp"
    builders.write_shapefile(path, [BOX, BOX], rows=[["only one"]])
    (dataset,) = read("shapefile.read_shapefile", path)
    assert "the .shx counts 2 shapes, the .dbf 1 rows" in dataset.notes


# File geodatabases


def test_a_geodatabase_tells_its_layers_without_arcpy(tmp_path: Path) -> None:
    whole, sites, stops, lookup = read("geodatabase.read_geodatabase", builders.unpack_reference_geodatabase(tmp_path))
    assert (whole.kind, whole.count, whole.details["layers"]) == ("container", 3, ["lookup", "sites", "stops"])
    assert whole.needs_arcpy
    assert (sites.layer, sites.geometry, sites.count, sites.system.code) == ("sites", "polygon", 3, 27700)
    assert box_of(sites) == (430_000.0, 562_000.0, 432_100.0, 563_900.0)
    assert [each.name for each in sites.fields] == ["site_ref", "area_ha", "units", "surveyed"]
    assert (stops.geometry, stops.count, stops.system.code) == ("point", 2, 4326)
    assert (lookup.kind, lookup.count, lookup.extent) == ("table", 2, None)


@pytest.mark.parametrize("heights", [False, True])
@pytest.mark.parametrize("measures", [False, True])
def test_columns_behind_the_geometry_are_read_with_heights_and_measures_or_without(
    heights: bool, measures: bool
) -> None:
    data = builders.geodatabase_table(heights=heights, measures=measures, box=BOX)
    header = script("dataset_scan.geodatabase").read_table_header(reading.Source.of(data))
    assert (header.rows, header.geometry, header.system.code) == (7, "polygon", 27700)
    assert (header.extent.west, header.extent.north) == (BOX[0], BOX[3])
    assert [(each.name, each.type, each.length) for each in header.fields[2:]] == [
        ("reference", "text", 40),
        ("hectares", "double", 0),
    ]


def test_a_table_of_a_geodatabase_that_is_broken_costs_itself_alone(tmp_path: Path) -> None:
    folder = builders.unpack_reference_geodatabase(tmp_path)
    (folder / "a00000009.gdbtable").write_bytes(b"\0" * 60)
    (folder / "a0000000a.gdbtable").unlink()
    _, sites, stops, lookup = read("geodatabase.read_geodatabase", folder)
    assert [each.kind for each in (sites, stops, lookup)] == ["other", "other", "table"]
    assert sites.needs_arcpy == stops.needs_arcpy == ("everything",)


def test_a_catalog_of_an_unknown_form_leaves_everything_to_arcpy(tmp_path: Path) -> None:
    folder = builders.unpack_reference_geodatabase(tmp_path)
    (folder / "a00000001.gdbtablx").write_bytes(struct.pack("<4i", 4, 1, 8, 5))
    (whole,) = read("geodatabase.read_geodatabase", folder)
    assert whole.needs_arcpy == ("everything inside",)
    assert "does not read as expected" in whole.notes[0]


def test_a_folder_that_is_only_called_gdb_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty.gdb").mkdir()
    with pytest.raises(values.UnreadableError, match="without a system catalog"):
        read("geodatabase.read_geodatabase", tmp_path / "empty.gdb")


def test_a_lock_is_told(tmp_path: Path) -> None:
    folder = builders.unpack_reference_geodatabase(tmp_path)
    (folder / "_gdb.PC1.123.456.sr.lock").touch()
    assert "locked by another program" in read("geodatabase.read_geodatabase", folder)[0].notes


# Rasters


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_a_geotiff_tells_size_cell_box_and_system(tmp_path: Path, order: str, big: bool) -> None:
    path = tmp_path / "dtm.tif"
    path.write_bytes(builders.tiff(40, 60, cell=25.0, west=430_000, north=563_500, epsg=27700, order=order, big=big))
    (dataset,) = read("raster.read_geotiff", path)
    assert (dataset.format, dataset.system.code, dataset.system.source) == ("GeoTIFF", 27700, "GeoKeys")
    assert box_of(dataset) == BOX
    assert (dataset.details["width"], dataset.details["height"], dataset.details["cell"]) == (40, 60, [25.0, 25.0])
    assert (dataset.details["nodata"], dataset.details["pixels"]) == ("-32768", "16 bit signed")


def test_the_tie_point_of_a_point_raster_is_the_middle_of_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "dtm.tif"
    path.write_bytes(builders.tiff(40, 60, cell=25.0, west=430_012.5, north=563_487.5, epsg=27700, pixel_is_point=True))
    assert box_of(read("raster.read_geotiff", path)[0]) == BOX


def test_a_plain_tiff_takes_its_place_from_the_files_beside(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    path.write_bytes(builders.tiff(40, 60))
    (bare,) = read("raster.read_geotiff", path)
    assert bare.extent is None
    assert any("georeferenced" in note for note in bare.notes)
    path.with_suffix(".tfw").write_text("25\n0\n0\n-25\n430012.5\n563487.5\n", encoding="utf-8")
    path.with_name("scan.tif.aux.xml").write_text(
        f"<PAMDataset><SRS dataAxisToSRSAxisMapping='1,2'>{builders.BNG.replace(chr(34), '&quot;')}</SRS></PAMDataset>",
        encoding="utf-8",
    )
    (placed,) = read("raster.read_geotiff", path)
    assert box_of(placed) == BOX
    assert (placed.system.code, placed.system.source) == (27700, "the .aux.xml file")
    assert placed.details["cell"] == [25.0, 25.0]


def test_a_turned_world_file_gives_the_box_round_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "turned.tif"
    path.write_bytes(builders.tiff(10, 10))
    path.with_suffix(".tfw").write_text("0\n10\n10\n0\n1005\n1005\n", encoding="utf-8")
    (dataset,) = read("raster.read_geotiff", path)
    assert box_of(dataset) == (1_000.0, 1_000.0, 1_100.0, 1_100.0)
    assert dataset.details["cell"] == [10.0, 10.0]


def test_an_ascii_grid_tells_its_header_whether_corner_or_centre(tmp_path: Path) -> None:
    (tmp_path / "a.asc").write_text(builders.ascii_grid(40, 60, 25.0, 430_000.0, 562_000.0), encoding="utf-8")
    text = builders.ascii_grid(40, 60, 25.0, 430_012.5, 562_012.5).replace("llcorner", "llcenter")
    (tmp_path / "b.asc").write_text(text, encoding="utf-8")
    for name in ("a.asc", "b.asc"):
        (dataset,) = read("raster.read_ascii_grid", tmp_path / name)
        assert box_of(dataset) == BOX
        assert "nothing states the coordinate system" in dataset.notes


def test_an_esri_grid_is_a_folder(tmp_path: Path) -> None:
    header = bytearray(308)
    header[:8] = b"GRID1.2\0"
    header[16:20] = struct.pack(">i", 2)
    header[256:272] = struct.pack(">2d", 25.0, 25.0)
    (tmp_path / "hdr.adf").write_bytes(header)
    (tmp_path / "dblbnd.adf").write_bytes(struct.pack(">4d", *BOX))
    (dataset,) = read("raster.read_esri_grid", tmp_path)
    assert (box_of(dataset), dataset.details["width"], dataset.details["pixels"]) == (BOX, 40, "32 bit float")


def test_a_jpeg_2000_tells_its_size_and_what_geojp2_says(tmp_path: Path) -> None:
    path = tmp_path / "photo.jp2"
    inner = builders.tiff(1, 1, cell=25.0, west=430_000, north=563_500, epsg=27700)
    path.write_bytes(builders.jpeg2000(40, 60, 3, inner=inner))
    (dataset,) = read("raster.read_jpeg2000", path)
    assert (box_of(dataset), dataset.count, dataset.system.code) == (BOX, 3, 27700)


def test_an_imagine_file_is_known_and_left_to_arcpy(tmp_path: Path) -> None:
    path = tmp_path / "land.img"
    path.write_bytes(b"EHFA_HEADER_TAG\0" + b"\0" * 30)
    (dataset,) = read("raster.read_imagine", path)
    assert (dataset.kind, bool(dataset.needs_arcpy)) == ("raster", True)
    path.write_bytes(b"\0" * 512)
    with pytest.raises(values.UnreadableError, match="disk images"):
        read("raster.read_imagine", path)


# LiDAR


@pytest.mark.parametrize("minor", [1, 2, 4])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_point_cloud_tells_version_format_count_box_and_system(tmp_path: Path, minor: int, compressed: bool) -> None:
    path = tmp_path / ("tile.laz" if compressed else "tile.las")
    corners = [(430_000.0, 562_000.0, 12.5), (431_000.0, 563_500.0, 80.0)]
    said = {"wkt": builders.BNG} if minor == 4 else {"epsg": 27700}
    path.write_bytes(builders.las(corners, minor=minor, compressed=compressed, **said))
    (dataset,) = read("lidar.read_lidar", path)
    assert (dataset.format, dataset.count, dataset.system.code) == ("LAZ" if compressed else "LAS", 2, 27700)
    assert box_of(dataset) == BOX
    assert dataset.details["heights"] == [12.5, 80.0]
    assert (dataset.details["version"], dataset.details["point_format"]) == (f"1.{minor}", 6 if minor == 4 else 0)
    assert dataset.notes == ()


def test_a_point_cloud_that_was_cut_says_so(tmp_path: Path) -> None:
    path = tmp_path / "tile.las"
    path.write_bytes(builders.las([(1.0, 2.0, 3.0)] * 50)[:-30])
    assert "cut short: 50 points of 20 bytes do not fit" in read("lidar.read_lidar", path)[0].notes


# GPX, GeoJSON, GeoPackage


@pytest.mark.parametrize("prefix", ["", "gpx"])
def test_each_layer_of_a_gpx_has_its_own_box_columns_and_times(tmp_path: Path, prefix: str) -> None:
    path = tmp_path / "walk.gpx"
    track = [(-1.5, 54.9, "2025-03-01T10:00:00Z"), (-1.4, 54.95, "2025-03-01T11:30:00Z")]
    path.write_text(builders.gpx([(-1.6, 54.8, "Ford")], [track], prefix=prefix), encoding="utf-8")
    waypoints, tracks = read("gpx.read_gpx", path)
    assert (waypoints.layer, waypoints.count, tracks.layer, tracks.count) == ("waypoints", 1, "tracks", 1)
    assert (box_of(waypoints), box_of(tracks)) == ((-1.6, 54.8, -1.6, 54.8), (-1.5, 54.9, -1.4, 54.95))
    assert tracks.details == {"times": ["2025-03-01T10:00:00Z", "2025-03-01T11:30:00Z"], "points": 2}
    assert waypoints.details == {}
    assert [[each.name for each in layer.fields] for layer in (waypoints, tracks)] == [["name"], ["ele", "time"]]


def test_a_gpx_with_a_document_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gpx"
    path.write_text('<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx>&a;</gpx>', encoding="utf-8")
    with pytest.raises(values.UnreadableError, match="document type"):
        read("gpx.read_gpx", path)


def test_points_of_a_gpx_that_are_no_places_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "odd.gpx"
    path.write_text('<gpx><wpt lat="x" lon="1"/><wpt lat="95" lon="1"/><wpt lat="1" lon="1"/></gpx>', encoding="utf-8")
    (dataset,) = read("gpx.read_gpx", path)
    assert "2 points without usable coordinates" in dataset.notes
    assert box_of(dataset) == (1.0, 1.0, 1.0, 1.0)


def test_geojson_is_in_degrees_unless_it_says_or_shows_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    degrees = (-1.5, 54.9, -1.4, 55.0)
    path.write_text(builders.geojson([degrees], [{"name": "x", "n": 1, "y": 1.5, "z": None}]), encoding="utf-8")
    (dataset,) = read("geojson.read_geojson", path)
    assert (dataset.system.code, dataset.geometry, dataset.count, box_of(dataset)) == (4326, "polygon", 1, degrees)
    assert [(each.name, each.type) for each in dataset.fields] == [
        ("name", "text"),
        ("n", "whole number"),
        ("y", "number"),
        ("z", ""),
    ]
    path.write_text(builders.geojson([BOX], [{}], crs="urn:ogc:def:crs:EPSG::27700"), encoding="utf-8")
    assert read("geojson.read_geojson", path)[0].system.code == 27700
    path.write_text(builders.geojson([BOX], [{}]), encoding="utf-8")
    (dataset,) = read("geojson.read_geojson", path)
    assert (dataset.system.code, dataset.system.certain) == (27700, False)
    assert any("not in degrees" in note for note in dataset.notes)


def test_a_long_geojson_is_estimated_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "long.geojson"
    path.write_text(builders.geojson([BOX] * 500, [{"n": 1}] * 500), encoding="utf-8")
    (dataset,) = script("dataset_scan.geojson").read_geojson(path, reading.Files(limit=20_000))
    assert dataset.count_is_exact is False
    assert 400 < dataset.count < 600
    assert box_of(dataset) == BOX


def test_a_geopackage_tells_layers_systems_counts_and_tables(tmp_path: Path) -> None:
    path = tmp_path / "delivery #1.gpkg"
    builders.write_geopackage(
        path,
        {'si"tes': ("POLYGON", 27700, BOX, 3), "stops": ("POINT", 4326, (-1.5, 54.9, -1.4, 55.0), 4)},
        attributes=["notes"],
    )
    before = sorted(each.name for each in tmp_path.iterdir())
    notes, sites, stops = sorted(read("geopackage.read_geopackage", path), key=lambda each: each.layer)
    assert (sites.layer, sites.geometry, sites.count, sites.system.code) == ('si"tes', "polygon", 3, 27700)
    assert [(each.name, each.length) for each in sites.fields] == [("reference", 40), ("hectares", 0)]
    assert box_of(sites) == BOX
    assert (stops.geometry, stops.count, stops.system.code) == ("point", 4, 4326)
    assert (notes.kind, notes.count) == ("table", 0)
    assert sorted(each.name for each in tmp_path.iterdir()) == before, "reading leaves nothing beside it"


def test_a_geopackage_that_is_open_elsewhere_is_read_as_it_lies_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "live.gpkg"
    builders.write_geopackage(path, {"sites": ("POLYGON", 27700, BOX, 3)})
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE more (n)")
        other.commit()
        (sites,) = read("geopackage.read_geopackage", path)
    assert sites.notes == ("open elsewhere: changes in the -wal file are not counted",)


def test_a_geopackage_is_opened_so_that_nothing_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    builders.write_geopackage(path, {"sites": ("POLYGON", 27700, BOX, 3)})
    with mock.patch.object(sqlite3, "connect", wraps=sqlite3.connect) as opened:
        read("geopackage.read_geopackage", path)
    assert opened.call_args.args[0].endswith("?mode=ro&immutable=1")


def test_an_sqlite_file_that_is_no_geopackage_says_so(tmp_path: Path) -> None:
    path = tmp_path / "notes.gpkg"
    path.write_bytes(b"SQLite format 3\0" + b"\0" * 84)
    with pytest.raises(values.UnreadableError):
        read("geopackage.read_geopackage", path)
    path.write_bytes(b"PK\3\4")
    with pytest.raises(values.UnreadableError, match="does not begin like an SQLite file"):
        read("geopackage.read_geopackage", path)


# Tables


def test_a_csv_with_coordinates_is_a_layer_of_points(tmp_path: Path) -> None:
    path = tmp_path / "trees.csv"
    path.write_text("ref,Easting,Northing\nA,430000,562000\nB,431000,563500\nC,,\n", encoding="utf-8")
    (dataset,) = read("text_table.read_text_table", path)
    assert (dataset.kind, dataset.geometry, dataset.count, box_of(dataset)) == ("vector", "point", 3, BOX)
    assert (dataset.system.code, dataset.system.certain) == (27700, False)
    assert "1 rows without coordinates" in dataset.notes


def test_the_rows_of_a_long_csv_are_estimated(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("ref,x,y\n" + "".join(f"{n:06d},-1.5,54.9\n" for n in range(20_000)), encoding="utf-8")
    (dataset,) = script("dataset_scan.text_table").read_text_table(path, reading.Files(limit=50_000))
    assert dataset.count_is_exact is False
    assert 18_000 < dataset.count < 22_000


def test_rows_beyond_the_sample_are_counted_and_lie_in_the_box(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    rows = "".join(f"{n},-1.5,54.9\n" for n in range(25_000))
    path.write_text(f"ref,lon,lat\n{rows}last,-2.5,53.5\n", encoding="utf-8")
    (dataset,) = read("text_table.read_text_table", path)
    assert (dataset.count, dataset.count_is_exact) == (25_001, True)
    assert box_of(dataset) == (-2.5, 53.5, -1.5, 54.9)
    table = script("dataset_scan.delimited").read_table(path.read_bytes())
    assert (len(table.rows), table.total, table.complete) == (20_000, 25_001, False)


def test_what_is_only_listed_says_that_arcpy_looks_inside(tmp_path: Path) -> None:
    for name in ("plan.dwg", "old.mdb", "job.aprx", "all.zip", "._hidden.kml", "notes.txt", "readme.json"):
        (tmp_path / name).write_bytes(b"x")
    builders.write_shapefile(tmp_path / "a.shp", [BOX])
    (tmp_path / "lone.dbf").write_bytes(builders.dbf([("code", "C", 4)], [["A"], ["B"]]))
    walk = script("dataset_scan.walk")
    result = walk.scan([tmp_path], walk.Limits())
    listed = {each.path: each.dataset for each in result.found}
    assert sorted(listed) == ["a.shp", "all.zip", "job.aprx", "lone.dbf", "old.mdb", "plan.dwg"]
    assert listed["plan.dwg"].needs_arcpy == ("what is inside",)
    assert listed["all.zip"].needs_arcpy == ()
    assert (listed["lone.dbf"].kind, listed["lone.dbf"].count) == ("table", 2)
    assert result.problems == [], "a .json of something else is nobody's problem"

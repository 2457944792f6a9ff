"""Text tables and GPX become a schema; names are legal whatever they were; the script that loads them runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packs.arcgis.checker.names import Names
from tests.packs.arcgis.checker.pack import check_script
from tests.packs.arcgis_scripts import builders
from tests.packs.arcgis_scripts.full_run import run_script
from tests.packs.arcgis_scripts.support import DATA, run, script

delimited, naming, schema_module, loader = (
    script(f"schema_helper.{name}") for name in ("delimited", "naming", "schema", "loader")
)
TABLES = json.loads((DATA / "tables.json").read_text(encoding="utf-8"))["cases"]
SCHEMAS = json.loads((DATA / "schemas.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", TABLES, ids=lambda case: str(case["about"]))
def test_a_text_is_cut_and_understood_as_the_case_says(case: dict[str, Any]) -> None:
    data = case["bytes"].encode("latin-1") if "bytes" in case else case["text"].encode("utf-8")
    table = delimited.read_table(data)
    assert (table.delimiter, list(table.header), len(table.rows)) == (case["delimiter"], case["header"], case["rows"])
    assert (table.lines_before, table.uneven, table.complete) == (case.get("before", 0), case.get("uneven", 0), True)
    assert (table.encoding, table.encoding_is_sure) == (case.get("encoding", "utf-8"), case.get("sure", True))
    columns = delimited.columns_of(table)
    assert [column.kind for column in columns] == case["kinds"]
    assert list(table.names[: len(case.get("names", []))]) == case.get("names", [])
    if "dates" in case:
        assert [column.date_format for column in columns] == case["dates"]
    places = delimited.coordinates_of(table, columns)
    assert [[place.x, place.y, place.kind, place.swapped] for place in places] == case["coordinates"]


@pytest.mark.parametrize("data", [b"", b"\0\1\2" * 50, b"one line", b"\n\n\n"])
def test_what_is_no_table_is_none(data: bytes) -> None:
    assert delimited.read_table(data) is None


@pytest.mark.parametrize("case", SCHEMAS, ids=lambda case: str(case["about"]))
def test_a_table_gets_the_schema_that_the_case_says(case: dict[str, Any]) -> None:
    text = case["text"].replace("LONG", "x" * case.get("long", 0))
    table = delimited.read_table(text.encode())
    made = schema_module.infer_schema(table, target=case["target"], crs=case.get("crs", 0))
    assert [[each.name, each.type, each.length, each.nullable] for each in made.fields] == case["fields"]
    assert (list(made.keys), made.system) == (case["keys"], case["epsg"])
    for question in case["questions"]:
        assert any(question in asked for asked in made.questions), made.questions
    assert len(made.questions) == len(case["questions"])


# Names


@given(st.lists(st.text(max_size=80), max_size=12), st.sampled_from(["gdb", "shapefile"]))
def test_names_are_legal_and_no_two_alike(names: list[str], target: str) -> None:
    legal = naming.legal_names(names, target)
    assert len({name.lower() for name in legal}) == len(names)
    for name in legal:
        assert name.isascii()
        assert name.isidentifier()
        assert name[0].isalpha()
        assert len(name) <= naming.LENGTHS[target]
        assert name.lower() not in naming.SQL_WORDS | naming.OWN_NAMES


@given(st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}x", fullmatch=True), unique_by=str.lower, max_size=8))
def test_a_legal_name_stays_as_it_is(names: list[str]) -> None:
    assert naming.legal_names(names, "shapefile") == names


@pytest.mark.parametrize(
    ("name", "legal"),
    [("gdb_items", "t_gdb_items"), ("sde_x", "t_sde_x"), ("2024 trees", "f_2024_trees"), ("select", "select_")],
)
def test_a_table_gets_a_legal_name(name: str, legal: str) -> None:
    assert naming.legal_table_name(name) == legal


# The command


def trees(folder: Path) -> Path:
    path = folder / "trees 'of' \"York\".csv"
    path.write_text(
        "Tree Ref,Height (m),Seen,Longitude,Latitude\n"
        "T1,10.5,2024-05-01,-1.5,54.9\nT2,tall,2024-05-02,-1.4,55.0\nT3,3,2024-05-03,-1.3,\n"
        "T4,3,2024-05-03,-1.3,55.1\nT5,3,2024-05-03,-1.3,55.1\n",
        encoding="utf-8",
    )
    return path


def test_the_command_prints_a_table_or_json_with_the_keys_that_help_promises(tmp_path: Path) -> None:
    done = run("infer_schema", str(trees(tmp_path)))
    assert done.status == 1
    assert "Tree_Ref" in done.output
    answer = json.loads(run("infer_schema", str(trees(tmp_path)), "--json").output)
    told = run("infer_schema", "--help").output
    for key in {*answer, *answer["fields"][0], *answer["coordinates"]}:
        assert f'"{key}"' in told, key
    assert answer["epsg"] == 4326


def test_without_a_question_the_status_is_0(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ref,n\nA,1\nB,1\n", encoding="utf-8")
    assert run("infer_schema", str(path)).status == 0


def test_a_gpx_file_has_its_layers_and_its_system(tmp_path: Path) -> None:
    path = tmp_path / "walk.gpx"
    track = [(-1.5, 54.9, "2025-03-01T10:00:00Z"), (-1.4, 54.95, "2025-03-01T11:30:00.250Z")]
    path.write_text(builders.gpx([(-1.6, 54.8, "Ford")], [track], prefix="g"), encoding="utf-8")
    points = json.loads(run("infer_schema", str(path), "--json").output)
    assert (points["layer"], points["epsg"], points["rows"]) == ("waypoints", 4326, 1)
    assert points["epsg_reason"] == "GPX is always in WGS 84"
    assert run("infer_schema", str(path), "--crs", "27700").status == 2
    tracks = json.loads(run("infer_schema", str(path), "--layer", "tracks", "--json").output)
    assert [field["name"] for field in tracks["fields"]] == ["track", "segment", "point", "ele", "time", "lon", "lat"]
    assert run("infer_schema", str(path), "--layer", "routes").status == 2


@pytest.mark.parametrize(
    ("name", "content"), [("a.gpx", "no xml"), ("b.gpx", "<kml/>"), ("c.gpx", "<!DOCTYPE gpx><gpx/>"), ("d.csv", "")]
)
def test_what_cannot_be_read_is_a_sentence_and_status_2(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    done = run("infer_schema", str(tmp_path / name))
    assert (done.status, done.output) == (2, "")
    assert name in done.errors
    assert run("infer_schema", str(tmp_path / "nowhere.csv")).status == 2


def test_a_script_is_for_a_geodatabase_only(tmp_path: Path) -> None:
    assert (
        run("infer_schema", str(trees(tmp_path)), "--for", "shapefile", "--script", str(tmp_path / "x.py")).status == 2
    )


# The script that it writes


def written(folder: Path, source: Path, *more: str) -> str:
    target = folder / "load.py"
    done = run("infer_schema", str(source), "--script", str(target), *more)
    assert done.status in (0, 1), done.errors
    return target.read_text(encoding="utf-8")


def test_the_script_knows_only_names_of_the_lists(tmp_path: Path) -> None:
    text = written(tmp_path, trees(tmp_path))
    assert list(check_script(text, "load.py", Names.load())) == []


def test_the_script_loads_what_fits_and_tells_why_the_rest_does_not(tmp_path: Path) -> None:
    source = trees(tmp_path)
    text = written(tmp_path, source, "--gdb", str(tmp_path / "job.gdb"))
    text = text.replace("('Height_m', 'TEXT', 10", "('Height_m', 'DOUBLE', 0")
    ran = run_script(text, exists=lambda _: False)
    assert ran.error is None
    loaded = ran.inserted
    assert [row[0] for row in loaded] == ["T1", "T4", "T5"]
    assert loaded[0][-1] == (-1.5, 54.9)
    assert sorted(path.name for path in source.parent.iterdir()) == [
        "load.py",
        source.name,
        "trees_of_York_rejected.csv",
    ]
    with open(tmp_path / "trees_of_York_rejected.csv", newline="", encoding="utf-8") as rejected:
        assert list(csv.reader(rejected)) == [
            ["row", "reason"],
            ["2", "Height (m): could not convert string to float: 'tall'"],
            ["3", "no coordinates"],
        ]
    assert "OSGB36_to_WGS_1984_9" in text


def test_the_script_of_a_gpx_file_loads_every_point(tmp_path: Path) -> None:
    source = tmp_path / "walk.gpx"
    track = [(-1.5, 54.9, "2025-03-01T10:00:00Z"), (-1.4, 54.95, "2025-03-01T11:30:00Z")]
    source.write_text(builders.gpx([(-1.6, 54.8, "Ford")], [track, track[:1]]), encoding="utf-8")
    ran = run_script(written(tmp_path, source, "--layer", "tracks"), exists=lambda _: False)
    assert ran.error is None
    assert [(row[:3], row[-1]) for row in ran.inserted] == [
        ([1, 1, 1], (-1.5, 54.9)),
        ([1, 1, 2], (-1.4, 54.95)),
        ([2, 1, 1], (-1.5, 54.9)),
    ]


def test_points_of_a_gpx_carry_track_segment_and_number(tmp_path: Path) -> None:
    points = [(-1.5, 54.9, "2025-03-01T10:00:00Z"), (-1.4, 54.95, "2025-03-01T11:30:00Z")]
    table = script("schema_helper.waypoints").read_gpx(
        builders.gpx([], [points, points]).encode(), "tracks", rows=100, complete=True
    )
    assert [row[:3] for row in table.rows] == [("1", "1", "1"), ("1", "1", "2"), ("2", "1", "1"), ("2", "1", "2")]


def test_the_script_puts_swapped_coordinates_the_right_way_round(tmp_path: Path) -> None:
    source = tmp_path / "swapped.csv"
    source.write_text("name,x,y\na,54.9,-1.5\n", encoding="utf-8")
    ran = run_script(written(tmp_path, source), exists=lambda _: False)
    assert [row[-1] for row in ran.inserted] == [(-1.5, 54.9)]


def test_the_script_of_a_table_without_coordinates_makes_a_table(tmp_path: Path) -> None:
    source = tmp_path / "lookup.csv"
    source.write_text("code,words\nA,one\nB,two\n", encoding="utf-8")
    text = written(tmp_path, source)
    assert "arcpy.management.CreateTable" in text
    assert "SHAPE@XY" not in text
    ran = run_script(text, exists=lambda _: False)
    assert (ran.error, ran.inserted) == (None, [["A", "one"], ["B", "two"]])
    assert list(check_script(text, "load.py", Names.load())) == []


def test_the_script_stops_where_something_is_there_already(tmp_path: Path) -> None:
    ran = run_script(written(tmp_path, trees(tmp_path)), exists=lambda _: True)
    assert isinstance(ran.error, SystemExit)
    assert "is there already" in str(ran.error)
    assert ran.inserted == []


@given(
    st.lists(
        st.text(min_size=1, max_size=12).filter(lambda name: name.strip() == name and "\0" not in name),
        min_size=1,
        max_size=4,
        unique=True,
    ),
    st.text(alphabet="abc'\"\\{}\n$", max_size=12),
)
def test_no_name_becomes_code_in_the_script(names: list[str], source: str) -> None:
    table = delimited.Table("utf-8", True, ",", tuple(names), (tuple("x" for _ in names),), 0, 0, True, 1)
    made = schema_module.infer_schema(table, target="gdb")
    text = loader.loading_script(made, source=source, gdb=source, name="t")
    space: dict[str, Any] = {}
    head = text.partition("# target field")[0].replace("import arcpy", "")
    exec(compile(head, "head", "exec"), space)
    assert (space["SOURCE"], space["COLUMNS"]) == (source, names)
    compile(text, "script", "exec")

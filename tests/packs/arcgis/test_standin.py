"""The stand-in arcpy refuses what the real one refuses, and otherwise answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.packs.arcgis.checker.markdown import Block
from tests.packs.arcgis.loaded import names
from tests.packs.arcgis.standin.room import room
from tests.packs.arcgis.standin.run import Ran, run_block
from tests.packs.arcgis.standin.world import World


def run(code: str) -> Ran:
    return run_block(Block(language="python", text=code, line=1, not_alone=None), "page.md", names())


def sentences(code: str) -> list[str]:
    return [finding.sentence for finding in run(code).findings]


@pytest.fixture
def world() -> Iterator[World]:
    made = World(names())
    with room("", made):
        yield made


@pytest.mark.parametrize(
    "code",
    [
        "arcpy.management.CopyFeature('a', 'b')",
        "arcpy.management.CopyFeatures('a')",
        "arcpy.management.CopyFeatures('a', out_feature='b')",
        "arcpy.management.GetCount('a', 'b')",
        "arcpy.analysis.PairwiseBuffer('a', 'b', '10 Meters', method='PLAN' + 'ER')",
        "arcpy.env.workspaces = 'x'",
        "arcpy.EnvManager(snap='x')",
        "arcpy.mapping.MapDocument('a')",
        "import arcpy.mapping",
        "from arcpy.sa import Slopes",
        "arcpy.mp.Layer('a')",
        "arcpy.mp.ArcGISProject('a').listLayout()",
        "arcpy.mp.ArcGISProject('a').listLayouts('b', 'c')",
        "arcpy.mp.ArcGISProject('a').listLayouts()[0].titel = 'x'",
        "arcpy.mp.ArcGISProject('a').listLayouts()[0].exportToPDF('x', dpi=1)",
        "arcpy.da.SearchCursor('a', ['SHAPE@AREAS'])",
        "arcpy.da.SearchCursor('a', ['b']).updateRow(('x',))",
        "for row in arcpy.da.UpdateCursor('a', ['b', 'c']):\n    raise SystemExit(row.update())",
        "with arcpy.da.InsertCursor('a', ['b', 'c']) as rows:\n    rows.insertRow(('x',))",
        "arcpy.Describe('a').shapetype",
        "arcpy.sa.Slope('dem', out_raster='x')",
        "(arcpy.sa.Raster('a') + 1).cellSize",
        "arcpy.Describe('a').spatialReference.epsg",
        "from arcgis.gis import GIS\nGIS('home').contents",
        "def only_defined():\n    arcpy.management.CopyFeature('a', 'b')",
        "class Tool:\n    def execute(self, parameters, messages):\n        arcpy.management.CopyFeature('a', 'b')",
        "def both():\n    if arcpy.Exists('a'):\n        return 1\n    return arcpy.Existz('a')",
        "while True:\n    pass",
        "raise ValueError('not of arcpy')",
    ],
)
def test_what_is_wrong_does_not_run(code: str) -> None:
    assert sentences(f"import arcpy\n{code}\n") != []


@pytest.mark.parametrize(
    "code",
    [
        "assert int(arcpy.management.GetCount('a')[0]) in (0, 3)",
        "assert arcpy.analysis.PairwiseBuffer('a', 'b', '1 Meters')[0] == 'b'",
        "with arcpy.EnvManager(workspace='x'):\n    assert arcpy.env.workspace == 'x'\nassert not arcpy.env.workspace",
        "from arcpy.sa import *\nassert isinstance(Con(IsNull('a'), 0, 'b'), Raster)",
        "assert [len(row) for row in arcpy.da.SearchCursor('a', ['OID@', 'name'])] == [2, 2, 2]",
        "assert arcpy.SpatialReference(27700).factoryCode == 27700",
        "assert arcpy.Point(1, 2).X == 1\nassert len(arcpy.Array([arcpy.Point(1, 2)])) == 1",
        "layout = arcpy.mp.ArcGISProject('a').listLayouts('Main')[0]\nassert layout.name == 'Main'",
        "try:\n    raise arcpy.ExecuteError('x')\nexcept arcpy.ExecuteError:\n    pass",
        "import numpy as np\nassert float(np.nanmean(arcpy.RasterToNumPyArray('a'))) == 1.0",
        "if arcpy.CheckExtension('Spatial') != 'Available':\n    raise RuntimeError('only in the world of no')",
        "raise SystemExit('a guard')",
        "import time, urllib.request, json\ntime.sleep(1e9)\njson.load(urllib.request.urlopen('https://example.org'))",
        "import csv\nfor row in csv.DictReader(open('no such file.csv')):\n    row['easting']\nprint('easting')",
    ],
)
def test_what_is_right_runs(code: str) -> None:
    assert sentences(f"import arcpy\n{code}\n") == []


def test_a_finding_has_the_line_of_the_block() -> None:
    (finding,) = run("import arcpy\n\narcpy.management.CopyFeature('a', 'b')\n").findings
    assert finding.line == 3


def test_a_cursor_iterates_the_rows_that_it_is_given(world: World) -> None:
    world.give("sites", ["ref", "area"], [("A1", 2.5), ("A2", 0.5)])
    cursor = world.named("arcpy.da.SearchCursor")
    with cursor("sites", ["area", "ref"]) as rows:
        assert list(rows) == [(2.5, "A1"), (0.5, "A2")]


def test_rows_that_are_inserted_and_deleted_are_counted(world: World) -> None:
    count = world.named("arcpy.management.GetCount")
    world.named("arcpy.management.CreateFeatureclass")("gdb", "made")
    with world.named("arcpy.da.InsertCursor")("gdb\\made", ["ref"]) as rows:
        rows.insertRow(("A1",))
        rows.insertRow(("A2",))
    assert count("gdb\\made")[0] == "2"
    with world.named("arcpy.da.UpdateCursor")("gdb\\made", ["ref"]) as rows:
        next(rows)
        rows.deleteRow()
    assert count("gdb\\made")[0] == "1"


def test_a_block_leaves_no_trace(world: World) -> None:
    import sys

    inside = "arcpy" in sys.modules
    run(
        "import arcpy\narcpy.env.workspace = 'x'\nimport os\nos.environ['ARCGIS'] = '1'\nopen('left', 'w').write('x')\n"
    )
    assert inside
    assert sys.modules["arcpy"] is world.modules["arcpy"]


def test_without_a_room_there_is_no_arcpy() -> None:
    with pytest.raises(ImportError):
        __import__("arcpy")

"""The arcpy script that the schema helper writes uses names that exist, and loads the rows of its source."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.packs.arcgis.checker.pack import PACK, check_script
from tests.packs.arcgis.loaded import names
from tests.packs.arcgis.standin.room import room
from tests.packs.arcgis.standin.world import World

HELPER = PACK / "skills/arcgis-ingest/scripts/infer_schema.py"

SOURCES = {
    "trees.csv": (
        "ref,species,easting,northing,surveyed\n"
        "T1,Quercus robur,530120.5,180455.0,2024-05-01\n"
        "T2,Fagus sylvatica,530131.0,180467.5,2024-05-02\n"
        "T3,Acer campestre,530140.0,180470.0,2024-05-03\n"
    ),
    "stops.csv": "stop;lat;lon\nHigh Street;51.501;-0.121\nMill Lane;51.512;-0.134\nStation;51.509;-0.101\n",
    "prices.csv": "ward,year,price\nE05000001,2023,410000\nE05000002,2023,395000\nE05000003,2024,402500\n",
    "walk.gpx": (
        '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'
        '<wpt lat="51.50" lon="-0.12"><name>gate</name></wpt>'
        '<wpt lat="51.51" lon="-0.13"><name>bench</name></wpt>'
        '<wpt lat="51.52" lon="-0.14"><name>pond</name></wpt></gpx>'
    ),
}


def written(folder: Path, name: str) -> str:
    """The script for a source."""
    source, script = folder / name, folder / "load.py"
    source.write_text(SOURCES[name], encoding="utf-8")
    asked = [str(source), "--script", str(script), "--gdb", r"C:\work\job\job.gdb"]
    done = subprocess.run([sys.executable, "-B", str(HELPER), *asked], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return script.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SOURCES)
def test_the_written_script_states_nothing_that_the_lists_do_not_have(tmp_path: Path, name: str) -> None:
    assert [str(each) for each in check_script(written(tmp_path, name), name, names())] == []


@pytest.mark.parametrize("name", SOURCES)
def test_the_written_script_loads_every_row(tmp_path: Path, name: str) -> None:
    script = written(tmp_path, name)
    world = World(names(), yes=False)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with room("", world):
        exec(compile(script, "load.py", "exec"), namespace)
        namespace.clear()
    assert max(world.counts.values()) == 3


def test_the_written_script_leaves_what_is_there(tmp_path: Path) -> None:
    script = written(tmp_path, "trees.csv")
    with room("", World(names(), yes=True)), pytest.raises(SystemExit, match="already"):
        exec(compile(script, "load.py", "exec"), {"__name__": "__main__"})


def test_a_program_inside_a_script_is_checked() -> None:
    script = 'CHILD = """\nimport arcpy\narcpy.GetInstalInfo()\nprint(%r)\n"""\n'
    (finding,) = check_script(script, "probe.py", names())
    assert (finding.line, finding.kind) == (3, "unknown")

"""The plan of the ArcGIS pack, filled by hand: its files are copied, its variables put in, and its program is run.

The runtime's own test of the same plan is elsewhere; here is what must hold whoever executes it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from skillctl.edges.bundled import packs_directory

PACK = Path(packs_directory()) / "arcgis"
PLAN = PACK / "plans" / "dataset-report.json"


def plan() -> dict[str, Any]:
    value = json.loads(PLAN.read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


def build(folder: Path) -> None:
    for file in plan()["files"]:
        target = folder / file["filename"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((PACK / file["from"]).read_bytes())


def settings(**chosen: str) -> dict[str, str]:
    """The plan's environment with its variables put in."""
    values = {name: each["default"] for name, each in plan()["variables"].items()} | chosen
    filled = dict(plan()["env"])
    for name, value in values.items():
        filled = {key: text.replace("{{ " + name + " }}", value) for key, text in filled.items()}
    return filled


def run(project: Path, /, **chosen: str) -> subprocess.CompletedProcess[str]:
    program, script = plan()["run"].split()
    assert program == "python"
    environment = {**os.environ, **settings(**chosen), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, script],
        cwd=project,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_every_file_of_the_plan_is_in_the_pack_and_each_variable_has_a_default_and_a_description() -> None:
    for file in plan()["files"]:
        assert set(file) == {"filename", "from"}
        assert (PACK / file["from"]).is_file(), file
    for name, variable in plan()["variables"].items():
        assert variable["default"], name
        assert variable["description"], name
        assert any("{{ " + name + " }}" in text for text in plan()["env"].values())


def test_the_plan_takes_the_whole_scanner_and_all_the_sample_data() -> None:
    taken = {file["from"] for file in plan()["files"]}
    scripts = PACK / "skills" / "arcgis-discover" / "scripts"
    wanted = [*scripts.rglob("*.py"), *(path for path in (PACK / "samples" / "data").rglob("*") if path.is_file())]
    assert {path.relative_to(PACK).as_posix() for path in wanted} <= taken


@pytest.mark.parametrize("report", ["report.html", "report.md"])
def test_the_plan_builds_and_runs_without_arcpy_and_leaves_a_report(tmp_path: Path, report: str) -> None:
    build(tmp_path)
    done = run(tmp_path, report=report)
    assert done.returncode == 0, done.stderr
    assert f"the report is {report}" in done.stdout
    text = (tmp_path / report).read_text(encoding="utf-8")
    for expected in ("candidate sites", "roads", "missing", "has 20", "Datasets of the sample project"):
        assert expected in text


def test_its_variables_choose_folder_brief_and_title(tmp_path: Path) -> None:
    project, drive = tmp_path / "project", tmp_path / "a drive"
    project.mkdir()
    drive.mkdir()
    build(project)
    (drive / "trees.csv").write_text("name,longitude,latitude\noak,-1.5,54.9\n", encoding="utf-8")
    done = run(project, folder=str(drive), brief="none.md", title="Drive <E>", report="found.html")
    assert done.returncode == 0, done.stderr
    text = (project / "found.html").read_text(encoding="utf-8")
    assert "<h1>Drive &lt;E&gt;</h1>" in text
    assert "trees.csv" in text
    assert "flood" not in text


def test_a_folder_that_is_not_there_is_a_failure_with_a_sentence(tmp_path: Path) -> None:
    build(tmp_path)
    done = run(tmp_path, folder="nowhere")
    assert done.returncode == 2
    assert "`nowhere` is no folder" in done.stderr
    assert "Traceback" not in done.stderr

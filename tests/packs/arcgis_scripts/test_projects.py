"""The project templates and the two worked projects: what the tables say holds, and the scripts run to their end."""

from __future__ import annotations

import ast
import csv
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.packs.arcgis.checker.names import Names
from tests.packs.arcgis.checker.pack import check_script
from tests.packs.arcgis_scripts.full_run import FullRun, run_script
from tests.packs.arcgis_scripts.support import PACK

PROJECTS = PACK / "projects"
FILES = ("BRIEF.md", "DATASETS.md", "MATERIALS.md", "NOTES.md", "PARAMETERS.md")
SCRIPTS = {"housing-site-suitability": "suitability.py", "flood-risk-map-series": "map_series.py"}
UK = json.loads((Path(__file__).parents[1] / "arcgis" / "data" / "uk.json").read_text(encoding="utf-8"))


def tables(text: str) -> list[list[dict[str, str]]]:
    """Every table of a page, its rows as heading -> cell."""
    found: list[list[dict[str, str]]] = []
    header: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            header = []
        elif not header:
            header = cells
            found.append([])
        elif not set(line) <= set("|-: "):
            found[-1].append({name: cells[at] for at, name in enumerate(header)})
    return found


def page(project: str, name: str) -> str:
    return (PROJECTS / project / name).read_text(encoding="utf-8")


def script_of(project: str) -> str:
    return page(project, SCRIPTS[project])


def constants(project: str) -> dict[str, Any]:
    """The constants at the top of a script, as far as they are literals."""
    found: dict[str, Any] = {}
    for node in ast.parse(script_of(project)).body:
        if isinstance(node, ast.Assign):
            try:
                value = eval(compile(ast.Expression(node.value), "constant", "eval"), {}, dict(found))
            except NameError:
                continue
            for target in node.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                values = value if isinstance(target, ast.Tuple) else [value]
                found |= {name.id: values[at] for at, name in enumerate(names) if isinstance(name, ast.Name)}
    return found


def parameters(project: str) -> dict[str, dict[str, str]]:
    """P-number -> row."""
    return {row["id"]: row for table in tables(page(project, "PARAMETERS.md")) for row in table if "id" in row}


@pytest.mark.parametrize("project", SCRIPTS)
def test_a_worked_project_has_the_files_and_the_tables_of_the_template(project: str) -> None:
    for name in FILES:
        wanted = re.findall(r"^## .*$", page(".template", name), re.MULTILINE)
        there = re.findall(r"^## .*$", page(project, name), re.MULTILINE)
        optional = {"## Weights", "## Thresholds"} if name == "PARAMETERS.md" else set()
        assert set(wanted) - optional <= set(there), name
        headings = [tuple(table[0]) for table in tables(page(project, name)) if table]
        for line in re.findall(
            r"^\| id \| layer of the brief.*\|$|^\| id \| name \| value.*\|$", page(".template", name), re.MULTILINE
        ):
            assert tuple(cell.strip() for cell in line.strip("|").split("|")) in headings


@pytest.mark.parametrize("project", SCRIPTS)
def test_every_layer_of_the_brief_is_used_or_said_to_be_missing(project: str) -> None:
    needs = {row["need"] for table in tables(page(project, "BRIEF.md")) for row in table if "need" in row}
    answered = {
        row["layer of the brief"]
        for table in tables(page(project, "DATASETS.md"))
        for row in table
        if "layer of the brief" in row
    }
    assert needs <= answered


@pytest.mark.parametrize("project", SCRIPTS)
def test_every_dataset_exists_under_that_licence(project: str) -> None:
    known = UK["datasets"]
    rows = [
        row for table in tables(page(project, "DATASETS.md")) for row in table if row.get("dataset", "").startswith("`")
    ]
    assert len(rows) >= 5
    for row in rows:
        assert row["dataset"].strip("`") in known, row["dataset"]
        assert row["licence"] == "ogl3"


@pytest.mark.parametrize("project", SCRIPTS)
def test_a_script_reads_what_its_datasets_page_names(project: str) -> None:
    text = script_of(project)
    where = [row["where"] for table in tables(page(project, "DATASETS.md")) for row in table if "where" in row]
    optional = {"green_belt", "ward", "the project's map"}  # shown or counted by hand, not read by the script
    for name in set(where) - optional:
        assert name in text, name


@pytest.mark.parametrize("project", SCRIPTS)
def test_numbers_are_unique_and_those_that_are_mentioned_exist(project: str) -> None:
    text = "\n".join(page(project, name) for name in FILES)
    defined = re.findall(r"^\| ([DPMNT]\d+) \|", text, re.MULTILINE)
    assert len(defined) == len(set(defined))
    assert set(re.findall(r"\b([DPMN]\d+)\b", text + script_of(project))) <= set(defined)


# Housing: weights and thresholds


def housing_matrix() -> list[list[float]]:
    table = next(table for table in tables(page("housing-site-suitability", "PARAMETERS.md")) if "" in table[0])
    names = [name for name in table[0] if name]
    assert [row[""] for row in table] == names
    return [[float(Fraction(row[name])) for name in names] for row in table]


def test_the_comparison_is_reciprocal_and_gives_the_weights_and_the_ratio_of_the_page() -> None:
    """Computed another way than in the script: by geometric means of rows, refined until they no longer move."""
    matrix = housing_matrix()
    size = len(matrix)
    for row in range(size):
        for column in range(size):
            assert matrix[row][column] * matrix[column][row] == pytest.approx(1)
    power = matrix
    for _ in range(6):
        product = [[sum(power[i][k] * power[k][j] for k in range(size)) for j in range(size)] for i in range(size)]
        largest = max(map(max, product))
        power = [[value / largest for value in row] for row in product]
    sums = [sum(row) for row in power]
    weights = [value / sum(sums) for value in sums]
    eigenvalue = sum(sum(matrix[i][j] * weights[j] for j in range(size)) / weights[i] for i in range(size)) / size
    index = (eigenvalue - size) / (size - 1)
    text = page("housing-site-suitability", "PARAMETERS.md")
    rows = [parameters("housing-site-suitability")[f"P{number}"] for number in range(13, 18)]
    assert [row["weight"] for row in rows] == [f"{weight:.3f}" for weight in weights]
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(1, abs=1e-9)
    assert f"largest eigenvalue: {eigenvalue:.4f}" in text
    assert f"consistency index (eigenvalue less n, over n less 1): {index:.4f}" in text
    assert f"consistency ratio: {index / 1.12:.3f}" in text
    assert index / 1.12 < 0.10


def test_the_constants_of_the_housing_script_are_the_parameters() -> None:
    made, rows = constants("housing-site-suitability"), parameters("housing-site-suitability")
    single = {
        "P3": "CELL",
        "P5": "FLOOD_ZONE",
        "P6": "STEEPEST",
        "P7": "WOODLAND_BUFFER",
        "P8": "HECTARES",
        "P9": "REGIONS",
    }
    single |= {"P10": "SMALLEST", "P11": "LARGEST", "P12": "CHANGE"}
    for number, name in single.items():
        assert str(made[name]) == rows[number]["value"], number
    assert f"EPSG:{made['SYSTEM']}" == rows["P1"]["value"]
    assert made["TERRAIN"].endswith(rows["P4"]["value"])
    criteria = {
        row["criterion"]: [float(row[key]) for key in ("weight", "best at", "worst at")]
        for row in rows.values()
        if "criterion" in row
    }
    assert {name: list(values) for name, values in made["CRITERIA"].items()} == criteria
    assert made["COMPARISON"] == [[pytest.approx(value) for value in row] for row in housing_matrix()]


def test_the_wide_extent_is_that_of_the_brief_and_the_widest_margin() -> None:
    margins = [
        float(row["margin"])
        for table in tables(page("housing-site-suitability", "BRIEF.md"))
        for row in table
        if "margin" in row
    ]
    area = re.search(r"^- Extent: (.*)$", page("housing-site-suitability", "BRIEF.md"), re.MULTILINE)
    assert area is not None
    west, south, east, north = (float(each) for each in area[1].split(","))
    wide = max(margins)
    expected = [west - wide, south - wide, east + wide, north + wide]
    assert [float(each) for each in constants("housing-site-suitability")["WIDE"].split()] == expected


# Flood maps: colours and sheets


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_constants_of_the_map_script_are_the_parameters() -> None:
    made, rows = constants("flood-risk-map-series"), parameters("flood-risk-map-series")
    for number, name in {
        "P3": "SCALE",
        "P5": "FRAME_WIDTH",
        "P6": "FRAME_HEIGHT",
        "P7": "OVERLAP",
        "P8": "RESOLUTION",
    }.items():
        assert str(made[name]) == rows[number]["value"], number
    for row in (rows["P9"], rows["P10"], rows["P11"]):
        layer = row["layer"][0].upper() + row["layer"][1:]
        assert made["COLOURS"][layer] == tuple(int(row[part]) for part in ("red", "green", "blue"))


def test_contrasts_are_those_of_the_page() -> None:
    colours = constants("flood-risk-map-series")["COLOURS"]
    rows = parameters("flood-risk-map-series")
    white = (255, 255, 255)
    for number, name in {"P9": "Flood Zone 3", "P10": "Flood Zone 2", "P11": "Flood storage area"}.items():
        assert rows[number]["contrast with white"] == f"{contrast(colours[name], white):.2f}"
    between = contrast(colours["Flood Zone 3"], colours["Flood Zone 2"])
    assert f"Contrast between Zone 3 and Zone 2: {between:.2f}" in page("flood-risk-map-series", "PARAMETERS.md")
    assert between > 3


# The scripts


@pytest.mark.parametrize("project", SCRIPTS)
def test_a_script_knows_only_names_of_the_lists(project: str) -> None:
    assert list(check_script(script_of(project), SCRIPTS[project], Names.load())) == []


def whole_run(project: str) -> FullRun:
    words = (
        ("Title", "Caution", "Attribution", "Sheet A3", "Main frame", "Flood zones", "EPSG") if "map" in project else ()
    )
    return run_script(script_of(project), exists=lambda path: "source.gdb" in path, words=words)


@pytest.mark.parametrize(
    ("project", "file", "columns"),
    [("housing-site-suitability", "regions.csv", 6), ("flood-risk-map-series", "sheets.csv", 4)],
)
def test_a_script_runs_from_its_first_line_to_its_last(project: str, file: str, columns: int) -> None:
    ran = whole_run(project)
    assert ran.error is None
    (table,) = (text for name, text in ran.files.items() if name.endswith(file))
    rows = list(csv.reader(table.splitlines()))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {columns}
    tree = ast.parse(script_of(project))
    bodies = {node.name: node.body[-1].lineno for node in tree.body if isinstance(node, ast.FunctionDef)}
    reached = {name for name, last in bodies.items() if any(last <= line <= last + 12 for line in ran.lines)}
    assert reached == set(bodies)


@pytest.mark.parametrize("project", SCRIPTS)
def test_a_script_stops_with_every_missing_input_named(project: str) -> None:
    ran = run_script(script_of(project), exists=lambda _: False)
    assert isinstance(ran.error, SystemExit)
    assert "study_area is missing; " in str(ran.error)


@pytest.mark.parametrize("project", SCRIPTS)
def test_a_script_overwrites_nothing(project: str) -> None:
    ran = run_script(script_of(project), exists=lambda _: True)
    assert isinstance(ran.error, SystemExit)
    assert "never overwritten" in str(ran.error)


def test_the_weights_of_a_sensitivity_run_add_up_to_one() -> None:
    space: dict[str, Any] = {"__name__": "suitability"}
    text = script_of("housing-site-suitability").replace("import arcpy\n", "").replace("arcpy.Raster", "object")
    exec(compile(text, "suitability.py", "exec"), space)
    runs = space["changed_weights"]()
    assert len(runs) == 10
    for name, weights in runs.items():
        assert sum(weights.values()) == pytest.approx(1), name
        assert min(weights.values()) > 0
    assert runs["slope_more"]["slope"] == pytest.approx(0.123 * 1.25)
    space["check_weights"]()
    space["COMPARISON"][:] = [[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]]
    space["CRITERIA"].clear()
    space["CRITERIA"].update(dict.fromkeys("abc", (1 / 3, 0, 1)))
    with pytest.raises(SystemExit, match="contradict each other"):
        space["check_weights"]()

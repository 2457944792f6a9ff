"""Briefs are read forgivingly and told exactly; a dataset is judged part by part, as `data/matching.json` says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packs.arcgis_scripts.support import DATA, PACK, script

brief_module, matching, values, systems = (
    script(f"dataset_scan.{name}") for name in ("brief", "matching", "values", "systems")
)
CASES = json.loads((DATA / "matching.json").read_text(encoding="utf-8"))["cases"]
BRIEFS = json.loads((DATA / "briefs.json").read_text(encoding="utf-8"))["cases"]
AREA = values.Extent(429_000.0, 561_000.0, 434_000.0, 567_000.0)


def found(said: dict[str, Any]) -> Any:
    """A dataset as a case writes it; what it leaves out is what a good shapefile of polygons has."""
    box, code = said.get("extent", [428_000, 560_000, 435_000, 568_000]), said.get("epsg", 27700)
    certain = said.get("certain", True)
    return values.Found(
        "/drive",
        said["path"],
        1_000,
        said.get("modified", "2025-06-01"),
        values.Dataset(
            said.get("format", "shapefile"),
            said.get("kind", "vector"),
            layer=said.get("layer", ""),
            geometry=said.get("geometry", "polygon"),
            system=values.System(
                code, f"EPSG {code}", "the file" if certain else "guessed", certain, () if certain else ("it fits",)
            )
            if code
            else values.System(),
            extent=values.Extent(*box) if box else None,
            count=said.get("count", 10),
            fields=tuple(values.Column(name, "text") for name in said.get("fields", [])),
            details=said.get("details", {}),
        ),
    )


def need(said: dict[str, Any]) -> Any:
    words = (said["name"], *said.get("words", []))
    rest = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in said.items()
        if key not in ("name", "words")
    }
    return brief_module.Need(said["name"], words, **rest)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["about"]))
def test_a_dataset_is_judged_as_the_case_says(case: dict[str, Any]) -> None:
    brief = brief_module.Brief((), extent=AREA, system=27700)
    judged = matching.judge(need(case["need"]), brief, found(case["dataset"]))
    parts = {part.name: part for part in judged.parts}
    for name, (mark, reason) in case["parts"].items():
        assert round(parts[name].mark, 2) == mark, parts[name]
        assert reason in parts[name].reason
    if "score" in case:
        assert judged.score == case["score"], [(part.name, part.mark) for part in judged.parts]
    assert bool(judged.ruled_out) == case.get("ruled_out", False)


def test_every_part_of_a_score_has_a_case() -> None:
    assert {name for case in CASES for name in case["parts"]} == set(matching.WEIGHTS)


@pytest.mark.parametrize("case", BRIEFS, ids=lambda case: str(case["about"]))
def test_a_brief_is_read_as_the_case_says(case: dict[str, Any]) -> None:
    read = brief_module.read_brief("\n".join(case["lines"]))
    assert [each.name for each in read.needs] == case.get("needs", [])
    assert list(read.problems) == case.get("problems", [])
    extent = case.get("extent")
    assert read.extent == (values.Extent(*extent) if extent else None)
    assert read.system == case.get("system", 0)
    for name, expected in case.get("first", {}).items():
        given_value = getattr(read.needs[0], name)
        assert (list(given_value) if isinstance(given_value, tuple) else given_value) == expected, name


@given(st.text(alphabet="|#-abc:;\n 0129.,\\<>!`", max_size=200))
def test_any_text_is_a_brief_or_a_list_of_problems(text: str) -> None:
    read = brief_module.read_brief(f"## Study area\n{text}\n## Layers needed\n{text}")
    assert read.needs or read.problems


@pytest.mark.parametrize("name", ["housing-site-suitability", "flood-risk-map-series"])
def test_the_briefs_of_the_worked_projects_are_read_without_a_problem(name: str) -> None:
    read = brief_module.read_brief((PACK / "projects" / name / "BRIEF.md").read_text(encoding="utf-8"))
    assert read.problems == ()
    assert (read.extent, read.system) == (AREA, 27700)
    assert len(read.needs) >= 6


def test_the_template_has_every_column_and_lacks_only_needs() -> None:
    text = (PACK / "projects" / ".template" / "BRIEF.md").read_text(encoding="utf-8")
    assert brief_module.read_brief(text).problems == ("no table of needs below a heading `Layers needed`",)
    assert f"| {' | '.join(brief_module.COLUMNS)} |" in text
    told = text.partition("Systems whose extents the scanner can compare: ")[2].partition(". ")[0].replace("\n", " ")
    assert {int(code) for code in told.rstrip(". ->").replace(".", "").split(", ")} == set(systems.BY_CODE) - {
        32630,
        32631,
    }


@given(
    st.tuples(st.floats(0, 10), st.floats(0, 10), st.floats(0.5, 10), st.floats(0.5, 10)),
    st.tuples(st.floats(0, 10), st.floats(0, 10), st.floats(0.5, 10), st.floats(0.5, 10)),
)
def test_a_share_that_is_covered_lies_between_none_and_all(needed: tuple[float, ...], there: tuple[float, ...]) -> None:
    one, other = (values.Extent(x, y, x + wide, y + high) for x, y, wide, high in (needed, there))
    share = matching.covered(one, other)
    assert 0 <= share <= 1.0000001
    assert matching.covered(one, one) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("FloodRiskZone_2025", "flood risk zone", True),
        ("floodriskzones", "flood risk zone", True),
        ("flood_zones", "Flood Zone", True),
        ("zone of floods", "flood zone", True),
        ("floodplain", "flood zone", False),
        ("grass", "gras", False),
        ("bus stops", "stop", True),
        ("stopping", "stop", False),
        ("dtm2022_10m", "dtm", True),
        ("", "flood", False),
        ("flood", "", False),
    ],
)
def test_words_are_found_apart_or_run_together_in_one_or_many(text: str, words: str, expected: bool) -> None:
    assert matching.says(text, words) is expected


def test_candidates_are_ordered_by_score_and_then_by_name() -> None:
    brief = brief_module.Brief((need({"name": "flood zone", "kind": "polygon"}),), extent=AREA, system=27700)
    paths = ["b/flood_zone.shp", "a/flood_zone.shp", "roads.shp", "flood/outlines.shp"]
    (answer,) = matching.match(brief, [found({"path": path}) for path in paths])
    assert [each.found.path for each in answer.candidates] == ["a/flood_zone.shp", "b/flood_zone.shp"]
    assert answer.verdict == "use"


def test_copies_in_other_files_are_told_and_layers_of_one_file_are_not() -> None:
    copies = [
        found({"path": "a.shp", "fields": ["reference"]}),
        found({"path": "old/a_final.shp", "fields": ["REFERENCE"]}),
    ]
    layers = [found({"path": "c.gdb", "layer": "x", "count": 3}), found({"path": "c.gdb", "layer": "y", "count": 3})]
    other = found({"path": "b.shp", "fields": ["reference"], "count": 11})
    assert matching.twins([*copies, *layers, other]) == [["a.shp", "old/a_final.shp"]]

"""Coordinate systems: named, guessed, and boxes from one into another."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packs.arcgis_scripts import builders
from tests.packs.arcgis_scripts.support import DATA, script

systems, values = script("dataset_scan.systems"), script("dataset_scan.values")
POINTS = json.loads((DATA / "places.json").read_text(encoding="utf-8"))
NAMES = json.loads((DATA / "system_names.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", POINTS["cases"], ids=lambda case: f"{case['epsg']} {case['place']}")
def test_a_point_lies_where_proj_puts_it(case: dict[str, object]) -> None:
    east, north, longitude, latitude, metres = (float(str(case[key])) for key in ("x", "y", "lon", "lat", "within"))
    code = int(str(case["epsg"]))
    box = values.Extent(east, north, east, north)
    found = systems.convert_extent(box, code, 4326)
    away = math.hypot(
        (found.west - longitude) * 111_320 * math.cos(math.radians(latitude)), (found.south - latitude) * 111_320
    )
    assert away < metres
    back = systems.convert_extent(found, 4326, code)
    assert math.hypot(back.west - east, back.south - north) < 0.05


@given(
    st.sampled_from([27700, 3857, 25830, 4277]),
    st.floats(-6.0, 1.5),
    st.floats(50.0, 60.0),
    st.floats(0.001, 0.3),
)
def test_a_box_that_goes_and_comes_back_still_holds_what_it_held(
    code: int, west: float, south: float, size: float
) -> None:
    box = values.Extent(west, south, west + size, south + size)
    there = systems.convert_extent(box, 4326, code)
    back = systems.convert_extent(there, code, 4326)
    grown = values.Extent(back.west - 1e-4, back.south - 1e-4, back.east + 1e-4, back.north + 1e-4)
    assert systems.within(box, grown)


def test_a_box_outside_the_area_of_its_system_is_not_converted() -> None:
    assert systems.convert_extent(values.Extent(-1e6, 0, 5, 5), 27700, 4326) is None
    assert systems.convert_extent(values.Extent(0, 0, 5, 5), 2154, 4326) is None
    assert systems.convert_extent(values.Extent(100, -40, 120, -30), 4326, 27700) is None


@pytest.mark.parametrize("case", NAMES, ids=lambda case: str(case["about"]))
def test_a_system_is_named_by_what_the_file_says(case: dict[str, object]) -> None:
    found = systems.system_of_wkt(str(case["wkt"]), "the file")
    assert (found.code, found.certain) == (case["epsg"], case["certain"])


def test_the_names_that_arcgis_writes_are_known() -> None:
    assert systems.system_of_wkt(builders.BNG, "x").code == 27700
    assert systems.system_of_wkt(builders.WGS84, "x").code == 4326
    assert systems.system_of_wkt("no text of a system", "x") == values.System()


@pytest.mark.parametrize(
    ("box", "names", "code"),
    [
        ((-1.6, 54.8, -1.4, 55.0), ("lon", "lat"), 4326),
        ((-1.6, 54.8, -1.4, 55.0), (), 4326),
        ((430_000, 562_000, 431_000, 563_000), ("Easting", "Northing"), 27700),
        ((430_000, 562_000, 431_000, 563_000), (), 27700),
        ((-180_000, 7_300_000, -170_000, 7_310_000), (), 3857),
        ((-9e6, -9e6, 9e6, 9e6), (), 0),
    ],
)
def test_numbers_speak_for_a_system_with_reasons_and_never_for_certain(
    box: tuple[float, ...], names: tuple[str, ...], code: int
) -> None:
    found = systems.likely_system(values.Extent(*box), names=names)
    assert (found.code, found.certain, bool(found.reasons)) == (code, False, bool(code))


def test_a_guess_that_could_be_irish_says_so() -> None:
    found = systems.likely_system(values.Extent(250_000, 300_000, 260_000, 310_000), names=("east", "north"))
    assert any("Irish" in reason for reason in found.reasons)

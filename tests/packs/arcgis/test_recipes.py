"""The arithmetic that the pack teaches is right: computed another way, and against the numbers in its sentences."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import math
import re
from functools import cache
from typing import Any

import pytest

from tests.packs.arcgis.checker.pack import PACK
from tests.packs.arcgis.loaded import page, pages


@cache
def recipe(function: str) -> dict[str, Any]:
    """The namespace of the one block that defines a function and needs no arcpy."""
    blocks = [
        block.text
        for each in pages()
        for block in each.blocks
        if block.language == "python" and f"def {function}(" in block.text and "arcpy" not in block.text
    ]
    (text,) = blocks
    namespace: dict[str, Any] = {"__name__": "recipe", "print": lambda *_: None}
    exec(compile(text, function, "exec"), namespace)
    return namespace


def principal(matrix: list[list[float]]) -> tuple[list[float], float]:
    """Weights and largest eigenvalue by squaring the matrix: another way than the pack's."""
    size, power = len(matrix), [row[:] for row in matrix]
    for _ in range(12):
        power = [[sum(power[i][k] * power[k][j] for k in range(size)) for j in range(size)] for i in range(size)]
        total = sum(map(sum, power))
        power = [[cell / total for cell in row] for row in power]
    sums = [sum(row) for row in power]
    weights = [each / sum(sums) for each in sums]
    first = sum(cell * weight for cell, weight in zip(matrix[0], weights, strict=True))
    return weights, first / weights[0]


class TestPairwiseComparison:
    def test_weights_sum_to_one_and_equal_the_eigenvector(self) -> None:
        own = recipe("weights_and_ratio")
        matrix = own["comparison_matrix"](own["NAMES"], own["ANSWERS"])
        weights, ratio = own["weights_and_ratio"](matrix)
        expected, largest = principal(matrix)
        assert sum(weights) == pytest.approx(1)
        assert weights == pytest.approx(expected, abs=1e-9)
        size = len(matrix)
        assert ratio == pytest.approx((largest - size) / (size - 1) / own["RANDOM_INDEX"][size], abs=1e-9)

    def test_a_consistent_matrix_has_ratio_zero_and_its_own_weights(self) -> None:
        own = recipe("weights_and_ratio")
        given = [0.5, 0.3, 0.2]
        weights, ratio = own["weights_and_ratio"]([[a / b for b in given] for a in given])
        assert weights == pytest.approx(given)
        assert ratio == pytest.approx(0, abs=1e-9)

    def test_the_random_indices_are_those_of_saaty(self) -> None:
        published = {3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45}
        assert recipe("weights_and_ratio")["RANDOM_INDEX"] == published

    def test_contradictions_raise_the_ratio_above_a_tenth(self) -> None:
        own = recipe("weights_and_ratio")
        circle = [[1, 5, 1 / 5], [1 / 5, 1, 5], [5, 1 / 5, 1]]
        assert own["weights_and_ratio"](circle)[1] > 0.1

    def test_the_numbers_in_the_worked_example_are_those_of_the_code(self) -> None:
        own = recipe("weights_and_ratio")
        weights, ratio = own["weights_and_ratio"](own["comparison_matrix"](own["NAMES"], own["ANSWERS"]))
        said = page("references/mcda-weights.md").prose
        for weight in weights:
            assert f"{weight:.3f}" in said
        assert f"ratio 0.0048 / 0.90 = {ratio:.3f}" in said
        _, largest = principal(own["comparison_matrix"](own["NAMES"], own["ANSWERS"]))
        assert f"Largest eigenvalue {largest:.4f}" in said

    def test_whole_percentages_sum_to_a_hundred(self) -> None:
        whole = recipe("whole_percent")["whole_percent"]
        for weights in ([1 / 3] * 3, [1 / 7] * 7, [0.483, 0.157, 0.272, 0.088], [0.005, 0.995]):
            given = {str(number): weight for number, weight in enumerate(weights)}
            assert sum(whole(given).values()) == 100

    def test_ranks_give_weights_that_sum_to_one_and_keep_the_order(self) -> None:
        own, order = recipe("rank_sum"), ["a", "b", "c", "d"]
        for way in (own["rank_sum"], own["rank_order_centroid"]):
            weights = way(order)
            assert sum(weights.values()) == pytest.approx(1)
            assert sorted(order, key=weights.__getitem__, reverse=True) == order
        assert own["rank_sum"](order)["a"] == pytest.approx(4 / 10)
        assert own["rank_order_centroid"](order)["a"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)

    def test_points_are_shared_out(self) -> None:
        assert recipe("from_points")["from_points"]({"a": 30, "b": 10}) == pytest.approx({"a": 0.75, "b": 0.25})

    def test_judgements_of_several_are_joined_by_the_geometric_mean(self) -> None:
        joined = recipe("joined")["joined"]([[[1, 2], [1 / 2, 1]], [[1, 8], [1 / 8, 1]]])
        assert joined[0][1] == pytest.approx(4)
        assert joined[0][1] * joined[1][0] == pytest.approx(1)


class TestSlope:
    @pytest.mark.parametrize(("degrees", "percent"), [(0, 0), (45, 100), (5.710593, 10), (8.530766, 15)])
    def test_degrees_and_percent_turn_into_each_other(self, degrees: float, percent: float) -> None:
        own = recipe("percent")
        assert own["percent"](degrees) == pytest.approx(percent, abs=1e-5)
        assert own["degrees"](percent) == pytest.approx(degrees, abs=1e-5)

    def test_pairs_of_percent_and_degrees_in_sentences_are_equal(self) -> None:
        pair = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|percent) (?:is|=|\() ?(\d+(?:\.\d+)?) (?:degrees|°)")
        found = [(each.name, found) for each in pages() for found in pair.finditer(each.prose)]
        assert found
        for name, each in found:
            assert math.degrees(math.atan(float(each[1]) / 100)) == pytest.approx(float(each[2]), abs=0.06), (
                name,
                each[0],
            )


class TestRunoff:
    def test_the_curve_number_formula_agrees_with_its_definition(self) -> None:
        runoff = recipe("curve_number_runoff")["curve_number_runoff"]
        for rain, number in itertools.product((5, 25, 60, 100, 180), (40, 60, 75, 90, 100)):
            retention = 25400 / number - 254
            loss = 0.2 * retention
            expected = (rain - loss) ** 2 / (rain - loss + retention) if rain > loss else 0
            assert runoff(rain, number) == pytest.approx(expected)

    def test_no_rain_no_runoff_and_never_more_than_it_rained(self) -> None:
        runoff = recipe("curve_number_runoff")["curve_number_runoff"]
        assert runoff(0, 80) == 0
        assert all(0 <= runoff(rain, number) <= rain for rain in range(1, 200, 9) for number in range(30, 101, 5))
        assert runoff(50, 100) == pytest.approx(50)

    def test_the_rational_formula_has_the_right_unit(self) -> None:
        """One hectare, one millimetre an hour, all of it: 10 m3 in 3,600 s."""
        assert recipe("rational_peak")["rational_peak"](1, 1, 1) == pytest.approx(10 / 3600)

    def test_curve_numbers_are_weighted_by_area(self) -> None:
        assert recipe("mean_number")["mean_number"]({60: 30, 80: 10}) == pytest.approx(65)


class TestTheGrid:
    def test_a_grid_reference_names_the_south_west_corner_of_its_square(self) -> None:
        place = recipe("easting_northing")["easting_northing"]
        assert place("TQ 30 80") == (530_000, 180_000)
        assert place("SV 00 00") == (0, 0)
        assert place("HP 61 17") == (461_000, 1_217_000)

    def test_there_and_back_is_the_same_square(self) -> None:
        place = recipe("easting_northing")["easting_northing"]
        reference = recipe("grid_reference")["grid_reference"]
        for east, north in itertools.product(range(12_345, 700_000, 98_765), range(54_321, 1_300_000, 123_457)):
            assert place(reference(east, north, 10)) == (east, north)
            assert place(reference(east, north, 6)) == (east // 100 * 100, north // 100 * 100)

    def test_the_scale_of_the_grid_is_what_the_sentence_says(self) -> None:
        said = page("references/coordinate-systems-uk.md").prose
        for easting in (400_000, 580_000, 650_000):
            metres = 1000 * 0.9996012717 * (1 + (easting - 400_000) ** 2 / (2 * 6_381_000**2))
            assert re.search(rf"{metres:.1f} m (?:on the grid )?at {easting}", said), (easting, metres)

    def test_the_stretch_of_web_mercator_is_what_the_sentences_say(self) -> None:
        stretch = re.compile(r"about (\d\.\d+)(?: times)? at (\d+)(?: degrees north| N)")
        found = [each for one in pages() for each in stretch.findall(" ".join(one.prose.split()))]
        assert found
        for said, latitude in found:
            assert 1 / math.cos(math.radians(float(latitude))) == pytest.approx(float(said), abs=0.005)

    def test_the_earth_falls_away_with_the_square_of_the_distance(self) -> None:
        drop = recipe("drop_m")["drop_m"]
        assert drop(10_000, refractivity=0) == pytest.approx(6_371_000 - math.sqrt(6_371_000**2 - 10_000**2), rel=1e-4)
        assert drop(20_000) == pytest.approx(4 * drop(10_000))


class TestRates:
    def test_smoothed_rates_lie_between_the_raw_and_the_overall_rate(self) -> None:
        counts, people = [2, 30, 55, 0], [40, 2000, 2500, 60]
        overall = sum(counts) / sum(people)
        smoothed = recipe("empirical_bayes")["empirical_bayes"](counts, people)
        for rate, count, number in zip(smoothed, counts, people, strict=True):
            least, most = sorted((overall, count / number))
            assert least <= rate <= most

    def test_without_differences_beyond_chance_every_place_gets_the_overall_rate(self) -> None:
        smooth = recipe("empirical_bayes")["empirical_bayes"]
        assert smooth([10, 20, 30], [100, 200, 300]) == pytest.approx([0.1, 0.1, 0.1])


class TestColours:
    def test_contrast_is_that_of_the_accessibility_guidelines(self) -> None:
        contrast = recipe("contrast")["contrast"]
        assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
        assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
        assert contrast("#FF0000", "#FFFFFF") == pytest.approx(4.0, abs=0.005)
        assert contrast("#123456", "#123456") == pytest.approx(1)

    def test_the_table_of_contrasts_is_right(self) -> None:
        contrast = recipe("contrast")["contrast"]
        measured = re.findall(r"(#[0-9A-F]{6}) \| (\d+\.\d) \| (\d+\.\d)", page("references/colour-palettes.md").prose)
        assert len(measured) >= 10
        for colour, on_white, on_black in measured:
            assert contrast(colour, "#FFFFFF") == pytest.approx(float(on_white), abs=0.051), colour
            assert contrast(colour, "#000000") == pytest.approx(float(on_black), abs=0.051), colour

    def test_white_is_lightness_one_hundred_without_colour(self) -> None:
        assert recipe("lab")["lab"](1, 1, 1) == pytest.approx((100, 0, 0), abs=0.01)

    def test_every_colour_code_has_six_digits(self) -> None:
        codes = [code for each in pages() for code in re.findall(r"(?<![\w&/])#([0-9A-Fa-f]{3,8})\b", each.text)]
        assert {code for code in codes if len(code) not in (6, 8) and not code.isdigit()} == set()


def printed(text: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, "block", "exec"), {"__name__": "__main__"})
    return out.getvalue()


def test_what_a_block_prints_is_what_the_next_sentence_says() -> None:
    checked = 0
    for each in pages():
        lines = each.text.splitlines()
        for block in each.blocks:
            after = block.line + len(block.text.splitlines()) + 1
            sentence = " ".join(line.strip() for line in lines[after - 1 : after + 3] if line.strip())
            said = re.match(r"It prints (.+?)\.(?: [A-Z]|$)", sentence)
            if said and "arcpy" not in block.text:
                checked += 1
                shown = printed(block.text)
                for value in re.findall(r"\d+(?:\.\d+)?", said[1]):
                    assert value in re.findall(r"\d+(?:\.\d+)?", shown), (each.name, sentence, shown)
    assert checked >= 4


def test_weights_written_in_blocks_sum_to_one_or_to_a_hundred() -> None:
    checked = 0
    for each in pages():
        for block in (block for block in each.blocks if block.language == "python"):
            for node in ast.walk(ast.parse(block.text)):
                weights = weights_of(node)
                if weights:
                    checked += 1
                    assert any(math.isclose(sum(weights), whole, abs_tol=1e-9) for whole in (1, 100)), each.name
    assert checked


def weights_of(node: ast.AST) -> list[float]:
    """The numbers of `WEIGHTS = {…: number}`."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)):
        return []
    name = node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
    values = [each.value for each in node.value.values if isinstance(each, ast.Constant)]
    numbers = [each for each in values if isinstance(each, int | float)]
    return [float(each) for each in numbers] if re.fullmatch(r"(?i)\w*weights?", name) else []


def test_the_pack_under_test_is_the_one_that_is_shipped() -> None:
    assert (PACK / "skill.json").is_file()

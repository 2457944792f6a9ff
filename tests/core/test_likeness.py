"""Names that people take for one another are told apart from names that merely share letters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.likeness import alike_pairs, too_alike

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "names" / "alike.json").read_bytes())
NAMES = st.from_regex(r"[a-c01]{1,4}(-[a-c01]{1,3})?", fullmatch=True)


def test_there_are_enough_names() -> None:
    assert sum(len(pairs) for pairs in TABLE.values()) >= 60


@pytest.mark.parametrize("pair", TABLE["alike"], ids=" ".join)
def test_names_that_are_taken_for_one_another(pair: list[str]) -> None:
    one, other = pair
    assert too_alike(one, other)
    assert too_alike(other, one)


@pytest.mark.parametrize("pair", TABLE["different"], ids=" ".join)
def test_names_that_nobody_mistakes(pair: list[str]) -> None:
    one, other = pair
    assert not too_alike(one, other)
    assert not too_alike(other, one)


@given(st.lists(NAMES, max_size=12, unique=True))
def test_all_pairs_are_found_without_comparing_all(names: list[str]) -> None:
    expected = {(one, other) for one in names for other in names if one < other and too_alike(one, other)}
    assert set(alike_pairs(names)) == expected

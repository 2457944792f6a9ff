"""Every plan of `tests/plans`, with the real tools and the real registries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.runtime.cases import QUICK, Case, check_case, every_case, missing_tool


def _params() -> list[object]:
    return [
        pytest.param(case, id=case.name, marks=() if case.path.parent.name in QUICK else pytest.mark.slow)
        for case in every_case()
    ]


@pytest.mark.parametrize("case", _params())
def test_a_plan_becomes_what_it_says(case: Case, tmp_path: Path, outer_environment: Mapping[str, str]) -> None:
    missing = missing_tool(case, outer_environment)
    if missing:
        pytest.skip(f"{missing} is not here")
    check_case(case, tmp_path, outer_environment)

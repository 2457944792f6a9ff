"""Every file in tests/data/resolve: an index, what is asked of it, and what must come of that.

index        name -> version -> what it needs; versions and requirements as packs write them
yanked       name -> versions
roots        what is asked for; `locked`: name -> version
answer       the versions that must be chosen, or
story, help  what is told of the conflict, and what the hint says
not_visited  names that the search may not even look at
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.requirements import ANY
from skillctl.resolve.answer import Conflict, Solution
from skillctl.resolve.change import smallest_change
from skillctl.resolve.solver import resolve
from skillctl.resolve.story import story
from skillctl.resolve.words import Words
from tests.resolve.packs import Packs, constraints

CASES = Path(__file__).parents[1] / "data" / "resolve"


def _load(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return case


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = _load(path)
    packs = Packs(case)
    roots = constraints(case["roots"])
    answer = resolve(packs, roots, packs.locked())
    assert not packs.visited & set(case.get("not_visited", ()))
    if "answer" in case:
        assert isinstance(answer, Solution)
        chosen = {name: str(packs.versions(name)[place]) for name, place in answer.chosen.items()}
        assert chosen == case["answer"]
    else:
        assert isinstance(answer, Conflict)
        words = Words(universe=packs, origin="skillctl.json", remarks=packs.remarks())
        assert list(story(answer, words)) == case["story"]
        changes = smallest_change(packs, roots, packs.locked(), conflict=answer, anything=ANY)
        assert words.changes(changes.best, roots) == case["help"]


def test_there_are_cases_and_each_says_what_it_is_about() -> None:
    cases = [_load(path) for path in CASES.glob("*.json")]
    assert len(cases) >= 20
    assert all(case["about"] for case in cases)

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.requirements import Constraint, parse_constraint
from skillctl.core.versions import Version, parse_version
from skillctl.resolve.answer import Conflict, Solution
from skillctl.resolve.change import smallest_change
from skillctl.resolve.solver import resolve
from skillctl.resolve.story import story
from skillctl.resolve.universe import Candidates
from skillctl.resolve.words import Words

CASES = Path(__file__).parents[1] / "data" / "resolve"


@dataclass(slots=True)
class Packs:
    """The universe of a case."""

    case: dict[str, Any]
    visited: set[str] = field(default_factory=set)

    def versions(self, name: str) -> list[Version]:
        return sorted(parse_version(text) for text in self.case["index"].get(name, {}))

    def candidates(self, name: str) -> Candidates[Constraint]:
        self.visited.add(name)
        versions = self.versions(name)
        needs = [self.case["index"][name][str(version)] for version in versions]
        return Candidates(versions, [_constraints(each) for each in needs])

    def matching(self, name: str, requirement: Constraint) -> int:
        versions = self.versions(name)
        return sum(1 << place for place, each in enumerate(versions) if self._will_do(name, each, requirement))

    def _will_do(self, name: str, version: Version, requirement: Constraint) -> bool:
        yanked = str(version) in self.case.get("yanked", {}).get(name, ())
        return requirement.allows(version) and (not yanked or self.case.get("locked", {}).get(name) == str(version))

    def locked(self) -> dict[str, int]:
        locked = self.case.get("locked", {})
        return {name: self.versions(name).index(parse_version(text)) for name, text in locked.items()}


def _constraints(needs: dict[str, str]) -> dict[str, Constraint]:
    return {name: parse_constraint(text) for name, text in needs.items()}


def _load(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return case


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = _load(path)
    packs = Packs(case)
    roots = _constraints(case["roots"])
    answer = resolve(packs, roots, packs.locked())
    assert not packs.visited & set(case.get("not_visited", ()))
    if "answer" in case:
        assert isinstance(answer, Solution)
        chosen = {name: str(packs.versions(name)[place]) for name, place in answer.chosen.items()}
        assert chosen == case["answer"]
    else:
        assert isinstance(answer, Conflict)
        words = Words(universe=packs, origin="skillctl.json", remarks=_remarks(packs))
        assert list(story(answer, words)) == case["story"]
        changes = smallest_change(packs, roots, packs.locked(), conflict=answer, anything=Constraint("*"))
        assert words.changes(changes.best, roots) == case["help"]


def _remarks(packs: Packs) -> dict[tuple[str, int], str]:
    return {
        (name, packs.versions(name).index(parse_version(text))): "yanked"
        for name, texts in packs.case.get("yanked", {}).items()
        for text in texts
    }


def test_there_are_cases_and_each_says_what_it_is_about() -> None:
    cases = [_load(path) for path in CASES.glob("*.json")]
    assert len(cases) >= 20
    assert all(case["about"] for case in cases)

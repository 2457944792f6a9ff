"""Packs as a universe: versions and requirements as they are written, answered by the rules of the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from skillctl.core.requirements import Constraint, parse_constraint
from skillctl.core.versions import Version, parse_version
from skillctl.resolve.universe import Candidates


@dataclass(slots=True)
class Packs:
    """The universe of a case: its index, what is yanked, what is locked."""

    case: dict[str, Any]
    visited: set[str] = field(default_factory=set)

    def versions(self, name: str) -> list[Version]:
        return sorted(parse_version(text) for text in self.case["index"].get(name, {}))

    def candidates(self, name: str) -> Candidates[Constraint]:
        self.visited.add(name)
        versions = self.versions(name)
        needs = [self.case["index"][name][str(version)] for version in versions]
        return Candidates(versions, [constraints(each) for each in needs])

    def matching(self, name: str, requirement: Constraint) -> int:
        versions = self.versions(name)
        return sum(1 << place for place, each in enumerate(versions) if self._will_do(name, each, requirement))

    def _will_do(self, name: str, version: Version, requirement: Constraint) -> bool:
        yanked = str(version) in self.case.get("yanked", {}).get(name, ())
        return requirement.allows(version) and (not yanked or self.case.get("locked", {}).get(name) == str(version))

    def locked(self) -> dict[str, int]:
        locked = self.case.get("locked", {})
        return {name: self.versions(name).index(parse_version(text)) for name, text in locked.items()}

    def remarks(self) -> dict[tuple[str, int], str]:
        """(name, place) -> `yanked`."""
        return {
            (name, self.versions(name).index(parse_version(text))): "yanked"
            for name, texts in self.case.get("yanked", {}).items()
            for text in texts
        }


def constraints(needs: dict[str, str]) -> dict[str, Constraint]:
    """The requirements, read."""
    return {name: parse_constraint(text) for name, text in needs.items()}

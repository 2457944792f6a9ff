"""Sets of versions and facts, in words."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from skillctl.core.value import dataclass, field
from skillctl.resolve.answer import Asked, Needs
from skillctl.resolve.change import Ask, Change, LeaveOut, Widen
from skillctl.resolve.core import Fact, known
from skillctl.resolve.universe import Universe, every_version, places

R = TypeVar("R", bound=Hashable)

MAX_LISTED = 6
"""Versions or stretches of versions that are listed one by one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Words(Generic[R]):
    """How the names, versions and requirements of a universe are called."""

    universe: Universe[R]
    origins: Mapping[str, str] = field(default_factory=dict)
    """Name -> who asks for it: `skillctl.json`, `the command line`."""
    origin: str = "the project"
    """Who asks for what `origins` does not name."""
    remarks: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """(name, place) -> what is to be said of that version where it is listed: `yanked`."""

    def fact(self, fact: Fact[R]) -> str:
        """The fact as a sentence without an end."""
        if isinstance(fact, Asked):
            return f"{self.who(fact.name)} asks for {self.wanted(fact.name, fact.requirement)}"
        return self.need(fact, fact.versions)

    def need(self, fact: Needs[R], versions: int) -> str:
        """The fact for some of its versions: `left` 1.0.0 needs `base` ^1.0.0."""
        several = versions & versions - 1 and versions != every_version(known(self.universe, fact.name))
        verb = "need" if several else "needs"
        return f"{self.some(fact.name, versions)} {verb} {self.wanted(fact.target, fact.requirement)}"

    def who(self, name: str) -> str:
        """Who asks for the name."""
        return self.origins.get(name, self.origin)

    def wanted(self, name: str, requirement: R) -> str:
        """`base` ^1.0.0, or only the name where any version will do."""
        text = str(requirement)
        return f"`{name}` {text}" if text not in ("", "*") else f"`{name}`"

    def version(self, name: str, place: int) -> str:
        """`base` 1.0.0"""
        return f"`{name}` {known(self.universe, name).versions[place]}"

    def some(self, name: str, versions: int) -> str:
        """`base` 1.0.0 to 1.4.0 and 2.0.0, or every version of `base`."""
        return self._set(name, versions, f"every version of `{name}`", "and")

    def one_of(self, name: str, versions: int) -> str:
        """`base` 1.0.0 to 1.4.0 or 2.0.0, or any `base`."""
        return self._set(name, versions, f"any `{name}`", "or")

    def _set(self, name: str, versions: int, every: str, last: str) -> str:
        candidates = known(self.universe, name)
        if versions == every_version(candidates) and len(candidates.versions) > 1:
            return every
        return f"`{name}` {listed(_stretches(candidates.versions, versions), last)}"

    def changes(self, changes: Sequence[Change[R]], roots: Mapping[str, R]) -> str:
        """The best ways out, two of each kind: what the reader can do, or what the author of a pack would have to."""
        asks = [
            f"ask for {self.version(change.name, change.place)} instead of {roots[change.name]}"
            for change in changes
            if isinstance(change, Ask)
        ]
        widenings = [
            f"{self.version(change.name, change.place)} would have to accept "
            f"{self.version(change.target, change.target_place)} (it needs {change.requirement})"
            for change in changes
            if isinstance(change, Widen)
        ]
        left_out = [_together(change) for change in changes if isinstance(change, LeaveOut)]
        leave_out = [f"leave out {listed(left_out, 'or')}"] if left_out else []
        return "; or ".join([*asks[:2], *widenings[:2], *leave_out])

    def there_are(self, name: str) -> str:
        """there is only 1.0.0; there are 1.0.0, 1.5.0 (yanked) and 2.0.0; the newest of many."""
        versions = known(self.universe, name).versions
        shown = [self._remarked(name, place, version) for place, version in enumerate(versions)]
        if len(shown) == 1:
            return f"there is only {shown[0]}"
        if len(shown) > MAX_LISTED:
            return f"the newest of {len(shown)} are {listed(shown[-MAX_LISTED:])}"
        return f"there are {listed(shown)}"

    def _remarked(self, name: str, place: int, version: object) -> str:
        remark = self.remarks.get((name, place), "")
        return f"{version} ({remark})" if remark else f"{version}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """a, b and c; of more than `MAX_LISTED` the last ones only by their number."""
    if not items:
        return ""
    if len(items) > MAX_LISTED:
        return f"{', '.join(items[: MAX_LISTED - 1])} {last} {len(items) - MAX_LISTED + 1} more"
    return f" {last} ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)


def _together(change: LeaveOut) -> str:
    names = listed([f"`{name}`" for name in change.names])
    return f"{names}, since there is more than one conflict" if len(change.names) > 1 else names


def _stretches(versions: Sequence[object], chosen: int) -> list[str]:
    """1.0.0, 1.4.0 to 1.9.0: three neighbours or more are one item."""
    runs: list[list[int]] = []
    for place in places(chosen):
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    found: list[str] = []
    for run in runs:
        if len(run) > 2:
            found.append(f"{versions[run[0]]} to {versions[run[-1]]}")
        else:
            found.extend(f"{versions[place]}" for place in run)
    return found

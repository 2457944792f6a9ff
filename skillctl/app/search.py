"""`search`: packs of all registries by what they say of themselves, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skillctl.app.listing import AvailableOutcome, offered_packs
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl_registry.search import SearchIndex


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchOutcome(AvailableOutcome):
    """The packs that were found, the best first."""

    total: int
    """How many there are, of which these are the best."""

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {**AvailableOutcome.to_json(self), "total": self.total}


def search(settings: Settings, cwd: Path, words: Sequence[str], *, limit: int = 0, registry: str = "") -> SearchOutcome:
    """The packs that say all the words, each from the registry that its name belongs to; `limit` 0 is all of them."""
    packs, problems = offered_packs(settings, cwd, registry=registry)
    hits = SearchIndex([each.entry for each in packs]).search(words, limit=limit)
    return SearchOutcome(problems=problems, packs=tuple(packs[place] for place in hits.places), total=hits.total)

"""Search over catalogs: every word has to be said somewhere, and what says it most plainly comes first.

A word is looked for in name, keywords, capabilities, commands and description, in any letter case. Each pack gets a
rank for each word, and the ranks add up; packs of one rank stand by name, the deprecated ones behind the others.

    0   the name is the word           `arcgis`
    1   the name begins with it        `arcgis-raster`
    2   a part of the name does        `my-arcgis`, `@acme/arcgis`
    3   a keyword, capability or command is the word
    4   the name has it somewhere
    5   a keyword, capability or command has it somewhere
    6   only the description has it

Words that together are the name, `raster tools` for `raster-tools`, count as the name.

Everything of a pack is one text, and what is not its description a shorter one, in which signs that nobody types keep
the fields apart: so a rank is a question of whether one text stands in another. Going through a hundred thousand such
texts takes some twenty milliseconds; an index of words would take longer to make than a command's question to answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from skillctl.core.value import dataclass
from skillctl_registry.catalog import CatalogEntry

_NAME, _TAG = "\x01", "\x02"
_APART = dict.fromkeys(range(3))
_DESCRIPTION = 6


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found."""

    places: Sequence[int]
    """Of the entries, the best first."""
    total: int
    """How many there are, of which these are the best."""


class SearchIndex:
    """Entries of catalogs, ready to be searched. Their names are sorted."""

    def __init__(self, entries: Sequence[CatalogEntry]) -> None:
        self._heads = [_head(entry) for entry in entries]
        self._texts = [f"{head}{entry.description.lower()}" for head, entry in zip(self._heads, entries, strict=True)]
        self._deprecated = {place for place, entry in enumerate(entries) if entry.deprecated}

    def search(self, words: Sequence[str], *, limit: int = 0) -> Hits:
        """The places of the best entries that say all the words; `limit` 0 is all of them."""
        wanted = [word for text in words for word in text.lower().translate(_APART).split()]
        if not wanted:
            places = range(len(self._texts))
            return Hits(places[: limit or None], len(places))
        texts = self._texts
        first, *others = sorted(wanted, key=len, reverse=True)  # the longest word leaves the fewest
        places_found = [place for place, text in enumerate(texts) if first in text]
        for word in others:
            places_found = [place for place in places_found if word in texts[place]]
        begin = self._beginning(first) if not others else ()
        if 0 < limit <= len(begin):  # nothing else can be among the best
            return Hits(self._best(begin, wanted, limit), len(places_found))
        return Hits(self._best(places_found, wanted, limit), len(places_found))

    def _beginning(self, word: str) -> Sequence[int]:
        """The places whose names begin with the word: neighbours, since names are sorted."""
        low = bisect_left(self._heads, f"{_NAME}{word}")
        high = bisect_left(self._heads, f"{_NAME}{word}\U0010ffff")
        return range(low, high)

    def _best(self, places: Sequence[int], words: Sequence[str], limit: int) -> Sequence[int]:
        """The places by rank, and within a rank those that are not deprecated first, each by name; up to the limit.

        Those whose name and tags say more of the words are ranked first. Once there are enough that no other can be
        better than, the others, which may be tens of thousands, need no rank.
        """
        heads = self._heads
        missing: dict[int, list[int]] = {}
        for place in places:
            head = heads[place]
            missing.setdefault(sum([word not in head for word in words]), []).append(place)
        named = f"{_NAME}{'-'.join(words)}{_TAG}"
        by_rank: dict[int, list[int]] = {}
        for count in sorted(missing):
            least = count * _DESCRIPTION
            if limit and sum(len(by_rank[rank]) for rank in by_rank if rank < least) >= limit:
                break
            for place in missing[count]:
                head = heads[place]
                together = len(words) > 1 and head.startswith(named)
                rank = -1 if together else sum([_rank(head, word) for word in words if word in head]) + least
                by_rank.setdefault(rank, []).append(place)
        best: list[int] = []
        for rank in sorted(by_rank):
            alike = sorted(by_rank[rank])
            best += [place for place in alike if place not in self._deprecated]
            best += [place for place in alike if place in self._deprecated]
            if limit and len(best) >= limit:
                return best[:limit]
        return best


def _head(entry: CatalogEntry) -> str:
    """`<1>name<2>tag<2>tag<2>`, in lower case."""
    return f"{_NAME}{_TAG.join((entry.name, *entry.keywords, *entry.capabilities, *entry.skills))}{_TAG}".lower()


def _rank(head: str, word: str) -> int:
    """The rank of an entry whose name or tags have the word."""
    end = head.index(_TAG)
    at = head.find(word, 0, end)
    if at == 1:
        return 0 if len(word) + 1 == end else 1
    if at > 0 and (head.find(f"-{word}", 0, end) >= 0 or head.find(f"/{word}", 0, end) >= 0):
        return 2
    if f"{_TAG}{word}{_TAG}" in head:
        return 3
    return 4 if at > 0 else 5

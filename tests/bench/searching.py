"""Search over the catalogs of a hundred thousand packs, in the process that asks."""

from __future__ import annotations

import random
from collections.abc import Sequence

from skillctl.core.versions import Version
from skillctl_registry.catalog import CatalogEntry, entry_line, parse_shard
from skillctl_registry.search import SearchIndex
from tests.bench.clock import in_process
from tests.bench.table import Row, milliseconds

PACKS = 100_000
MOST = 0.05  # seconds for a question, warm
_LETTERS = "aaabcdeeefghiiijklmnoooprstuuvwyz"
_COMMON = ("agent", "analysis", "cloud", "code", "data", "deploy", "review", "skill", "test", "tools")


def searching(repeat: int) -> list[Row]:
    """Questions of one word and of several, that few packs say and that thousands say."""
    entries = catalog(PACKS)
    index = SearchIndex(entries)
    questions = (
        ("one name", [entries[PACKS // 2].name]),
        ("a word that nobody says", ["zzzzzzzz"]),
        ("a word that few say", [entries[PACKS // 3].keywords[0]]),
        ("a word that many say", ["data"]),
        ("two words that many say", ["data", "tools"]),
        ("three words that many say", ["data", "tools", "review"]),
        ("one letter", ["e"]),
    )
    rows = [_row(index, what, words, repeat) for what, words in questions]
    made = in_process(repeat, lambda: SearchIndex(entries))
    data = b"".join(entry_line(each) for each in entries[: PACKS // 10])
    read = in_process(1, lambda: parse_shard(data))
    return [
        *rows,
        Row("making the index, once a command", milliseconds(made.cpu)),
        Row("reading a tenth of the catalog, 10,000 lines", milliseconds(read.cpu)),
    ]


def _row(index: SearchIndex, what: str, words: Sequence[str], repeat: int) -> Row:
    found = in_process(repeat, lambda: index.search(words, limit=20))
    total = index.search(words, limit=20).total
    return Row(f"{what}: {total:,} found", milliseconds(found.cpu), milliseconds(MOST), found.cpu < MOST)


def catalog(count: int) -> list[CatalogEntry]:
    """Entries as people would write them: a few words that many use, and many that few do."""
    chance = random.Random(6)  # the same packs each time
    rare = sorted({"".join(chance.choices(_LETTERS, k=chance.randint(4, 10))) for _ in range(20_000)})

    def words(number: int) -> list[str]:
        return [chance.choice(_COMMON if chance.random() < 0.1 else rare) for _ in range(number)]

    names = {f"{'-'.join(words(chance.randint(1, 2)))}-{number}" for number in range(count)}
    return [
        CatalogEntry(
            name=name,
            latest=Version(1, 0, 0),
            description=" ".join(words(16)),
            keywords=tuple(words(4)),
            capabilities=tuple("-".join(words(2)) for _ in range(2)),
            skills=(name,),
        )
        for name in sorted(names)
    ]

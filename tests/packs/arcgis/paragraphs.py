"""Paragraphs of the pack, and how much of one stands in another.

A paragraph is text between blank lines, a list item by itself, or a row of a table. Two are compared by their shingles:
every run of eight words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.packs.arcgis.checker.markdown import Page

WORDS = 8
LEAST_WORDS = 14
"""Shorter paragraphs (labels, cells) say the same thing by right."""
ITEM = re.compile(r"^\s*(?:[-*]|\d+\.) +")


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    file: str
    line: int
    words: tuple[str, ...]

    @property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        return frozenset(self.words[at : at + WORDS] for at in range(len(self.words) - WORDS + 1))

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({' '.join(self.words[:9])} …)"


def paragraphs(page: Page) -> Iterator[Paragraph]:
    lines: list[str] = []
    first = 1
    for number, line in enumerate([*page.prose.splitlines(), ""], start=1):
        stripped = line.strip()
        alone = stripped.startswith(("|", "#")) or ITEM.match(line) is not None
        if lines and (not stripped or alone):
            yield from _paragraph(page.name, first, lines)
            lines = []
        if stripped and not stripped.startswith("#"):
            if not lines:
                first = number
            lines.append(stripped)


def _paragraph(file: str, line: int, lines: list[str]) -> Iterator[Paragraph]:
    words = tuple(re.findall(r"[\w.@]+", " ".join(lines).lower()))
    if len(words) >= LEAST_WORDS:
        yield Paragraph(file=file, line=line, words=words)


def repeated(given: Iterable[Paragraph], *, share: float) -> Iterator[tuple[Paragraph, Paragraph, float]]:
    """Pairs of which the shorter one stands in the other to at least this share."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    listed = list(given)
    for number, each in enumerate(listed):
        for shingle in each.shingles:
            holders[shingle].append(number)
    common: dict[tuple[int, int], int] = defaultdict(int)
    for numbers in holders.values():
        for one in numbers:
            for other in numbers:
                if one < other:
                    common[one, other] += 1
    for (one, other), count in sorted(common.items()):
        least = min(len(listed[one].shingles), len(listed[other].shingles))
        if count / least >= share:
            yield listed[one], listed[other], count / least

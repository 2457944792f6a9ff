"""A page of Markdown as the checks see it: python blocks, inline code, sections, tables, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)[^\n]*\n(?P<text>.*?)^ *```\s*$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)")
HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$")
NOT_ALONE = re.compile(r"<!--\s*not run alone:\s*(?P<reason>.+?)\s*-->\s*\Z", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fenced block."""

    language: str
    text: str
    line: int
    """Of the first line inside the fence."""
    not_alone: str | None
    """Why the block cannot run by itself, as the comment before it says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Inline code."""

    text: str
    line: int
    in_table: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading and what stands below it, without the sections inside it."""

    level: int
    title: str
    first: int
    last: int
    """Lines, both counted from 1 and both included."""


class Page:
    """One file."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    @classmethod
    def read(cls, path: Path, name: str) -> Page:
        return cls(name, path.read_text(encoding="utf-8"))

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def blocks(self) -> list[Block]:
        return list(self._find_blocks())

    def _find_blocks(self) -> Iterator[Block]:
        for found in FENCE.finditer(self.text):
            said = NOT_ALONE.search(self.text[: found.start()])
            indent = len(found["indent"])
            code = "".join(
                line[indent:] if line[:indent].isspace() else line for line in found["text"].splitlines(True)
            )
            yield Block(
                language=found["language"],
                text=code if indent else found["text"],
                line=self.line_of(found.start("text")),
                not_alone=said["reason"] if said else None,
            )

    def line_of(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    @cached_property
    def prose(self) -> str:
        """The page with blank lines where the blocks are, so that lines keep their numbers."""
        return FENCE.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    @cached_property
    def spans(self) -> list[Span]:
        return [
            Span(text=found[2].strip(), line=number, in_table=line.lstrip().startswith("|"))
            for number, line in enumerate(self.prose.splitlines(), start=1)
            for found in SPAN.finditer(line)
        ]

    @cached_property
    def sections(self) -> list[Section]:
        heads = [
            (number, found)
            for number, line in enumerate(self.prose.splitlines(), start=1)
            if (found := HEADING.match(line))
        ]
        ends = [*(number - 1 for number, _ in heads[1:]), len(self.lines)][: len(heads)]
        return [
            Section(level=len(found[1]), title=found[2], first=number, last=end)
            for (number, found), end in zip(heads, ends, strict=True)
        ]

    def around(self, line: int) -> str:
        """The section of a line, with the openings of the sections that it is in."""
        inside = [each for each in self.sections if each.first <= line]
        kept: list[Section] = []
        level = 7
        for each in reversed(inside):
            if each.level < level:
                kept.append(each)
                level = each.level
        return "\n".join("\n".join(self.lines[each.first - 1 : each.last]) for each in kept) or self.text

    def title_at(self, line: int) -> str:
        """The headings above a line, from the page's down to the section's."""
        titles: list[str] = []
        level = 7
        for each in reversed([each for each in self.sections if each.first <= line]):
            if each.level < level:
                titles.append(each.title)
                level = each.level
        return " / ".join(reversed(titles))

"""Habits that the pack teaches, kept by the pack itself: cursors end with their block, heads name their sections."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.packs.arcgis.checker.markdown import Page
from tests.packs.arcgis.checker.pack import PACK
from tests.packs.arcgis.loaded import page, pages

REFERENCES = tuple(each.name for each in pages() if each.name.startswith("references/"))
CURSORS = {"SearchCursor", "UpdateCursor", "InsertCursor"}
LIST = re.compile(r"^Covers(?:, in this order)?: (.+?)\n\n", re.MULTILINE | re.DOTALL)
EARLY = 90
"""Characters: a line of a paragraph that ends before, although the next word would fit, is padding."""
APART = re.compile(r"\s*(?:\||#|\*\*|<!--|Cause:|Cure:|$)")
ITEM = re.compile(r"\s*(?:[-*]|\d+\.) ")


def programs() -> Iterator[tuple[str, str]]:
    for each in pages():
        for block in each.blocks:
            if block.language == "python":
                yield f"{each.name}:{block.line}", block.text
    for path in sorted((PACK / "projects").rglob("*.py")):
        yield path.relative_to(PACK).as_posix(), path.read_text(encoding="utf-8")


def open_cursors(text: str) -> list[int]:
    """Lines with a cursor that no `with` closes."""
    tree = ast.parse(text)
    closed = {id(item.context_expr) for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    named = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in CURSORS]
    return [call.lineno for call in named if id(call) not in closed]


def test_every_cursor_ends_with_its_block() -> None:
    assert {name: lines for name, text in programs() if (lines := open_cursors(text))} == {}
    assert open_cursors("for row in arcpy.da.SearchCursor('a', ['b']):\n    pass") == [1]


def stems(text: str) -> set[str]:
    return {re.sub(r"(?:s|ing|ed|e)$", "", word) for word in re.findall(r"[a-z0-9]+", text.lower())}


@pytest.mark.parametrize("name", REFERENCES)
def test_the_head_of_a_reference_names_its_sections_in_their_order(name: str) -> None:
    text = page(name).text
    head = LIST.search(text)
    assert head is not None
    listed = [each.strip() for each in " ".join(head[1].split()).split("·")]
    sections = re.findall(r"^## (.+)$", page(name).prose, re.MULTILINE)
    assert len(listed) == len(sections), (listed, sections)
    assert [pair for pair in zip(listed, sections, strict=True) if not stems(pair[0]) & stems(pair[1])] == []


def lines_that_end_early(given: Page) -> list[int]:
    return [
        number
        for number, (line, following) in enumerate(pairwise(given.prose.splitlines()), start=1)
        if not APART.match(line)
        and not APART.match(following)
        and not ITEM.match(following)
        and len(line) + 1 + len(following.split()[0]) <= EARLY
    ]


def test_paragraphs_are_filled() -> None:
    knowledge = [page("CONTEXT.md"), *map(page, REFERENCES)]
    assert {each.name: lines for each in knowledge if (lines := lines_that_end_early(each))} == {}
    assert lines_that_end_early(Page("a.md", "Short\nlines here.\n")) == [1]

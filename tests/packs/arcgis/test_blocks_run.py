"""Every python block of the pack runs, by itself, against an arcpy made from the lists."""

from __future__ import annotations

import ast

import pytest

from tests.packs.arcgis.loaded import pages, ran

PAGES = [page.name for page in pages() if any(block.language == "python" for block in page.blocks)]

MOST_NOT_ALONE = 3


@pytest.mark.parametrize("name", PAGES)
def test_the_blocks_of_a_page_run(name: str) -> None:
    assert [str(finding) for _, result in ran(name) for finding in result.findings] == []


def test_hardly_a_block_is_marked_as_one_that_cannot_run_alone() -> None:
    marked = [f"{page.name}:{block.line}" for page in pages() for block in page.blocks if block.not_alone]
    assert len(marked) <= MOST_NOT_ALONE, marked


def test_nine_of_ten_statements_of_the_blocks_are_executed() -> None:
    every = executed = 0
    for name in PAGES:
        for block, result in ran(name):
            lines = {node.lineno for node in ast.walk(ast.parse(block.text)) if isinstance(node, ast.stmt)}
            every += len(lines)
            executed += len(lines & result.lines)
    assert every > 2_000
    assert executed >= 0.9 * every, f"{executed} of {every}"

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


def statements(text: str) -> set[int]:
    """The lines on which a statement begins; a docstring is none."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    texts = [node for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    return {node.lineno for node in nodes if node not in texts}


def test_nearly_every_statement_of_the_blocks_is_executed() -> None:
    every = executed = 0
    for name in PAGES:
        for block, result in ran(name):
            lines = statements(block.text)
            every += len(lines)
            executed += len(lines & result.lines)
    assert every > 2_000
    assert executed >= 0.92 * every, f"{executed} of {every}"

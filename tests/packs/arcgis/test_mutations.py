"""The pack's own lines, broken one at a time: the lists alone find nearly every one of them.

Broken means that the last letter is missing. What is not found are names of Python's own library, fields and other
words that only look like ours; running the blocks finds a part of these too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.packs.arcgis.checker.pack import walk
from tests.packs.arcgis.loaded import names, pages

EACH = 9
"""One of so many is broken, so that the test takes seconds."""
OF_PYTHON = frozenset(name for kind in (str, list, dict, set, tuple, int, float, bytes) for name in dir(kind))


def breakable(text: str) -> Iterator[tuple[str, int]]:
    """Kind and place (in the order of `ast.walk`) of what can be broken."""
    known = names().members | names().short_names
    for at, node in enumerate(ast.walk(ast.parse(text))):
        match node:
            case ast.Attribute(attr=name) if name in known and name not in OF_PYTHON and len(name) > 3:
                yield "attribute", at
            case ast.keyword(arg=str(name)) if name in names().parameters:
                yield "keyword", at
            case ast.Constant(value=str(word)) if word in names().literals and "_" in word and word.isupper():
                yield "literal", at
            case _:
                pass


def broken(text: str, place: int) -> ast.Module:
    tree = ast.parse(text)
    match list(ast.walk(tree))[place]:
        case ast.Attribute() as node:
            node.attr = node.attr[:-1]
        case ast.keyword(arg=str(name)) as node:
            node.arg = name[:-1]
        case ast.Constant(value=str(word)) as node:
            node.value = word[:-1]
        case node:
            raise AssertionError(node)
    return tree


@pytest.mark.parametrize(("kind", "least"), [("attribute", 0.9), ("keyword", 0.95), ("literal", 0.95)])
def test_a_broken_line_of_the_pack_is_found(kind: str, least: float) -> None:
    texts = [block.text for page in pages() for block in page.blocks if block.language == "python"]
    chosen = [(text, at) for text in texts for sort, at in breakable(text) if sort == kind][::EACH]
    found = sum(bool(walk(broken(text, at), names())[0]) for text, at in chosen)
    assert len(chosen) >= 20
    assert found >= least * len(chosen), f"{found} of {len(chosen)}"

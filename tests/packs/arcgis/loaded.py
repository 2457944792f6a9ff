"""What the tests of the pack share: lists, pages, findings and runs, each made once in a session."""

from __future__ import annotations

from functools import cache

from tests.packs.arcgis.checker.allowed import Allowed, exceptions
from tests.packs.arcgis.checker.finding import Finding
from tests.packs.arcgis.checker.markdown import Block, Page
from tests.packs.arcgis.checker.names import Names
from tests.packs.arcgis.checker.pack import PACK, check_pack
from tests.packs.arcgis.standin.run import Ran, run_block, runnable


@cache
def names() -> Names:
    return Names.load()


@cache
def pages() -> tuple[Page, ...]:
    """Every page of the pack, by its path in it."""
    return tuple(Page.read(path, path.relative_to(PACK).as_posix()) for path in sorted(PACK.rglob("*.md")))


def page(name: str) -> Page:
    return next(each for each in pages() if each.name == name)


@cache
def allowed() -> tuple[Allowed, ...]:
    return tuple(exceptions())


@cache
def findings() -> tuple[Finding, ...]:
    """What the lists say about the whole pack, exceptions included."""
    return tuple(check_pack(PACK, names()))


@cache
def ran(name: str) -> tuple[tuple[Block, Ran], ...]:
    """The blocks of a page with what running them showed."""
    return tuple((block, run_block(block, name, names())) for block in runnable(page(name)))

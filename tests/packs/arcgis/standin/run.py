"""Every python block of a page, run by itself against the stand-in.

A block runs in a namespace of its own, in an empty folder, as `__main__`, once with each answer of the world. Functions
and classes that it only defines are called with stand-in arguments afterwards; then only what the stand-in refuses is
a finding, because nobody knows what arguments a reader gives. Network, other processes, sleeping and packages that are
not here answer something plausible; a file that is not there is read as one that has the columns which the block names.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.packs.arcgis.checker.finding import Finding
from tests.packs.arcgis.checker.markdown import Block, Page
from tests.packs.arcgis.checker.names import Names
from tests.packs.arcgis.standin.callers import uncalled
from tests.packs.arcgis.standin.room import room, words_quoted
from tests.packs.arcgis.standin.values import UnknownNameError, WrongCallError
from tests.packs.arcgis.standin.world import World

MOST_LINES = 100_000
FILE = "<block>"


class TooLongError(Exception):
    """A block that does not end."""


@dataclass(slots=True)
class Ran:
    """What running one block showed."""

    findings: list[Finding] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    """Lines of the block that were executed."""


def run_page(path: Path, name: str, names: Names) -> list[Finding]:
    page = Page.read(path, name)
    return [finding for block in runnable(page) for finding in run_block(block, name, names).findings]


def runnable(page: Page) -> list[Block]:
    return [block for block in page.blocks if block.language in ("python", "py") and block.not_alone is None]


def run_block(block: Block, name: str, names: Names) -> Ran:
    ran = Ran()
    try:
        code = compile(block.text, FILE, "exec")
    except SyntaxError as error:
        ran.findings.append(
            Finding(name, block.line + (error.lineno or 1) - 1, "syntax", f"the block does not parse: {error.msg}")
        )
        return ran
    for yes in (True, False):
        found = _run_once(code, block, World(names, yes=yes, words=words_quoted(block.text)), ran)
        for line, sentence in found:
            finding = Finding(name, block.line + line - 1, "run", sentence)
            if finding not in ran.findings:
                ran.findings.append(finding)
    return ran


def _run_once(code: types.CodeType, block: Block, world: World, ran: Ran) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": "block.py"}
    tracer = Tracer(ran.lines)
    with room(block.text, world):
        error = attempt(tracer, lambda: exec(code, namespace))
        if isinstance(error, UnknownNameError | WrongCallError) or (error is not None and world.yes):
            found.append((line_of(error), f"does not run: {type(error).__name__}: {error}"))
        for called in uncalled(namespace, block.text, ran.lines):
            error = attempt(tracer, called)
            if isinstance(error, UnknownNameError | WrongCallError):
                found.append((line_of(error), f"does not run: {error}"))
        namespace.clear()
    return found


def attempt(tracer: Tracer, action: Callable[[], object]) -> BaseException | None:
    """The error of an action; leaving by SystemExit is no error."""
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        action()
    except SystemExit:
        return None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return error
    finally:
        sys.settrace(before)
    return None


class Tracer:
    """Remembers lines, and ends what does not end."""

    def __init__(self, lines: set[int]) -> None:
        self.lines = lines
        self.count = 0

    def __call__(self, frame: types.FrameType, event: str, _: object) -> Tracer | None:
        if frame.f_code.co_filename != FILE:
            return None
        if event == "line":
            self.lines.add(frame.f_lineno)
            self.count += 1
            if self.count > MOST_LINES:
                raise TooLongError("it does not end")
        return self


def line_of(error: BaseException) -> int:
    line, at = 1, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == FILE:
            line = at.tb_lineno
        at = at.tb_next
    return line

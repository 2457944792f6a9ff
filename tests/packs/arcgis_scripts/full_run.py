"""Runs a whole script against the stand-in arcpy, from its first line to its last.

The pack's checker asks each block twice, with every answer yes and every answer no; a script that first asks whether
its inputs are there and then whether its results are not needs a third kind of answer, which is given here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from tests.packs.arcgis.checker.names import Names
from tests.packs.arcgis.standin.room import room
from tests.packs.arcgis.standin.world import World


@dataclass(slots=True)
class FullRun:
    """What a run left: the error that ended it, rows put in by cursors, tools called, and files written."""

    error: BaseException | None = None
    inserted: list[list[Any]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    lines: set[int] = field(default_factory=set)


def run_script(text: str, *, exists: Callable[[str], bool], words: tuple[str, ...] = ()) -> FullRun:
    """Runs the text as `__main__`. `exists` answers for every dataset."""
    ran = FullRun()
    world = World(Names.load(), yes=True, words=list(words))
    arcpy = world.modules["arcpy"]
    vars(arcpy)["Exists"] = lambda path: exists(str(path))
    cursor = arcpy.da.InsertCursor
    put = cursor.insertRow

    def insert(self: Any, row: Any) -> Any:
        ran.inserted.append(list(row))
        return put(self, row)

    def trace(frame: Any, event: str, _: object) -> Any:
        if frame.f_code.co_filename == "<script>":
            ran.lines.add(frame.f_lineno)
            return trace
        return None

    code = compile(text, "<script>", "exec")
    before = sys.gettrace()
    with mock.patch.object(cursor, "insertRow", insert), room(text, world):
        sys.settrace(trace)
        try:
            exec(code, {"__name__": "__main__", "__file__": "script.py"})
        except (Exception, SystemExit) as error:  # noqa: BLE001 - however a script ends is the answer
            ran.error = error
        finally:
            sys.settrace(before)
        ran.files = {path.name: path.read_text(encoding="utf-8") for path in Path().iterdir() if path.is_file()}
    return ran

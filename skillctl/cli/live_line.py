"""The one line on a terminal that is written over while something goes on, and the sentences above it.

All of it goes to standard error. Where no terminal is, the line is not written: a log of it would help nobody.
`--quiet` says nothing at all.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from skillctl.cli.page import one_line
from skillctl.cli.streams import Manner
from skillctl.edges.terminal import look_at_terminal

_CLEAR = "\r\x1b[2K"
_NARROW = 20
"""Columns that are written even where the terminal says that it has fewer: it may not know."""


class LiveLine:
    """A line that stands below, until something else is said."""

    def __init__(self) -> None:
        self.is_shown_here = not Manner.quiet and look_at_terminal(os.environ).colour
        """Whether there is a terminal to write it on."""
        self._stands = False

    def show(self, text: str) -> None:
        """Write the line over the one that stands there, no longer than the terminal is wide."""
        if self.is_shown_here:
            self._write(f"{_CLEAR}{one_line(text)[: max(_width() - 1, _NARROW)]}")
            self._stands = True

    def say(self, sentence: str) -> None:
        """Say something that stays, in the place of the line."""
        if not Manner.quiet:
            self.wipe()
            self._write(f"{one_line(sentence)}\n")

    def wipe(self) -> None:
        """Leave nothing of the line behind."""
        if self._stands:
            self._write(_CLEAR)
            self._stands = False

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # who can't be told can't be told
            sys.stderr.write(text)
            sys.stderr.flush()


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns

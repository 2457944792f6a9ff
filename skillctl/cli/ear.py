"""What a person sees of long work and of waiting: one line on a terminal, written over; a sentence for a lock.

Work that is over soon shows nothing. Where no terminal is, how far something is goes nowhere, since a log of it would
help nobody; that another command is waited for is said everywhere, since silence there looks like a hang. `--quiet`
says nothing.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

from skillctl.cli.page import one_line
from skillctl.cli.streams import Manner
from skillctl.edges.terminal import look_at_terminal

_CLEAR = "\r\x1b[2K"
_SOON = 0.4  # seconds: what is over before is not worth a line
_OFTEN = 0.1  # seconds between two lines


class TerminalEar:
    """Hears for the person at the terminal."""

    def __init__(self) -> None:
        self._live = not Manner.quiet and look_at_terminal(os.environ).colour
        self._begun: dict[str, float] = {}
        self._last = 0.0
        self._shown = False

    def progress(self, what: str, done: int, total: int) -> None:
        """Show how far it is, once it has taken a while."""
        if not self._live:
            return
        now = time.monotonic()
        begun = self._begun.setdefault(what, now)
        if done >= total:
            self._begun.pop(what, None)
            self._wipe()
        elif now - begun >= _SOON and now - self._last >= _OFTEN:
            self._last = now
            self._write(f"{_CLEAR}{one_line(what)} {done:,} of {total:,}")
            self._shown = True

    def waiting(self, holder: str, seconds: float) -> None:
        """Say who is waited for."""
        if not Manner.quiet:
            self._wipe()
            self._write(f"waiting for {one_line(holder)} (at most {seconds:.0f} s; Ctrl-C ends it)\n")

    def done(self) -> None:
        """Leave nothing of the line behind: an error may come next."""
        self._wipe()

    def _wipe(self) -> None:
        if self._shown:
            self._write(_CLEAR)
            self._shown = False

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # who can't be told can't be told
            sys.stderr.write(text)
            sys.stderr.flush()

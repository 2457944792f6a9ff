"""What a person sees of long work and of waiting: one line on a terminal, written over; a sentence for a lock.

Work that is over soon shows nothing. Where no terminal is, how far something is goes nowhere, since a log of it would
help nobody; that another command is waited for is said everywhere, since silence there looks like a hang. `--quiet`
says nothing.
"""

from __future__ import annotations

import time

from skillctl.cli.live_line import LiveLine

_SOON = 0.4  # seconds: what is over before is not worth a line
_OFTEN = 0.1  # seconds between two lines


class TerminalEar:
    """Hears for the person at the terminal."""

    def __init__(self) -> None:
        self._line = LiveLine()
        self._begun: dict[str, float] = {}
        self._last = 0.0

    def progress(self, what: str, done: int, total: int) -> None:
        """Show how far it is, once it has taken a while."""
        if not self._line.is_shown_here:
            return
        now = time.monotonic()
        begun = self._begun.setdefault(what, now)
        if done >= total:
            self._begun.pop(what, None)
            self._line.wipe()
        elif now - begun >= _SOON and now - self._last >= _OFTEN:
            self._last = now
            self._line.show(f"{what} {done:,} of {total:,}")

    def waiting(self, holder: str, seconds: float) -> None:
        """Say who is waited for."""
        self._line.say(f"waiting for {holder} (at most {seconds:.0f} s; Ctrl-C ends it)")

    def done(self) -> None:
        """Leave nothing of the line behind: an error may come next."""
        self._line.wipe()

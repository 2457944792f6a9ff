"""How often somebody may ask: a bucket of tokens for each caller, filled at a steady rate.

Each process counts for itself; what is meant is to keep one caller from taking all of the server, not to meter him.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

_MOST_CALLERS = 50_000


class Allowance:
    """So many requests at once, and so many a second from then on."""

    def __init__(self, *, burst: int, rate: float, clock: Callable[[], float]) -> None:
        """`rate` is in requests a second; `clock` is in seconds, and never goes back."""
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, caller: str) -> float:
        """0 if the caller may go on, else the seconds until he may."""
        now = self._clock()
        with self._lock:
            if len(self._left) >= _MOST_CALLERS and caller not in self._left:
                self._forget(now)
            left, since = self._left.get(caller, (float(self._burst), now))
            left = min(float(self._burst), left + (now - since) * self._rate)
            if left < 1:
                return (1 - left) / self._rate
            self._left[caller] = (left - 1, now)
            return 0.0

    def _forget(self, now: float) -> None:
        """Forget those whose buckets are full again; where that makes little room, those who asked the longest ago.

        Half is forgotten then, so that a flood from many addresses neither fills the memory nor is searched each time.
        """
        full = self._burst / self._rate
        known = {each: found for each, found in self._left.items() if now - found[1] < full}
        if len(known) > _MOST_CALLERS // 2:
            latest = sorted(known.items(), key=lambda each: each[1][1])
            known = dict(latest[-(_MOST_CALLERS // 2) :])
        self._left = known

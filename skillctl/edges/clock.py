"""The time, told here alone, so that the same input gives the same output everywhere else."""

from __future__ import annotations

import time


def now() -> str:
    """This moment in UTC as RFC 3339 text, to the second: `2026-11-22T10:56:48Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def seconds() -> float:
    """This moment in seconds since 1970, for ages."""
    return time.time()

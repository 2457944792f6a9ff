"""Work shared out among processes: for many small jobs that are mostly interpreting, where threads only take turns.

A worker is a fork: it has everything that the command has read so far, and gives back nothing but what it wrote to the
disk. So the work must be such that doing it twice or not at all does no harm, like putting a tree into the store.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

MOST = 4


def share_out(jobs: Sequence[T], work: Callable[[T], object], *, least: int) -> None:
    """Do the work for every job, in several processes if there are at least `least` jobs and more than one processor.

    In another process a job that fails ends that process's share without a word: the caller looks at what was done,
    and does the rest itself. Here, an error comes out after every process has ended.
    """
    count = min(MOST, _processors()) if len(jobs) >= least else 1
    children = [_forked(jobs[number::count], work) for number in range(1, count)]
    try:
        for job in jobs[::count]:
            work(job)
    finally:
        for child in children:
            os.waitpid(child, 0)


def _processors() -> int:
    """Processors that this process may use; 1 where forking is not safe."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def _forked(jobs: Sequence[T], work: Callable[[T], object]) -> int:
    """The number of the process that does these jobs."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        for job in jobs:
            work(job)
        status = 0
    finally:
        os._exit(status)  # no clean-up of what belongs to the parent

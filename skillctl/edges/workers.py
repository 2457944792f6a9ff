"""Work shared out among processes: for many small jobs that are mostly interpreting, where threads only take turns.

A worker is a fork: it has everything that the command has read so far, and holds the locks that the command holds, so
that nobody else begins while an orphan is still at work. The work must be such that doing it again does no harm.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")

MOST = 4


def share_out(jobs: Sequence[J], work: Callable[[J], R], *, least: int) -> list[R | None]:
    """The result of each job, which must be built of plain texts, numbers, lists and dicts.

    There are several processes if there are at least `least` jobs and more than one processor. Where a job fails in
    another process, the rest of its share has None, and it is the caller's to do: so its error comes out there. An
    error here comes out after every process has ended.
    """
    count = min(MOST, _processors()) if len(jobs) >= least else 1
    results: list[R | None] = [None] * len(jobs)
    workers = [_forked(jobs[number::count], work) for number in range(1, count)]
    try:
        for place in range(0, len(jobs), count):
            results[place] = work(jobs[place])
    finally:
        for number, (child, answers) in enumerate(workers, start=1):
            with os.fdopen(answers, "rb") as told:
                data = told.read()
            os.waitpid(child, 0)
            done: list[R] = marshal.loads(data) if data else []
            results[number : number + len(done) * count : count] = done
    return results


def _processors() -> int:
    """Processors that this process may use; 1 where forking is not safe."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def _forked(jobs: Sequence[J], work: Callable[[J], R]) -> tuple[int, int]:
    """The number of the process that does these jobs, and where it tells the results of those it has done."""
    answers, told = os.pipe()
    child = os.fork()
    if child:
        os.close(told)
        return child, answers
    results: list[R] = []
    try:
        for job in jobs:
            results.append(work(job))  # noqa: PERF401  what is done before a failure has to be told
    finally:
        with os.fdopen(told, "wb") as file:
            file.write(marshal.dumps(results))
        os._exit(0)  # no clean-up of what belongs to the parent

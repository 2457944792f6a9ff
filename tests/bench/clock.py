"""Measuring: commands as children, with wall time, CPU time and peak memory; functions by CPU time. Medians."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measure:
    """One measurement, or the median of several."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system."""
    memory: int = 0
    """Peak resident bytes."""


def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], told: bytes = b"") -> Measure:
    """One run of a command, which must succeed; `told` is what it reads on standard input."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.PIPE if told else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    if child.stdin is not None:
        with child.stdin as pipe:
            pipe.write(told)
    talk = child.stderr.read()
    child.stderr.close()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(argv)} ended with {child.returncode}: {talk.decode(errors='replace')}")
    return Measure(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def repeated(times: int, before: Callable[[], None], once: Callable[[], Measure]) -> Measure:
    """The median of several runs, each with its own preparation, which is not measured."""
    found: list[Measure] = []
    for _ in range(times):
        before()
        found.append(once())
    return Measure(
        statistics.median(each.wall for each in found),
        statistics.median(each.cpu for each in found),
        max(each.memory for each in found),
    )


def in_process(times: int, work: Callable[[], object]) -> Measure:
    """The median of calls of a function, in CPU time of this process."""
    found: list[Measure] = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append(Measure(time.perf_counter() - wall, time.process_time() - cpu))
    return Measure(statistics.median(each.wall for each in found), statistics.median(each.cpu for each in found))

"""Work shared out among processes: for many small jobs that are mostly interpreting, where threads only take turns.

A worker is a fork: it has everything that the command has read so far, and holds the locks that the command holds, so
that nobody else begins while an orphan is still at work. The work must be such that doing it again does no harm: what
a worker does not report as done, because it was killed or could not be made, counts as not done.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import NoReturn, TypeVar

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

    def collect(number: int, child: int, answers: int) -> None:
        done: list[R] = _answer(child, answers)
        results[number : number + len(done) * count : count] = done

    with ExitStack() as workers:  # whatever happens, and also if it happens while we wait for one, each is waited for
        if count > 1:
            with _uninterrupted():
                for number in range(1, count):
                    worker = _forked(jobs[number::count], work)
                    if worker is not None:
                        workers.callback(collect, number, *worker)
        for place in range(0, len(jobs), count):
            results[place] = work(jobs[place])
    return results


def begin(work: Callable[[], R]) -> Callable[[], R | None]:
    """Begin one piece of work in another process; what is given back waits for its result, which is plain as well.

    None if it was not done: it failed there, or there is no other process to be had. Then it is the caller's to do.
    """
    if _processors() == 1:
        return lambda: None
    with _uninterrupted():
        worker = _forked((None,), lambda _: work())

    def result() -> R | None:
        done: list[R] = [] if worker is None else _answer(*worker)
        return done[0] if done else None

    return result


def _processors() -> int:
    """Processors that this process may use; 1 where forking is not safe."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """No signal in the block: a worker must not take it before it is one, nor we before we know of the worker."""
    import signal

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _forked(jobs: Sequence[J], work: Callable[[J], R]) -> tuple[int, int] | None:
    """The number of the process that does these jobs, and where it tells the results of those it has done.

    None if the system has no room for another process.
    """
    try:
        answers, told = os.pipe()
    except OSError:
        return None
    try:
        child = os.fork()
    except OSError:
        os.close(answers)
        os.close(told)
        return None
    if child == 0:
        _serve(jobs, work, answers, told)
    os.close(told)
    return child, answers


def _serve(jobs: Sequence[J], work: Callable[[J], R], answers: int, told: int) -> NoReturn:
    """Be the worker. Nothing gets out of here: the clean-up of what belongs to the parent must not run twice."""
    try:
        os.close(answers)  # else an orphan would wait for ever for itself to read what it tells
        _end_quietly_when_asked()
        results: list[R] = []
        try:
            for job in jobs:
                results.append(work(job))  # noqa: PERF401  what is done before a failure has to be told
        finally:
            with os.fdopen(told, "wb") as file:
                file.write(marshal.dumps(results))
    finally:
        os._exit(0)


def _end_quietly_when_asked() -> None:
    """Ctrl-C reaches the workers too; they end at once, and the parent alone tells of it and tidies up."""
    import signal

    asked = {signal.SIGINT, signal.SIGTERM}
    for each in asked:
        if callable(signal.getsignal(each)):  # what the command was told to ignore stays ignored
            signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, asked)


def _answer(child: int, answers: int) -> list[R]:
    """What a worker has done, once it has ended: nothing if it was killed before it could tell."""
    try:
        with os.fdopen(answers, "rb") as told:
            data = told.read()
    finally:
        with suppress(ChildProcessError):  # where nobody wants to hear of children, the system takes them away itself
            os.waitpid(child, 0)
    with suppress(EOFError, ValueError, TypeError):
        done: list[R] = marshal.loads(data)
        return done
    return []

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
from typing import Any, NoReturn, TypeVar

from skillctl.edges.telling import tell_progress

J = TypeVar("J")
R = TypeVar("R")

MOST = 4
_PIECES = 16  # for each process: small enough that all end together, whoever else wants the processors

Done = list[tuple[int, list[Any]]]
"""Number of the first job of a piece -> the results of its jobs, as far as they were done."""


def share_out(jobs: Sequence[J], work: Callable[[J], R], *, least: int, doing: str = "") -> list[R | None]:
    """The result of each job, which must be built of plain texts, numbers, lists and dicts.

    There are several processes if there are at least `least` jobs and more than one processor; each takes the next
    piece of the jobs when it is done with one. Where a job fails in another process, what that one took and did not do
    has None, and is the caller's to do: so its error comes out there. An error here comes out after every process has
    ended. How far it is, is told under the name `doing`.
    """
    results: list[R | None] = [None] * len(jobs)
    count = min(MOST, _processors()) if len(jobs) >= least else 1
    queue = _Queue.of(len(jobs), count) if count > 1 else None
    if queue is None:
        for place, job in enumerate(jobs):
            tell_progress(doing, place, len(jobs))
            results[place] = work(job)
        tell_progress(doing, len(jobs), len(jobs))
        return results

    parent = os.getpid()

    def collect(child: int, answers: int) -> None:
        for first, done in _answer(child, answers):
            results[first : first + len(done)] = done

    with ExitStack() as workers:  # whatever happens, and also if it happens while we wait for one, each is waited for
        workers.callback(queue.close)
        with _uninterrupted():
            for _ in range(1, count):
                worker = _forked(lambda tell: _work_off(queue, jobs, work, tell, parent))
                if worker is not None:
                    workers.callback(collect, *worker)
        workers.callback(queue.drain)  # after an error here, nobody begins anything more
        for first in queue:
            tell_progress(doing, first, len(jobs))  # pieces are taken in order, so this many are begun by all together
            for place in range(first, min(first + queue.size, len(jobs))):
                results[place] = work(jobs[place])
    tell_progress(doing, len(jobs), len(jobs))
    return results


def _work_off(queue: _Queue, jobs: Sequence[J], work: Callable[[J], object], tell: Done, parent: int) -> None:
    for first in queue:
        if os.getppid() != parent:
            return  # nobody wants it any more
        done: list[object] = []
        tell.append((first, done))  # what is done before a failure has to be told
        for job in jobs[first : first + queue.size]:
            done.append(work(job))  # noqa: PERF401


class _Queue:
    """Pieces of work that several processes take from one pipe: a read of a few bytes is one process's alone."""

    def __init__(self, source: int, size: int) -> None:
        self._source = source
        self.size = size
        """Jobs in a piece."""

    @classmethod
    def of(cls, jobs: int, processes: int) -> _Queue | None:
        """The queue of so many jobs; None if the system has no room for a pipe."""
        size = -(-jobs // (processes * _PIECES))
        try:
            source, into = os.pipe()
        except OSError:
            return None
        with os.fdopen(into, "wb") as pieces:
            pieces.write(b"".join(first.to_bytes(_NUMBER, "little") for first in range(0, jobs, size)))
        return cls(source, size)

    def __iter__(self) -> Iterator[int]:
        """The number of the first job of each piece that nobody else has taken."""
        while number := os.read(self._source, _NUMBER):
            yield int.from_bytes(number, "little")

    def drain(self) -> None:
        """Leave nothing to be taken."""
        for _ in self:
            pass

    def close(self) -> None:
        os.close(self._source)


_NUMBER = 4  # bytes; a few hundred for all pieces, which any pipe holds


def begin(work: Callable[[], R]) -> Callable[[], R | None]:
    """Begin one piece of work in another process; what is given back waits for its result, which is plain as well.

    None if it was not done: it failed there, or there is no other process to be had. Then it is the caller's to do.
    """
    if _processors() == 1:
        return lambda: None
    with _uninterrupted():
        worker = _forked(lambda tell: tell.append((0, [work()])))

    def result() -> R | None:
        told: Done = [] if worker is None else _answer(*worker)
        return told[0][1][0] if told else None

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


def _forked(work: Callable[[Done], None]) -> tuple[int, int] | None:
    """The number of a process that does this work, and where it tells the results that the work adds to the list.

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
        _serve(work, answers, told)
    os.close(told)
    return child, answers


def _serve(work: Callable[[Done], None], answers: int, told: int) -> NoReturn:
    """Be the worker. Nothing gets out of here: the clean-up of what belongs to the parent must not run twice."""
    try:
        os.close(answers)  # else an orphan would wait for ever for itself to read what it tells
        _end_quietly_when_asked()
        results: Done = []
        try:
            work(results)
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


def _answer(child: int, answers: int) -> Done:
    """What a worker has done, once it has ended: nothing if it was killed before it could tell."""
    try:
        with os.fdopen(answers, "rb") as told:
            data = told.read()
    finally:
        with suppress(ChildProcessError):  # where nobody wants to hear of children, the system takes them away itself
            os.waitpid(child, 0)
    with suppress(EOFError, ValueError, TypeError):
        done: Done = marshal.loads(data)
        return done
    return []

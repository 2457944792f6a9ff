"""What takes long is told to whoever listens: how far it is, and that another command is waited for.

Nobody listens unless the command line does, so a call costs next to nothing. Whoever listens is made when there is
something to hear: most commands are over before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Ear(Protocol):
    """Somebody who wants to know."""

    def progress(self, what: str, done: int, total: int) -> None:
        """So many of all are begun; equal numbers are the end."""

    def waiting(self, holder: str, seconds: float) -> None:
        """Another command holds what is needed; it is waited for so many seconds at most."""

    def done(self) -> None:
        """Nothing more comes, whether the work succeeded or not."""


_LISTENER: ContextVar[Callable[[], Ear] | None] = ContextVar("listener", default=None)


@contextmanager
def listening(ear: Callable[[], Ear]) -> Iterator[None]:
    """For the block, all is told to that one."""
    made: list[Ear] = []

    def once() -> Ear:
        if not made:
            made.append(ear())
        return made[0]

    token = _LISTENER.set(once)
    try:
        yield
    finally:
        _LISTENER.reset(token)
        for each in made:
            each.done()


def tell_progress(what: str, done: int, total: int) -> None:
    """So many of all are begun."""
    ear = _LISTENER.get()
    if ear is not None:
        ear().progress(what, done, total)


def tell_waiting(holder: str, seconds: float) -> None:
    """Another command is waited for."""
    ear = _LISTENER.get()
    if ear is not None:
        ear().waiting(holder, seconds)

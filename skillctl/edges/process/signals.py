"""Signals that come to us while another program runs: passed on to it, or turned into an orderly end of ours.

Both work in the main thread alone, which is where Python hears signals; anywhere else they do nothing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH")
_ENDING = ("SIGTERM", "SIGHUP")


@contextmanager
def passed_on(send: Callable[[int], None], kill: Callable[[], None]) -> Iterator[list[int]]:
    """Every signal goes to `send`; the third that asks for the end, to `kill`. Gives the list of those that came."""
    came: list[int] = []

    def hear(number: int, _frame: object) -> None:
        came.append(number)
        asks = [each for each in came if each in (signal.SIGINT, signal.SIGTERM)]
        if len(asks) > 2 and number in asks:
            kill()
        else:
            send(number)

    with _handled(_PASSED_ON if os.name == "posix" else ("SIGINT", "SIGTERM"), hear):
        yield came


@contextmanager
def ending() -> Iterator[None]:
    """A request to end comes out of the block as KeyboardInterrupt, so that what runs is taken along.

    A second request changes nothing: it would break off the taking along.
    """
    came: list[int] = []

    def hear(number: int, _frame: object) -> None:
        came.append(number)
        if len(came) == 1:
            raise KeyboardInterrupt

    with _handled(_ENDING if os.name == "posix" else (), hear):
        yield


@contextmanager
def _handled(names: tuple[str, ...], hear: Callable[[int, object], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {}
    for number in numbers:
        current = signal.getsignal(number)
        if current is not signal.SIG_IGN:  # what we were told to ignore stays ignored
            before[number] = current
            signal.signal(number, hear)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

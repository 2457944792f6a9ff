"""What was worked out once and is asked for again: kept for as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """What was worked out, by what it was made of; the last that were asked for."""

    def __init__(self, most: int, size: Callable[[T], int]) -> None:
        """No more than `most` of what `size` counts is kept; what is larger by itself is not."""
        self._most = most
        self._size = size
        self._held = 0
        self._known: OrderedDict[str, T] = OrderedDict()
        self._making: dict[str, Future[T]] = {}
        self._lock = Lock()

    def of(self, key: str, make: Callable[[], T]) -> T:
        """What is kept under the key; made, if it is not there.

        One makes it. Whoever asks meanwhile waits for it and gets the same, be it an error.
        """
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            mine: Future[T] = Future()
            coming = self._making.setdefault(key, mine)
        if coming is not mine:
            return coming.result()
        try:
            made = make()
        except BaseException as error:
            with self._lock:
                del self._making[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._making[key]
            self._keep(key, made)
        mine.set_result(made)
        return made

    def _keep(self, key: str, made: T) -> None:
        size = self._size(made)
        if size > self._most:  # what is too large would drive all others out, too
            return
        self._known[key] = made
        self._held += size
        while self._held > self._most:
            _, gone = self._known.popitem(last=False)
            self._held -= self._size(gone)

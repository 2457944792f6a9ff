"""What was worked out once and is asked for again: kept for as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
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
        self._lock = Lock()

    def of(self, key: str, make: Callable[[], T]) -> T:
        """What is kept under the key; made, if it is not there."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = make()
        with self._lock:
            size = self._size(made)
            if key not in self._known and size <= self._most:  # what is too large would drive all others out, too
                self._known[key] = made
                self._held += size
            while self._held > self._most:
                _, gone = self._known.popitem(last=False)
                self._held -= self._size(gone)
        return made

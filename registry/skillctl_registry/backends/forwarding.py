"""A backend that hands everything on to another one: the ground for those that see to one verb themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from skillctl.core.diagnostics import Problem
from skillctl_registry.backends import Backend


class Forwarding:
    """Another backend, as it is."""

    def __init__(self, real: Backend) -> None:
        self._real = real

    @property
    def label(self) -> str:
        return self._real.label

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._real.problems

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        return self._real.get(key, max_bytes=max_bytes)

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        self._real.prefetch(keys, max_bytes=max_bytes, then=then)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self._real.put_if_absent(key, data)

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        return self._real.compare_and_set(key, expected, new)

    def list(self, prefix: str) -> Iterator[str]:
        return self._real.list(prefix)

"""A registry that is read in earnest and written in mind: what `--dry-run` publishes to.

The real publish runs against it, so a rehearsal finds what the real thing would find. Archives that lie elsewhere are
rehearsed likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from skillctl.core.diagnostics import Problem
from skillctl.core.release import Release
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import Blobs

_ANY_SIZE = 2**40  # a comparison is no reading: whatever is there counts


class RehearsalBackend:
    """Another backend with whatever was written since kept in memory."""

    def __init__(self, real: Backend) -> None:
        self._real = real
        self._written: dict[str, bytes] = {}

    @property
    def label(self) -> str:
        return self._real.label

    @property
    def changed(self) -> list[str]:
        """The keys that would have been written, in order."""
        return sorted(self._written)

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        written = self._written.get(key)
        return self._real.get(key, max_bytes=max_bytes) if written is None else written

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._real.problems

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        self._real.prefetch(keys, max_bytes=max_bytes, then=then)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self.compare_and_set(key, None, data)

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        if self.get(key, max_bytes=_ANY_SIZE) != expected:
            return False
        self._written[key] = new
        return True

    def list(self, prefix: str) -> Iterator[str]:
        yield from sorted({*self._real.list(prefix), *(key for key in self._written if key.startswith(prefix))})


class RehearsalBlobs:
    """Other archives with those that were put since kept in memory."""

    def __init__(self, real: Blobs) -> None:
        self._real = real
        self._written: dict[str, bytes] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._real.problems

    def get(self, release: Release) -> bytes | None:
        return self._written.get(release.archive) or self._real.get(release)

    def prefetch(self, releases: Collection[Release]) -> None:
        self._real.prefetch(releases)

    def put(self, release: Release, archive: bytes) -> None:
        self._written[release.archive] = archive

    def settle(self, release: Release) -> tuple[Problem, ...]:  # noqa: ARG002  nothing is released
        return ()

    def unsettled(self, release: Release) -> tuple[Problem, ...]:
        return self._real.unsettled(release)

    def remove(self, release: Release) -> tuple[Problem, ...]:  # noqa: ARG002  nothing is
        return ()

    def place(self, release: Release) -> str:
        return self._real.place(release)

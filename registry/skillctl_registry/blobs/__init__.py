"""Where the archives of a registry's releases are kept: beside its index, or where its config.json says.

What is a release stands in the index, with the archive's sha256. So wherever an archive lies, it is asked for by its
digest and compared with it; a name that people know it by (a tag) is made afterwards, and nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from skillctl.core.diagnostics import Problem
from skillctl.core.release import Release


class Blobs(Protocol):
    """The archives of one registry."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings about how what was given came about."""

    def get(self, release: Release) -> bytes | None:
        """The archive of the release, None if it is not there. Whoever asks compares it with the digest."""

    def prefetch(self, releases: Collection[Release]) -> None:
        """Make ready what `get` will be asked for, several at once where that is quicker; no error comes of it."""

    def put(self, release: Release, archive: bytes) -> None:
        """Keep the archive, before anything refers to it; one that is there already is kept from being tidied away."""

    def settle(self, release: Release) -> tuple[Problem, ...]:
        """The release is in the index now: give its archive the name that people know it by; warnings, and no error."""

    def unsettled(self, release: Release) -> tuple[Problem, ...]:
        """A warning if the archive of the release has not the name that people know it by."""

    def remove(self, release: Release) -> tuple[Problem, ...]:
        """Take away the archive of a release that was deleted for good; a warning if it stays."""

    def place(self, release: Release) -> str:
        """What messages call the place of the archive."""


OpenBlobs = Callable[[str], Blobs]
"""Opens the place that config.json names (`oci://host/repository`)."""


def nowhere(place: str) -> Blobs:
    """For registries that are known to have their archives beside the index."""
    raise ValueError(f"nothing was given that could open {place}")

"""Places that a registry's files are kept in: get, put_if_absent, compare_and_set, list.

These four are all that a registry needs of a disk, an object store or a database, and all that it gets; `prefetch` only
says what `get` will be asked for. Blobs are put once and never change, index files change by compare-and-set, and that
is the commit. Keys are relative paths with `/` between their parts; no part begins with a dot, which leaves such names
to the backends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Protocol, runtime_checkable

from skillctl.core.diagnostics import Problem
from skillctl.core.errors import SkillctlError


class Backend(Protocol):
    """Where the files of one registry are kept."""

    @property
    def label(self) -> str:
        """What messages call it: a path or a URL, without a secret in it."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings about how what was given came about: that it is old, that a copy was damaged."""

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        """The bytes under the key, None if there are none; an error that `is_too_long` if they are more than that."""

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        """Make ready what `get` will be asked for, several at once where that is quicker; no error comes of it.

        `then` is told a key as soon as it is ready, while others are still on their way, so that this time is not
        spent waiting. Where nothing is on its way it need not be told anything.
        """

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Put the bytes under a key that has none; whether that was so. Of two at once, one gets True."""

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        """Put the new bytes in place of the expected ones (None: of nothing); whether those were there.

        A reader sees the old bytes or the new ones. What was put before lasts at least as long as this.
        """

    def list(self, prefix: str) -> Iterator[str]:
        """Every key that begins with the prefix (which ends with `/`), in order."""


@runtime_checkable
class Looking(Protocol):
    """A backend that lets somebody look before it puts a file, and nobody in between."""

    def put_after(self, look: Callable[[], object], key: str, data: bytes) -> bool:
        """Put the bytes under a key that has none; whether that was so. What `look` raises keeps them out.

        What it sees of the index is all that is there when the bytes are put, but for what others put without a look.
        """


def is_too_long(error: SkillctlError) -> bool:
    """Whether `get` met more than `max_bytes`: at a server, on a disk, in an object store."""
    return error.code in ("E284", "E454", "E755")

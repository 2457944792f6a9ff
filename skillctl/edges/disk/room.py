"""A directory for a while, gone at the end with all that was put into it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skillctl.core.errors import InstallError
from skillctl.edges.disk.faults import disk_faults
from skillctl.edges.disk.trees import remove_tree


@contextmanager
def temporary_room(name: str) -> Iterator[Path]:
    """A new directory, empty and for this user alone, where the system keeps what is temporary."""
    with disk_faults(tempfile.gettempdir()):
        room = Path(tempfile.mkdtemp(prefix=f"{name}-")).resolve()
    try:
        yield room
    finally:
        with suppress(InstallError):  # what a program still writes there is the system's to clear away
            remove_tree(room)

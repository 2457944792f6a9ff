"""Files that nobody but the user may read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from skillctl.edges.disk.faults import disk_faults
from skillctl.edges.disk.sync import sync_file

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def write_private(path: Path, data: bytes) -> None:
    """Put the bytes at the path, readable and writable by the user alone from its first moment on.

    They are on the disk under that name when this is done. InstallError if that can't be.
    """
    with disk_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        ready = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
        try:
            with os.fdopen(os.open(ready, _NEW, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(ready, path)
            sync_file(path)  # its name as well: a registry may be founded on a key that is here alone
        except BaseException:
            with suppress(OSError):
                os.unlink(ready)
            raise

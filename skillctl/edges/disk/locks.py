"""Locks between commands: the kernel holds them, so none outlives the process that took it.

The file of a lock stays; it names the last holder, for the message that a waiting command gives up with. filelock
would do the same, but its import (asyncio) costs as much as the whole start-up of a command.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skillctl.core.errors import InstallError
from skillctl.edges.disk.faults import disk_faults

_PAUSE = 0.02  # seconds between two tries


@contextmanager
def locked(path: Path, *, timeout: float, purpose: str, shared: bool = False) -> Iterator[None]:
    """Holds the lock of that file for the block, alone or shared with others that share it.

    `timeout` is in seconds; after it InstallError E453 names the holder's process and its purpose.
    """
    with disk_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(
            path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666
        )  # a group may share a registry
    try:
        _wait(handle, path, timeout, shared=shared)
        if not shared:
            _sign(handle, purpose)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, path: Path, timeout: float, *, shared: bool) -> None:
    deadline = time.monotonic() + timeout
    while not _try_lock(handle, shared=shared):
        if time.monotonic() >= deadline:
            holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip() if hasattr(os, "pread") else ""
            raise InstallError.of("E453", path=str(path), holder=holder or "an unknown process", seconds=int(timeout))
        time.sleep(_PAUSE)


def _sign(handle: int, purpose: str) -> None:
    os.ftruncate(handle, 0)
    os.write(handle, f"process {os.getpid()}, {purpose}\n".encode())


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int, *, shared: bool) -> bool:  # noqa: ARG001  Windows has no shared kind here
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

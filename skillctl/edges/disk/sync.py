"""Durability: what was written before is on the disk afterwards.

One syncfs for the whole file system costs 20 to 50 ms, two thousand fsyncs 290 ms; hence no fsync for single files. The
one that others wait for, a commit, has its own: less than a millisecond right after a syncfs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from skillctl.edges.disk.faults import disk_faults


def sync_filesystem(path: Path) -> None:
    """Wait until everything written to the file system that holds the (existing) path is on the disk."""
    with disk_faults(path):
        if not sys.platform.startswith("linux"):
            if hasattr(os, "sync"):  # Windows has none: there a rename alone is what we promise
                os.sync()
            return
        import ctypes

        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(path))
        finally:
            os.close(handle)


def sync_file(path: Path) -> None:
    """Wait until the file's bytes and its name in its directory are on the disk."""
    with disk_faults(path):
        _sync(path, os.O_RDWR)  # Windows flushes only what was opened for writing
        if os.name == "posix":
            _sync(path.parent, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

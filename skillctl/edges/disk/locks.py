"""Locks between commands: the kernel holds them, so none outlives the process that took it.

What is locked is a file made for it, or a directory itself: then a command that ends without having done anything
leaves no trace. Who holds the lock stands in the file, or in a note beside, for the message that a waiting command
gives up with. filelock would lock files, but its import costs more than the start-up of a command.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skillctl.core.errors import InstallError
from skillctl.edges.disk.faults import disk_faults
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.telling import tell_waiting

_PAUSE = 0.02  # seconds between two tries
_SILENT = 1.0  # seconds that are waited without a word
_PURPOSE = 200  # characters of it that are noted
_NOTE_BYTES = 4096
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def locked(path: Path, *, timeout: float, purpose: str, shared: bool = False) -> Iterator[None]:
    """Holds the lock of that file for the block, alone or shared with others that share it.

    `timeout` is in seconds; after it InstallError E453 names the holder's process and its purpose.
    """
    with disk_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o666)  # a group may share a registry
    try:
        _wait(handle, path, timeout, note=path, shared=shared)
        if shared:
            yield
            return
        _sign(path, purpose)
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(handle, 0)
    finally:
        os.close(handle)


@contextmanager
def locked_directory(directory: Path, *, note: Path, timeout: float, purpose: str) -> Iterator[None]:
    """Holds the lock of an existing directory for the block. `note` says who, if the directory it is in exists.

    Where a directory can't be locked (Windows, some network file systems), the note itself is.
    """
    handle = _open_lockable(directory)
    if handle is None:
        with locked(note, timeout=timeout, purpose=purpose):
            yield
        return
    try:
        _wait(handle, directory, timeout, note=note)
        with _signed(note, purpose):
            yield
    finally:
        os.close(handle)


@contextmanager
def _signed(note: Path, purpose: str) -> Iterator[None]:
    """The note for the block, where there is a directory for it."""
    if note.parent.is_dir():
        _sign(note, purpose)
    try:
        yield
    finally:
        with suppress(OSError):
            os.unlink(note)


def _open_lockable(directory: Path) -> int | None:
    """A handle of the directory, if it can be locked."""
    if sys.platform == "win32":
        return None
    with disk_faults(directory):
        handle = os.open(directory, os.O_RDONLY | _FLAGS)
    try:
        if _try_lock(handle, shared=True):  # held by others is no obstacle, only what can't be asked for is
            _unlock(handle)  # two that hold it shared would wait for each other
    except OSError:
        os.close(handle)
        return None
    return handle


def _wait(handle: int, path: Path, timeout: float, *, note: Path, shared: bool = False) -> None:
    deadline = time.monotonic() + timeout
    told = deadline - timeout + _SILENT
    with disk_faults(path):  # a network file system may have no locks to give
        while not _try_lock(handle, shared=shared):
            if time.monotonic() >= deadline:
                holder = _holder(note) or "an unknown process"
                raise InstallError.of("E453", path=str(path), holder=holder, seconds=int(timeout))
            if time.monotonic() >= told:
                told = deadline
                tell_waiting(_holder(note) or "another command", timeout)
            time.sleep(_PAUSE)


def _holder(note: Path) -> str:
    return (read_bytes(note, max_bytes=_NOTE_BYTES) or b"").decode("utf-8", "replace").strip()


def _sign(note: Path, purpose: str) -> None:
    """Write down who holds the lock, if the disk allows it: that is a courtesy to others, and no reason to fail."""
    with suppress(OSError):
        handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS, 0o666)
        try:
            os.write(handle, f"process {os.getpid()}, {purpose[:_PURPOSE]}\n".encode())
        finally:
            os.close(handle)


if sys.platform == "win32":
    import msvcrt

    _BYTE = 1 << 30  # far behind the note: nobody else may even read a byte that is locked

    def _try_lock(handle: int, *, shared: bool) -> bool:  # noqa: ARG001  Windows has no shared kind here
        os.lseek(handle, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:  # so it says that somebody else has it
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, _BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

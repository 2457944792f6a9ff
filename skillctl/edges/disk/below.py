"""Single files below a directory that somebody else may be changing: no link is followed on the way to any of them.

Each directory on the path is opened relative to the one above it, with O_NOFOLLOW, and a file is made ready beside its
place and renamed there. So a link that is swapped in between a look and a write leads nowhere. Windows has no directory
handles; there each part is looked at before the full path is used.

Paths are relative to the root, with `/` between names, and were checked before.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skillctl.core.errors import ExecutionError, InstallError
from skillctl.core.value import dataclass
from skillctl.edges.disk.faults import disk_faults
from skillctl.edges.disk.look import kind_at

_HANDLES = os.open in os.supports_dir_fd and os.mkdir in os.supports_dir_fd
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _FLAGS
# without O_NONBLOCK a pipe that somebody put in a file's place would let us wait for ever
_READ = os.O_RDONLY | _FLAGS | getattr(os, "O_NONBLOCK", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _FLAGS
_IN_THE_WAY = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EMLINK})


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A file that was read."""

    data: bytes
    executable: bool


def read_below(root: Path, path: str, *, max_bytes: int) -> Found | None:
    """The file at the path; None if nothing is there.

    ExecutionError E513 where a link, or what is neither file nor directory, is on the way or at the end; InstallError
    E454 if the file is larger than `max_bytes`.
    """
    with disk_faults(root / path), _refusing(root, path):
        try:
            with _parent(root, path, make=False) as at:
                handle = at(os.open, _READ)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode):
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
            data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise InstallError.of("E454", path=str(root / path), limit=max_bytes)
    return Found(data=data, executable=bool(mode & stat.S_IXUSR))


def write_below(root: Path, path: str, data: bytes, *, executable: bool) -> None:
    """Put the bytes at the path, whole or not at all, in place of a file that is there; makes the directories above.

    ExecutionError E513 where a link or another thing than a directory is on the way, or anything but a file at the end.
    """
    with disk_faults(root / path), _refusing(root, path), _parent(root, path, make=True) as at:
        _check_place(root, path)
        ready = f".{path.rpartition('/')[2][:200]}.{os.urandom(4).hex()}.tmp"
        handle = at(os.open, _CREATE, 0o755 if executable else 0o644, name=ready)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            at.replace(ready)
        except BaseException:
            with suppress(OSError):
                at(os.unlink, name=ready)
            raise


def append_below(root: Path, path: str, data: bytes) -> None:
    """Add the bytes at the end of the file in one write; makes file and directories. ExecutionError E513 as above."""
    with (
        disk_faults(root / path),
        _refusing(root, path),
        _parent(root, path, make=True) as at,
        os.fdopen(at(os.open, _APPEND, 0o644), "ab", buffering=0) as file,
    ):
        file.write(data)


def remove_below(root: Path, path: str) -> bool:
    """Take the file at the path away; whether one was there. ExecutionError E513 as when writing."""
    with disk_faults(root / path), _refusing(root, path):
        try:
            with _parent(root, path, make=False) as at:
                _check_place(root, path)
                at(os.unlink)
        except FileNotFoundError:
            return False
    return True


class _At:
    """Calls of the system on names in one directory."""

    def __init__(self, directory: str, handle: int | None, name: str) -> None:
        self._directory = directory
        self._handle = handle
        self._name = name

    def __call__(self, call: Callable[..., int | None], *arguments: int, name: str = "") -> int:
        name = name or self._name
        if self._handle is None:
            return call(os.path.join(self._directory, name), *arguments) or 0
        return call(name, *arguments, dir_fd=self._handle) or 0

    def replace(self, ready: str) -> None:
        """Give the file that was made ready its name."""
        if self._handle is None:
            os.replace(os.path.join(self._directory, ready), os.path.join(self._directory, self._name))
        else:
            os.replace(ready, self._name, src_dir_fd=self._handle, dst_dir_fd=self._handle)


@contextmanager
def _parent(root: Path, path: str, *, make: bool) -> Iterator[_At]:
    """The directory above the path, opened part by part."""
    *folders, name = path.split("/")
    if not _HANDLES:
        directory = str(root)
        for folder in folders:
            directory = os.path.join(directory, folder)
            if make:
                with suppress(FileExistsError):
                    os.mkdir(directory, 0o755)
            if kind_at(directory) not in ("directory", "nothing"):
                raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        yield _At(directory, None, name)
        return
    handle = os.open(root, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        for folder in folders:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(folder, 0o755, dir_fd=handle)
            below = os.open(folder, _DIRECTORY, dir_fd=handle)
            os.close(handle)
            handle = below
        yield _At("", handle, name)
    finally:
        os.close(handle)


def _check_place(root: Path, path: str) -> None:
    """A directory in the file's place must not be replaced, and a link at its end is somebody's: both are refused."""
    kind = kind_at(str(root / path))
    if kind in ("link", "directory"):
        raise OSError(errno.EISDIR if kind == "directory" else errno.ELOOP, kind)


@contextmanager
def _refusing(root: Path, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _IN_THE_WAY:
            raise
        where, kind = _culprit(root, path)
        raise ExecutionError.of("E513", path=where, kind=kind, wanted=f"file `{path}`") from error


def _culprit(root: Path, path: str) -> tuple[str, str]:
    parts = path.split("/")
    for length in range(1, len(parts) + 1):
        below = "/".join(parts[:length])
        kind = kind_at(str(root / below))
        if kind == "link" or (kind == "directory") == (length == len(parts)):
            return below, {"link": "a link", "directory": "a directory", "other": "no directory"}.get(kind, "nothing")
    return path, "no regular file"

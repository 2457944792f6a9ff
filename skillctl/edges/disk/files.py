"""Single files, read under a cap and written whole or not at all.

Written files are durable only after `sync_filesystem`: one call for many files costs less than an fsync for each.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from skillctl.core.errors import InstallError
from skillctl.edges.disk.faults import disk_faults

# O_BINARY is Windows' own; without it line ends would be rewritten there
# without O_NONBLOCK a pipe that somebody put in a file's place would let us wait for ever
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_CHUNK = 1024 * 1024
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_NO_LINKS_ON_WINDOWS = frozenset({1, 50, 1314})  # no such function, not supported, a privilege is not held
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def read_bytes(path: Path | str, *, max_bytes: int) -> bytes | None:
    """The file's bytes; None if there is no such file. InstallError E454 if it is larger than `max_bytes`."""
    with disk_faults(path):
        try:
            handle = os.open(path, _READ)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            size = os.fstat(handle).st_size
            data = os.read(handle, min(size, max_bytes) + 1)
            if len(data) == size <= max_bytes:  # one byte more was asked for and did not come: that was all
                return data
            pieces, length = [data], len(data)
            while length <= max_bytes and (more := os.read(handle, min(_CHUNK, max_bytes + 1 - length))):
                pieces.append(more)
                length += len(more)
        finally:
            os.close(handle)
    if length > max_bytes:
        raise InstallError.of("E454", path=str(path), limit=max_bytes)
    return b"".join(pieces)


def read_piece(path: Path | str, first: int, end: int) -> bytes | None:
    """The file's bytes from `first` up to `end`, as far as it has them; None if there is no such file."""
    with disk_faults(path):
        try:
            handle = os.open(path, _READ)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with os.fdopen(handle, "rb") as file:
            file.seek(first)
            return file.read(end - first)


def write_atomic(path: Path | str, data: bytes, *, stage: Path | None = None) -> None:
    """Put the bytes at the path, in place of what is there; makes the directories above.

    A link at the path is replaced, never written through: a checked-out repository may bring one that points outside.
    The new file is made ready in `stage`, a directory whose owner clears away what a kill leaves in it; without one, or
    if it lies on another file system, beside the path.
    """
    with disk_faults(path):
        directory, name = os.path.split(path)
        ready = _written(_new_name(stage or directory, name), data)
        try:
            _replace(ready, path)
        except OSError as error:
            _unlink(ready)
            if stage is None or error.errno != errno.EXDEV:
                raise
            write_atomic(path, data)


def write_new(path: Path, data: bytes) -> bool:
    """Put the bytes at the path if nothing is there; whether that was so. Of two at once, one gets True.

    Where a file can't have two names (exFAT, some network file systems), it is there empty for a moment, and stays so
    if the process is killed in that moment.
    """
    with disk_faults(path):
        beside = _written(_new_name(path.parent, path.name), data)
        try:
            os.link(beside, path)
        except FileExistsError:
            return False
        except OSError as error:
            if not _can_not_link(error):
                raise
            return _claimed(path, beside)
        finally:
            _unlink(beside)
    return True


def _replace(ready: str, path: Path | str) -> None:
    """Rename, once more if the directory above the path has to be made first."""
    try:
        os.replace(ready, path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.replace(ready, path)


def _claimed(path: Path, ready: str) -> bool:
    """Whether the name was free; then the file that was made ready has it now."""
    try:
        os.close(os.open(path, _CREATE, 0o644))
    except FileExistsError:
        return False
    try:
        os.replace(ready, path)
    except BaseException:
        _unlink(path)
        raise
    return True


def append_bytes(path: Path, data: bytes) -> None:
    """Add the bytes at the end of the file in one write; makes file and directories."""
    with disk_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as file:
            file.write(data)


def remove_file(path: Path) -> None:
    """Take the file or link away; nothing happens if there is none."""
    with disk_faults(path):
        path.unlink(missing_ok=True)


def make_directory(path: Path) -> None:
    """Make the directory and those above it, where they are missing."""
    with disk_faults(path):
        path.mkdir(parents=True, exist_ok=True)


def remove_empty_directory(path: Path) -> bool:
    """Take the directory away if it is empty; whether it is gone."""
    with disk_faults(path):
        try:
            path.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
    return True


def list_names(path: Path) -> list[str]:
    """The names in a directory, sorted; none if it is missing."""
    with disk_faults(path):
        try:
            return sorted(os.listdir(path))
        except (FileNotFoundError, NotADirectoryError):
            return []


def link_text(path: Path | str) -> str | None:
    """Where the symbolic link at the path points, as it is written; None if there is no link."""
    try:
        return os.readlink(path)
    except OSError:
        return None


def make_link(path: Path, text: str) -> None:
    """Put a symbolic link to a directory at the path, where nothing may be; makes the directories above.

    The system makes a link at once or not at all, so none is made ready beside: an agent would take it for a skill.
    InstallError E458 where no links can be made: Windows may ask for a privilege, and some file systems have none.
    """
    with disk_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.symlink(text, path, target_is_directory=True)
        except OSError as error:
            if not _can_not_link(error):
                raise
            raise InstallError.of("E458", path=str(path), reason=error.strerror or str(error)) from error


def _can_not_link(error: OSError) -> bool:
    """Whether the file system, or the system for this user, makes no links of that kind at all."""
    return error.errno in _NO_LINKS or getattr(error, "winerror", None) in _NO_LINKS_ON_WINDOWS


def upwards(start: Path) -> Iterator[Path]:
    """The directory and all above it, the nearest first."""
    yield start
    yield from start.parents


def _written(path: str, data: bytes) -> str:
    """The path, at which there is a new file with the bytes now; it is gone again if writing failed."""
    try:
        handle = os.open(path, _CREATE, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle = os.open(path, _CREATE, 0o644)
    try:
        try:
            write_all(handle, data)
        finally:
            os.close(handle)
    except BaseException:
        _unlink(path)
        raise
    return path


def write_all(handle: int, data: bytes) -> None:
    """Write all of it, however often the system wants to be asked."""
    written = os.write(handle, data)
    while written < len(data):
        written += os.write(handle, data[written:])


def _unlink(path: Path | str) -> None:
    """Take a file of ours away, if the system lets us: what led here is told, not this."""
    with suppress(OSError):
        os.unlink(path)


def _new_name(directory: Path | str, name: str) -> str:
    return os.path.join(directory, f".{name}.{os.urandom(4).hex()}.tmp")

"""Whole directories: read without following links, written file by file into a directory that is new.

Files are opened relative to directory handles with O_EXCL and O_NOFOLLOW, so that nothing that somebody swaps into the
way meanwhile can lead a write elsewhere. Modes are 0644, or 0755 for what begins with `#!`; no mode is ever read.
Windows has no directory handles; there the same happens by full paths.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from skillctl.core.digests import EntryLine, line_sha256
from skillctl.core.errors import InstallError
from skillctl.core.limits import Limits
from skillctl.core.settings import LinkMode
from skillctl.core.tree import is_executable
from skillctl.edges.disk.faults import disk_error, disk_faults
from skillctl.edges.disk.files import write_all
from skillctl.edges.disk.look import Stamp, kind_at

_HANDLES = {os.open, os.mkdir, os.unlink, os.rmdir} <= os.supports_dir_fd and os.scandir in os.supports_fd
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _FLAGS
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _FLAGS
_REFLINK = 0x40049409  # FICLONE of linux/fs.h
_OPEN_DIRECTORIES = 64  # a process may have 256 to 1024 handles; a tree may have more directories
_IS_NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP})
_CANT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS})
_ATTEMPTS = 4


def read_tree_files(
    root: Path, *, limits: Limits, keep: Callable[[str], bool], enter: Callable[[str], bool]
) -> dict[str, bytes]:
    """Path below the root -> bytes of every file that `keep` takes, in directories that `enter` takes.

    Paths have `/` between names, whatever the system. InstallError E455 for a link or device, E456 over a limit.
    """
    files: dict[str, bytes] = {}
    total = 0
    with disk_faults(root):
        for path, entry in _walk(root, keep, enter):
            if not entry.is_file(follow_symlinks=False):
                raise InstallError.of("E455", path=str(root / path), kind=_kind(entry))
            with open(entry.path, "rb") as file:
                data = file.read(limits.file_bytes + 1)
            total += len(data)
            files[path] = data
            if len(data) > limits.file_bytes:
                raise InstallError.of("E456", path=path, limit=f"{limits.file_bytes} bytes a file")
            if total > limits.tree_bytes or len(files) > limits.tree_files:
                limit = f"{limits.tree_files} files and {limits.tree_bytes} bytes together"
                raise InstallError.of("E456", path=str(root), limit=limit)
    return files


def _walk(
    root: Path, keep: Callable[[str], bool], enter: Callable[[str], bool]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    waiting = [("", str(root))]
    while waiting:
        prefix, directory = waiting.pop()
        with os.scandir(directory) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if enter(path):
                        waiting.append((f"{path}/", entry.path))
                elif keep(path):
                    yield path, entry


def _kind(entry: os.DirEntry[str]) -> str:
    return "symbolic link" if entry.is_symlink() else "special file"


def hash_tree(root: Path) -> dict[str, str]:
    """Every file below the root -> its sha256 in hex; what is no regular file has an empty one."""
    hashes: dict[str, str] = {}
    with disk_faults(root):
        for path, entry in _walk(root, lambda _: True, lambda _: True):
            regular = entry.is_file(follow_symlinks=False)
            hashes[path] = _sha256_of(entry.path) if regular else ""
    return hashes


def _sha256_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_same(one: Path, other: Path) -> bool:
    """Whether there are two files with the same bytes, or two links that say the same."""
    kinds = {kind_at(str(one)), kind_at(str(other))}
    with disk_faults(one):
        if kinds == {"link"}:
            return os.readlink(one) == os.readlink(other)
        regular = kinds == {"other"} and one.is_file() and other.is_file()
        return regular and _sha256_of(str(one)) == _sha256_of(str(other))


def write_tree(root: Path | str, files: Mapping[str, bytes]) -> None:
    """Make the directory, which must not be there yet, with these files."""
    with disk_faults(root), _NewTree(root) as tree:
        for path, data in files.items():
            handle = tree.create(path, executable=is_executable(data))
            try:
                write_all(handle, data)
            finally:
                os.close(handle)


class TreeCopier:
    """Copies trees in one link mode; asks a file system only once whether it can share blocks."""

    def __init__(self, mode: LinkMode) -> None:
        self._mode = mode
        self._clones = mode == "auto" and os.name == "posix"

    def copy(self, source: str, root: str, files: Mapping[str, EntryLine]) -> dict[str, Stamp]:
        """Make the directory, which must not be there yet, with files from below the source; the stamps, by path.

        `files` has the new file's path -> the source's file. What is copied is hashed on the way:
        InstallError E457 for a source file that is gone or no longer holds what it must.
        """
        written: dict[str, Stamp] = {}
        with disk_faults(root), _NewTree(root) as tree:
            for path, line in files.items():
                _, size, inside = line.split(" ", 2)
                origin = f"{source}/{inside}"
                data = _verified(origin, line_sha256(line), int(size))
                if self._mode == "hardlink" and _linked(origin, tree, path):
                    written[path] = _stamp(os.stat(origin, follow_symlinks=False))
                elif self._clones:
                    written[path] = self._cloned(origin, tree, path, data)
                else:
                    written[path] = tree.write(path, data)
        return written

    def _cloned(self, origin: str, tree: _NewTree, path: str, data: bytes) -> Stamp:
        """The new file sharing the origin's blocks, or holding the same bytes where that can't be had."""
        handle = tree.create(path, executable=is_executable(data))
        try:
            if not self._shared(origin, handle):
                write_all(handle, data)
            return _stamp(os.fstat(handle))
        finally:
            os.close(handle)

    def _shared(self, origin: str, handle: int) -> bool:
        """Whether the new file now shares the origin's blocks; not asked again after the first no."""
        try:
            import fcntl

            with open(origin, "rb") as file:
                fcntl.ioctl(handle, _REFLINK, file.fileno())
        except (ImportError, OSError):
            self._clones = False
        return self._clones


def _linked(origin: str, tree: _NewTree, path: str) -> bool:
    """Whether the file is one more name of the origin now; between two file systems it can't be, and is copied."""
    try:
        tree.link(origin, path)
    except OSError as error:
        if error.errno not in _CANT_LINK:
            raise
        return False
    return True


def _verified(origin: str, sha256: str, size: int) -> bytes:
    """The bytes of a store file, which must be what was unpacked there."""
    try:
        handle = os.open(origin, _READ)
        try:
            data = os.read(handle, size + 1)
            while len(data) < size and (more := os.read(handle, size - len(data) + 1)):
                data += more
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _IS_NO_FILE:
            raise
        raise InstallError.of("E457", path=origin, expected=sha256) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InstallError.of("E457", path=origin, expected=sha256)
    return data


def _stamp(status: os.stat_result) -> Stamp:
    return f"{status.st_size} {status.st_mtime_ns}"


class _NewTree:
    """A directory being made: knows the handles of its directories."""

    def __init__(self, root: Path | str) -> None:
        self._root = str(root)
        self._handles: dict[str, int] = {}
        self._made = {""}
        self._paths: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            os.mkdir(self._root, 0o755)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self._root), exist_ok=True)
            os.mkdir(self._root, 0o755)
        if _HANDLES:
            self._handles[""] = os.open(self._root, _DIRECTORY)
        else:
            self._paths[""] = self._root
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles.values():
            os.close(handle)

    def write(self, path: str, data: bytes) -> Stamp:
        """The new file with these bytes."""
        handle = self.create(path, executable=is_executable(data))
        try:
            write_all(handle, data)
            return _stamp(os.fstat(handle))
        finally:
            os.close(handle)

    def create(self, path: str, *, executable: bool) -> int:
        """A handle of the new file; the caller closes it."""
        directory, _, name = path.rpartition("/")
        permissions = 0o755 if executable else 0o644
        if _HANDLES:
            return os.open(name, _CREATE, permissions, dir_fd=self._handles.get(directory) or self._handle(directory))
        return os.open(os.path.join(self._path(directory), name), _CREATE, permissions)

    def link(self, origin: str, path: str) -> None:
        """The new file as one more name of the origin's file."""
        directory, _, name = path.rpartition("/")
        if _HANDLES:
            os.link(origin, name, dst_dir_fd=self._handle(directory), follow_symlinks=False)
        else:
            os.link(origin, os.path.join(self._path(directory), name))

    def _handle(self, directory: str) -> int:
        handle = self._handles.get(directory)
        if handle is None:
            if len(self._handles) >= _OPEN_DIRECTORIES:
                self._close_all_but_root()
            handle = self._opened(directory)
        return handle

    def _opened(self, directory: str) -> int:
        handle = self._handles.get(directory)
        if handle is None:
            above, _, name = directory.rpartition("/")
            parent = self._opened(above)
            if directory not in self._made:
                os.mkdir(name, 0o755, dir_fd=parent)
                self._made.add(directory)
            handle = self._handles[directory] = os.open(name, _DIRECTORY, dir_fd=parent)
        return handle

    def _close_all_but_root(self) -> None:
        for directory in [each for each in self._handles if each]:
            os.close(self._handles.pop(directory))

    def _path(self, directory: str) -> str:
        path = self._paths.get(directory)
        if path is None:
            above, _, name = directory.rpartition("/")
            path = self._paths[directory] = os.path.join(self._path(above), name)
            os.mkdir(path, 0o755)
        return path


def remove_tree(path: Path | str) -> None:
    """Take the directory, or whatever is at the path, away; nothing happens if nothing is there."""
    with disk_faults(path):
        for _ in range(_ATTEMPTS):
            kind = kind_at(str(path))
            if kind == "nothing":
                return
            # a part of it may go before we come to it; then the rest is still to be removed
            with suppress(FileNotFoundError):
                _remove_directory(path) if kind == "directory" else os.unlink(path)
        if kind_at(str(path)) != "nothing":
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))


def _remove_directory(path: Path | str) -> None:
    if not _HANDLES:
        import shutil  # takes 3 ms to import, with all the kinds of archives that it knows

        shutil.rmtree(path)
        return
    handle = os.open(path, _DIRECTORY)
    try:
        _remove_below(handle)
    finally:
        os.close(handle)
    os.rmdir(path)


def _remove_below(directory: int) -> None:
    """Empty a directory; what is no directory at the moment that it is opened is never entered."""
    with os.scandir(directory) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in found:
        if not is_directory:
            os.unlink(name, dir_fd=directory)
            continue
        handle = os.open(name, _DIRECTORY, dir_fd=directory)
        try:
            _remove_below(handle)
        finally:
            os.close(handle)
        os.rmdir(name, dir_fd=directory)


def move(source: Path | str, target: Path | str) -> None:
    """Rename a file, link or directory; makes the directories above the target. On one file system only."""
    try:
        try:
            os.replace(source, target)  # rename would refuse an existing file on Windows
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(source, target)
    except OSError as error:
        raise disk_error(error, source) from error


def move_to_free(source: Path | str, target: Path | str) -> bool:
    """Rename a directory to a place where nothing but an empty directory is; False if something is there.

    Makes the directories above the target. On one file system only.
    """
    try:
        try:
            os.rename(source, target)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.rename(source, target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            return False
        raise disk_error(error, source) from error
    return True


def copy_directory(source: Path, target: Path) -> None:
    """Copy a directory as it is, links as links: for backups of what a person edited."""
    import shutil

    with disk_faults(source):
        shutil.copytree(source, target, symlinks=True)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file as it is, with its mode and time; makes the directories above the target."""
    import shutil

    with disk_faults(source):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)

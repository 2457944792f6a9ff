"""Looking at the disk without opening a file: the part of every command, so it imports next to nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from skillctl.edges.disk.faults import disk_error, disk_faults

Stamp = str
"""`<size> <mtime in ns>` of a file as it was written or found: what a later look is compared with.

One text and no object, since a look at a thousand packs meets ten thousand files.
"""


def kind_at(path: str) -> Literal["nothing", "link", "directory", "other"]:
    """What stands at a path, links not followed."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"
    except OSError as error:
        raise disk_error(error, path) from error
    if stat.S_ISLNK(mode):
        return "link"
    return "directory" if stat.S_ISDIR(mode) else "other"


def stamp_at(path: str) -> Stamp:
    """The stamp of one file; empty if there is none, and equal to no other where it is no regular file."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise disk_error(error, path) from error
    return f"{status.st_size if stat.S_ISREG(status.st_mode) else -1} {status.st_mtime_ns}"


def size_at(path: Path | str) -> int | None:
    """The file's length in bytes; None if there is none."""
    found = _status(path)
    return None if found is None else found.st_size


def modified(path: Path) -> float | None:
    """When the file was written, in seconds since 1970; None if there is none."""
    found = _status(path)
    return None if found is None else found.st_mtime


def _status(path: Path | str) -> os.stat_result | None:
    with disk_faults(path):
        try:
            return os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None


def look_at_tree(root: str) -> dict[str, Stamp] | None:
    """Every file below the root with its stamp; None if the root is missing or no directory.

    A link or device inside is found with size -1, so that it equals nothing that was ever written.
    """
    found: dict[str, Stamp] = {}
    waiting = [("", root)]
    try:
        while waiting:
            prefix, directory = waiting.pop()
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((f"{prefix}{entry.name}/", entry.path))
                        continue
                    status = entry.stat(follow_symlinks=False)
                    size = status.st_size if entry.is_file(follow_symlinks=False) else -1
                    found[prefix + entry.name] = f"{size} {status.st_mtime_ns}"
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise disk_error(error, root) from error
    return found


def iterate_directories(root: Path) -> Sequence[str]:
    """Names of the directories (not links) right below the root, sorted."""
    with disk_faults(root):
        try:
            with os.scandir(root) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return []


def same_device(one: Path, other: Path) -> bool:
    """Whether two paths, or the nearest of their parents that exist, lie on one file system."""
    return _device(one) == _device(other)


def _device(path: Path) -> int:
    with disk_faults(path):
        for candidate in (path, *path.parents):
            with suppress(FileNotFoundError, NotADirectoryError):
                return os.stat(candidate).st_dev
    raise ValueError("no part of an absolute path exists")


def total_size(root: Path | str) -> int:
    """Bytes of all files below the root; 0 if it is missing."""
    found = look_at_tree(str(root)) or {}
    return sum(max(int(stamp.partition(" ")[0]), 0) for stamp in found.values())


def real_path(path: Path) -> Path:
    """The path with every link on the way resolved; parts that are missing stay as they are."""
    return Path(os.path.realpath(path))


def place_handle(path: str) -> int | None:
    """A handle (Linux's O_PATH) that names what is at the path, links followed, and can neither read nor write it.

    None if nothing is there. Whoever asks closes it.
    """
    try:
        return os.open(path, getattr(os, "O_PATH", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return None

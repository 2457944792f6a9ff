"""Errors of the operating system, as ours."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from skillctl.core.errors import InstallError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def disk_error(error: OSError, path: Path | str) -> InstallError:
    """The error of ours for one of the system's; the path is the one that the system names, else the given one."""
    where = error.filename if isinstance(error.filename, str) and os.path.isabs(error.filename) else str(path)
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return InstallError.of("E450", path=where, reason=reason)
    if error.errno in _FORBIDDEN:
        return InstallError.of("E451", path=where, reason=reason)
    return InstallError.of("E452", path=where, reason=reason)


class disk_faults:  # noqa: N801  a context, called as one; a class, since a generator costs more than most of the blocks
    """Turns OSErrors of the block into ours; `path` is what the block works on."""

    __slots__ = ("_path",)

    def __init__(self, path: Path | str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise disk_error(error, self._path) from error

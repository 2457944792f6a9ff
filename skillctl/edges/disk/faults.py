"""Errors of the operating system, as ours."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def disk_faults(path: Path | str) -> Iterator[None]:
    """Turns OSErrors of the block into ours; `path` is what the block works on."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from error

"""What the machine has: programs, variables, its system."""

from __future__ import annotations

import os
import shutil
import sys

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


def system_name() -> str:
    """`linux`, `macos` or `windows`; the interpreter's own word for anything else."""
    return _SYSTEMS.get(sys.platform, sys.platform)


def has_program(name: str, *, path: str) -> bool:
    """Whether a program of that name can be started from the search path."""
    return shutil.which(name, path=path) is not None


def is_directory(path: str) -> bool:
    """Whether a directory is there."""
    return os.path.isdir(path)


def has_variable(name: str) -> bool:
    """Whether an environment variable is set and not empty."""
    return bool(os.environ.get(name))

"""What the machine has: programs, variables, its system."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


def system_name() -> str:
    """`linux`, `macos` or `windows`; the interpreter's own word for anything else."""
    return _SYSTEMS.get(sys.platform, sys.platform)


def environment() -> Mapping[str, str]:
    """The variables of this process, for callers that were given none: the functions of the Python interface."""
    return os.environ


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def working_directory() -> str:
    """The working directory of this process, for callers that name none."""
    return os.getcwd()


def kernel() -> str:
    """The kernel that runs, and who asks: what decides which ways of isolation there are."""
    told = os.uname() if hasattr(os, "uname") else None
    user = os.getuid() if hasattr(os, "getuid") else 0
    return f"{told.sysname} {told.release} {user}" if told else sys.platform


def account_home() -> str:
    """The home that the system knows of this user, which HOME may not name; empty where it knows none."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_dir
    except (ImportError, KeyError):
        return ""


def find_program(name: str, *, path: str) -> str | None:
    """Where the program of that name lies on the search path; None if it is nowhere there."""
    if sys.platform == "win32":
        import shutil  # knows the endings of programs; takes 3 ms, with all the kinds of archives that it knows too

        return shutil.which(name, path=path)
    directories = [""] if os.path.dirname(name) else path.split(os.pathsep) if path else []
    files = (os.path.join(directory, name) for directory in directories)
    return next((file for file in files if os.access(file, os.X_OK) and not os.path.isdir(file)), None)


def has_program(name: str, *, path: str) -> bool:
    """Whether a program of that name can be started from the search path."""
    return find_program(name, path=path) is not None


def is_directory(path: str) -> bool:
    """Whether a directory is there."""
    return os.path.isdir(path)


def has_variable(name: str) -> bool:
    """Whether an environment variable is set and not empty."""
    return bool(os.environ.get(name))

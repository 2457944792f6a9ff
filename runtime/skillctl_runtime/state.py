"""`.skillctl` in a project: what the runtime keeps there, by name, and that none of it leads elsewhere.

A program that nothing but Landlock bounds can write here too. So what we write goes through `edges/disk/below`, which
follows no link, and what is only made or handed on is looked at first.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

from skillctl.core.errors import ExecutionError
from skillctl.edges.disk.locks import locked
from skillctl.edges.disk.look import kind_at

STATE = ".skillctl"
RECORD = "project.json"
BACKUPS = "backups"
RUNS = "runs"
HOME = "home"
"""Of the program, when it runs."""
TEMPORARY = "tmp"

_LOCK = "lock"
_SOON = 10.0


def check_state(root: Path) -> None:
    """Refuse a link in the place of one of our directories (ExecutionError E513)."""
    for path in (STATE, *(f"{STATE}/{name}" for name in (BACKUPS, RUNS, HOME, TEMPORARY))):
        if kind_at(str(root / path)) == "link":
            raise ExecutionError.of("E513", path=path, kind="a link", wanted="directory of the runtime's own")


def held(root: Path, purpose: str, *, timeout: float = _SOON) -> AbstractContextManager[None]:
    """The project for us alone, for the block; makes `.skillctl`. InstallError E453 after so many seconds."""
    return locked(root / STATE / _LOCK, timeout=timeout, purpose=purpose)


def leave_no_empty_project(root: Path) -> None:
    """Take away a project with nothing in it but our lock: what is refused before it is written leaves no trace."""
    if os.path.isdir(root / STATE) and os.listdir(root) == [STATE] and os.listdir(root / STATE) == [_LOCK]:
        from skillctl.edges.disk.trees import remove_tree

        remove_tree(root)

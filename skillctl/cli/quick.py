"""The commonest answer of all, that there is nothing to do, given before a command line is parsed.

Only for a command without any argument: everything else, and every doubt, goes the ordinary way.
"""

from __future__ import annotations

from pathlib import Path

from skillctl.app.glance import left_as_it_is, may_have_moved
from skillctl.app.scopes import find_project, the_project_scope
from skillctl.cli.door import here, settings
from skillctl.core.errors import SkillctlError


def nothing_to_do(command: str) -> str | None:
    """What `install` or `sync` says where everything is as the lock says; None if that is not sure."""
    try:
        found = settings()
        root = find_project(here(), home=Path(found.directories.home))
        current = left_as_it_is(the_project_scope(found, root), found) if root else None
    except (SkillctlError, OSError):  # the ordinary way has the words for it
        return None
    if current is None or not current.fresh or may_have_moved(current.lock):
        return None
    return said(command, current.packs)


def said(command: str, packs: int) -> str:
    """The sentence of the command."""
    if command == "sync":
        return "nothing to do: everything is as the lock says"
    return f"nothing to do: {packs} pack{'s' * (packs != 1)} installed as the lock says"

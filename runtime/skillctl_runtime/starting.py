"""How a project is started: by its plan's own line, or as its stack found; where, and with which programs at hand."""

from __future__ import annotations

import os
import posixpath
import shlex
from collections.abc import Sequence
from pathlib import Path

from skillctl.core.value import replace
from skillctl_runtime.plan import Plan
from skillctl_runtime.programs import PLACE, port_of, port_of_line, with_port
from skillctl_runtime.stack import PROGRAM_FOLDERS, Start


def chosen_start(plan: Plan, found: Start | None) -> Start | None:
    """How the project is started: by the plan's own line, which wins, else as its stack found.

    A line that would build once more what was just built is the stack's start in other words.
    """
    if not plan.run or (found is not None and found.instead_of == plan.run[-1]):
        if found is None:
            return None
        argv = (*found.argv, *plan.args)
        port = (plan.ports[0] if plan.ports else 0) or found.port or port_of(argv)
        return replace(found, argv=argv, port=port, ready=plan.ready or found.ready, server=_serves(plan, found.server))
    line = plan.run[-1]
    if plan.args:
        line = f"{line} {shlex.join(plan.args)}"
    port = port_of_line(line) or (plan.ports[0] if plan.ports else 0) or (found.port if found else 0)
    base = found or Start()
    return replace(
        base,
        argv=(),
        line=line,
        cwd="",
        port=port,
        port_words=(),
        ready=plan.ready or base.ready,
        server=_serves(plan, base.server),
        because=("the plan's own run command",),
    )


def started_in(plan: Plan, folder: str, start: Start) -> str:
    """The directory of the start, relative to the project; "" is the project itself."""
    inner = plan.cwd if start.line else posixpath.join(folder, start.cwd)
    path = posixpath.normpath(inner or ".")
    return "" if path == "." else path


def command_text(start: Start) -> str:
    """The start as one would type it."""
    if start.line:
        return start.line
    words = (
        with_port(start.argv, start.port) if start.port and any(PLACE in each for each in start.argv) else start.argv
    )
    return shlex.join(words)


def program_paths(root: Path, folders: Sequence[str]) -> tuple[str, ...]:
    """Directories of programs that these parts have, relative to the project."""
    found = (posixpath.join(each, name) for each in folders for name in PROGRAM_FOLDERS)
    return tuple(path for path in found if os.path.isdir(root / path))


def _serves(plan: Plan, found: bool) -> bool:
    return found or plan.ready is not None or bool(plan.ports) or any(each.kind == "http" for each in plan.checks)

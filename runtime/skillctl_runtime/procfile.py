"""A Procfile: how its author starts the program, which counts more than what anybody infers, and less than the plan."""

from __future__ import annotations

import re

from skillctl.core.value import replace
from skillctl_runtime.plan import Plan, Repair
from skillctl_runtime.stack import Repaired

NAME = "Procfile"

_LINE = re.compile(r"^\s*([\w-]+)\s*:\s*(\S.*?)\s*$", re.MULTILINE)
_NOT_STARTED = frozenset({"release", "console", "test"})


def procfile_line(text: str) -> str:
    """The command of `web`, else of `worker`, else the first; empty where there is none."""
    commands = {name: command for name, command in _LINE.findall(text) if name not in _NOT_STARTED}
    return commands.get("web") or commands.get("worker") or next(iter(commands.values()), "")


def started_by_procfile(plan: Plan) -> Repaired:
    """The plan with the Procfile's command as its run line, where it has none of its own."""
    file = plan.file(NAME)
    line = procfile_line((file.text() if file else "") or "") if not plan.run else ""
    if not line:
        return Repaired(plan=plan)
    told = Repair(rule="procfile", what=f"`{NAME}` says how the program is started: `{line}`", file=NAME)
    return Repaired(plan=replace(plan, run=(line,)), repairs=(told,))

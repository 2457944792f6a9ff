"""`skillctl runtime log`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at
from skillctl.cli.page import Page, Row, bold, dim
from skillctl.cli.parameter import argument, option

if TYPE_CHECKING:
    from skillctl.core.json_value import JsonValue


def command(
    project: Annotated[str, argument(metavar="DIR", help="The project's directory.")] = ".",
    run: Annotated[str, option("--run", metavar="RUN", help="The run to show; the newest without a word.")] = "",
    every: Annotated[bool, option("--list", help="Show the names of all runs that are kept.")] = False,
) -> Answer:
    """Show what was run in a project, and how it went.

    Each execution and each run has a journal, a line of JSON for each command, in `.skillctl/runs`.
    """
    from skillctl.app.runtime.log import show_log

    outcome = show_log(at(project), run)

    def shown(page: Page) -> None:
        if every:
            for name in outcome.runs:
                page.line(name)
            return
        if not outcome.run:
            page.line("nothing was run here")
        for line in outcome.lines:
            page.table([_row(line)])
            if line.get("event") == "command" and line.get("exit") not in (0, None):
                for said in str(line.get("tail", "")).splitlines()[-10:]:
                    page.line("    ", dim(said))

    return Answer(outcome, shown)


def _row(line: Mapping[str, JsonValue]) -> Row:
    moment = dim(str(line.get("time", "")))
    match line.get("event"):
        case "command" if line.get("cache") == "hit":
            return moment, bold(str(line.get("id"))), "nothing to do"
        case "command":
            argv = line.get("argv")
            words = shlex.join(map(str, argv)) if isinstance(argv, (list, tuple)) else ""
            ended = f"exit {line.get('exit')}, {line.get('seconds')} s"
            return moment, bold(str(line.get("id"))), ended, words
        case "rewritten":
            return moment, bold("rewritten"), str(line.get("file"))
        case "repair":
            return moment, bold("mended"), str(line.get("what"))
        case _:
            because = line.get("because")
            told = ", ".join(map(str, because)) if isinstance(because, (list, tuple)) else ""
            return moment, bold(str(line.get("stack") or line.get("event"))), told

"""`skillctl diff`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import Offline, UserScope
from skillctl.cli.page import Page, bold, green, red
from skillctl.cli.parameter import argument, option

if TYPE_CHECKING:
    from skillctl.app.diff import DiffOutcome
    from skillctl.core.json_value import JsonValue


def command(
    one: Annotated[str, argument(metavar="A", help="A release (`arcgis@1.0.0`), a pack's directory or an archive.")],
    other: Annotated[str, argument(metavar="B", help="What it became: the same kinds.")],
    stat: Annotated[bool, option("--stat", help="Leave out the lines of the files.")] = False,
    exit_code: Annotated[bool, option("--exit-code", help="End with status 1 if they differ.")] = False,
    user: UserScope = False,
    offline: Offline = False,
) -> Answer:
    """Show how two releases of a pack differ.

    Files, what is newly asked for, tokens, the manifest, and the lines of every text. A name alone stands for the
    installed release, or the latest where there is none.
    """
    from skillctl.app.diff import diff

    outcome = diff(settings(offline=offline), here(), one, other, user=user, told_by_status=exit_code)
    return Answer(outcome, lambda page: _show(page, outcome, stat=stat))


def _show(page: Page, outcome: DiffOutcome, *, stat: bool) -> None:
    from skillctl.cli.difference import show_difference

    if outcome.is_empty:
        page.line(f"{outcome.before} and {outcome.after} are the same to the last byte")
        return
    show_difference(page, outcome.difference)
    for change in outcome.manifest:
        page.line(f"    {change.key}: {_written(change.before)} -> {_written(change.after)}")
    for file in outcome.files if not stat else ():
        page.line()
        if file.remark:
            page.line(bold(file.path), f": {file.remark}")
        for line in file.lines:
            if line.startswith(("--- ", "+++ ")):
                page.line(bold(line))
            else:
                page.line(green(line) if line.startswith("+") else red(line) if line.startswith("-") else line)


def _written(value: JsonValue) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)

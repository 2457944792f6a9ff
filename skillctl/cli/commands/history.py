"""`skillctl history`."""

from __future__ import annotations

from skillctl.app.history import PastGeneration
from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import UserScope
from skillctl.cli.page import Page, Row, bold, counted, dim

_NAMED = 4


def command(user: UserScope = False) -> Answer:
    """Show what was installed when, and by which command.

    Every command that changes something makes a generation; the last ten are kept. `skillctl undo` goes one state back,
    `skillctl undo --to NUMBER` to any of these.
    """
    from skillctl.app.history import history

    outcome = history(settings(), here(), user=user)

    def shown(page: Page) -> None:
        if not outcome.generations:
            page.line("nothing was installed yet")
        page.table(_row(each) for each in outcome.generations)

    return Answer(outcome, shown)


def _row(each: PastGeneration) -> Row:
    mark = "*" if each.current else " "
    back = "" if not each.restores else f" (back to {each.restores if each.restores > 0 else 'the beginning'})"
    return (
        mark,
        bold(each.number),
        each.created,
        f"{each.command}{back}",
        counted(each.packs, "pack"),
        dim(_told(each)),
    )


def _told(each: PastGeneration) -> str:
    said = [_change(*change) for change in each.changed[:_NAMED]]
    rest = len(each.changed) - len(said)
    return ", ".join([*said, f"and {rest} more"] if rest else said)


def _change(name: str, before: str, after: str) -> str:
    if not before:
        return f"+{name} {after}"
    return f"~{name} {before} -> {after}" if after else f"-{name} {before}"

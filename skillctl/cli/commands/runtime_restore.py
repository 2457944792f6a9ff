"""`skillctl runtime restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, bold, counted
from skillctl.cli.parameter import argument, option

if TYPE_CHECKING:
    from skillctl.app.runtime.restore import RestoreOutcome


def command(
    directory: Annotated[str, argument(metavar="DIR", help="The project's directory.")] = ".",
    backup: Annotated[str, option("--backup", metavar="NUMBER", help="Which one; left out: the newest.")] = "",
    every: Annotated[bool, option("--list", help="Show the backups that there are.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Bring back the files that an execution overwrote.

    What is there now is kept in its turn, so that a restore can be undone by another. A file that the execution made
    new is removed again if nobody changed it since.
    """
    from skillctl.app.runtime.restore import restore, take_stock

    if every:
        stock = take_stock(at(directory))
        return Answer(stock, lambda page: _show_stock(page, stock))
    outcome = restore(settings(), at(directory), backup, dry_run=dry_run)
    return Answer(outcome, lambda page: _show_restored(page, outcome))


def _show_stock(page: Page, outcome: RestoreOutcome) -> None:
    page.say(counted(len(outcome.backups), "backup"))
    page.table((bold(each.id), each.made, ", ".join(each.kept)) for each in outcome.backups)


def _show_restored(page: Page, outcome: RestoreOutcome) -> None:
    verb = "would bring" if outcome.dry_run else "brought"
    page.say(f"{verb} back {counted(len(outcome.changed), 'file')}")
    for path in outcome.changed:
        page.line("  ", path)
    for path in outcome.deleted:
        page.line("  ", path, "  (removed)")

"""`skillctl runtime clean`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, bold, counted
from skillctl.cli.parameter import argument, option


def command(
    directory: Annotated[str, argument(metavar="DIR", help="The project's directory.")] = ".",
    history: Annotated[bool, option("--history", help="Its backups and journals too.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Remove what install and build made in a project.

    The plan's files stay, and the next execution installs and builds anew. Downloads are in the cache: `skillctl cache`
    looks after that.
    """
    from skillctl.app.runtime.clean import clean

    outcome = clean(settings(), at(directory), history=history, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would remove" if dry_run else "removed"
        page.line(bold(outcome.root), f": {verb} {counted(len(outcome.removed), 'thing')}")
        for path in outcome.removed:
            page.line("  ", path)

    return Answer(outcome, shown)

"""`skillctl plugins new`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument


def command(
    name: Annotated[str, argument(metavar="NAME", help="What it is called.")],
    dry_run: DryRun = False,
) -> Answer:
    """Make a new plugin with a test.

    A directory with a plugin that works and says what it hooks into. Copy its file into `plugins/` of the configuration
    directory to have it loaded.
    """
    from skillctl.app.plugins import new_plugin

    outcome = new_plugin(here(), name, dry_run=dry_run)

    def shown(page: Page) -> None:
        page.say("would make" if dry_run else "made", " ", outcome.directory)
        for path in outcome.files:
            page.line("  ", path)

    return Answer(outcome, shown)

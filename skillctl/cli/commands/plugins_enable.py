"""`skillctl plugins enable`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument


def command(
    name: Annotated[str, argument(metavar="NAME", help="The plugin.")],
    dry_run: DryRun = False,
) -> Answer:
    """Load a plugin again, or an installed one for the first time.

    A plugin of an installed distribution is only loaded if it is enabled by its name.
    """
    from skillctl.app.plugins import choose_plugin

    outcome = choose_plugin(settings(), environment(), name, enabled=True, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would be enabled" if dry_run else "is enabled"
        page.line(f"{name} {verb} in {outcome.file}")

    return Answer(outcome, shown)

"""`skillctl plugins disable`."""

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
    """Load a plugin no more.

    Its file stays where it is; `skillctl plugins enable` takes this back.
    """
    from skillctl.app.plugins import choose_plugin

    outcome = choose_plugin(settings(), environment(), name, enabled=False, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would be disabled" if dry_run else "is disabled"
        page.line(f"{name} {verb} in {outcome.file}")

    return Answer(outcome, shown)

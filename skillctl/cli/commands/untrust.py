"""`skillctl untrust`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument


def command(
    what: Annotated[str, argument(metavar="PACK|FILE", help="What was trusted.")],
    dry_run: DryRun = False,
) -> Answer:
    """Let the hooks of a pack, or a project's plugin, run no more."""
    from skillctl.app.plugins import untrust

    outcome = untrust(settings(), here(), what, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would no longer be trusted" if dry_run else "is no longer trusted"
        page.line(f"{outcome.subject} {verb}")

    return Answer(outcome, shown)

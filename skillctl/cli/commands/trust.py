"""`skillctl trust`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, now, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument


def command(
    what: Annotated[str, argument(metavar="PACK|FILE", help="An installed pack, or a project's plugin file.")],
    dry_run: DryRun = False,
) -> Answer:
    """Let the hooks of a pack, or a project's plugin, run.

    Trust is bound to the bytes that they have now: after a change it has to be given again. Their text is shown with
    --dry-run. Hooks run in a process of their own, whenever skillctl works in this directory.
    """
    from skillctl.app.plugins import trust

    outcome = trust(settings(), here(), what, now=now(), dry_run=dry_run)

    def shown(page: Page) -> None:
        if dry_run:
            page.text(outcome.contents)
        verb = "would be trusted" if dry_run else "is trusted" if outcome.changed else "was trusted already"
        page.line(f"{outcome.subject} {verb} ({outcome.digest})")

    return Answer(outcome, shown)

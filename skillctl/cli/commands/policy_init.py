"""`skillctl policy init`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import option


def command(
    source: Annotated[str, option("--from", metavar="FILE", help="Make it of a policy that Patchwork uses.")] = "",
    dry_run: DryRun = False,
) -> Answer:
    """Begin a policy of your own, with examples as comments.

    It lies in the configuration directory and counts in every project. A policy that is there is never overwritten.
    """
    from skillctl.app.policy import init_policy

    outcome = init_policy(settings(), at(source) if source else None, dry_run=dry_run)

    def shown(page: Page) -> None:
        page.line("would make " if dry_run else "made ", bold(outcome.file))
        if dry_run and not page.is_quiet:
            for line in outcome.text.splitlines():
                page.line("  ", line)

    return Answer(outcome, shown)

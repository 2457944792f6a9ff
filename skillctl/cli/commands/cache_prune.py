"""`skillctl cache prune`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, counted, size


def command(dry_run: DryRun = False) -> Answer:
    """Remove what no project refers to any more.

    Everything that a project's history can still go back to is kept.
    """
    from skillctl.app.cache import prune_cache

    outcome = prune_cache(settings(), dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would remove" if dry_run else "removed"
        page.line(f"{verb} {counted(len(outcome.removed), 'tree')}, {size(outcome.freed)}")
        page.say(f"{size(outcome.size)} in {outcome.directory}")

    return Answer(outcome, shown)

"""`skillctl cache clean`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, counted, size


def command(dry_run: DryRun = False) -> Answer:
    """Remove everything from the cache.

    Installed skills stay; what is needed again is fetched again.
    """
    from skillctl.app.cache import clean_cache

    outcome = clean_cache(settings(), dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would remove" if dry_run else "removed"
        page.line(f"{verb} {counted(len(outcome.removed), 'tree')}, {size(outcome.freed)}")
        page.say(f"{size(outcome.size)} in {outcome.directory}")

    return Answer(outcome, shown)

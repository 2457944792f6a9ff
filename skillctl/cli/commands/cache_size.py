"""`skillctl cache size`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import settings
from skillctl.cli.page import Page, counted, size


def command() -> Answer:
    """Show how much the cache holds."""
    from skillctl.app.cache import look_at_cache

    outcome = look_at_cache(settings())

    def shown(page: Page) -> None:
        page.line(size(outcome.size))
        page.say(f"{counted(outcome.trees, 'tree')} in {outcome.directory}")

    return Answer(outcome, shown)

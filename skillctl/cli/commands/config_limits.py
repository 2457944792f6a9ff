"""`skillctl config limits`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.page import Page, bold, dim


def command() -> Answer:
    """Show every limit that skillctl enforces."""
    from skillctl.app.config import config_limits

    outcome = config_limits()

    def shown(page: Page) -> None:
        page.table([(bold(each.name), f"{each.value:,} {each.unit}", dim(each.about)) for each in outcome.limits])

    return Answer(outcome, shown)

"""`skillctl config list`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment
from skillctl.cli.page import Page, bold, dim
from skillctl.cli.setting_text import setting_text


def command() -> Answer:
    """Show every setting and where it comes from."""
    from skillctl.app.config import config_list

    outcome = config_list(environment())

    def shown(page: Page) -> None:
        page.table([(bold(each.key), setting_text(each.value), dim(each.origin)) for each in outcome.settings])

    return Answer(outcome, shown)

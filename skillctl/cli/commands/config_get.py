"""`skillctl config get`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument
from skillctl.cli.setting_text import setting_text


def command(key: Annotated[str, argument(metavar="KEY", help="Such as llm.model.")]) -> Answer:
    """Show one setting."""
    from skillctl.app.config import config_get

    outcome = config_get(environment(), key)

    def shown(page: Page) -> None:
        page.line(setting_text(outcome.setting.value))

    return Answer(outcome, shown)

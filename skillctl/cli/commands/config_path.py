"""`skillctl config path`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment
from skillctl.cli.page import Page, bold


def command() -> Answer:
    """Show where the configuration lies."""
    from skillctl.app.config import config_path

    outcome = config_path(environment())

    def shown(page: Page) -> None:
        page.line(bold(outcome.file))
        if outcome.read not in ("", outcome.file):
            page.say(f"read from {outcome.read}")

    return Answer(outcome, shown)

"""`skillctl hooks list`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.page import Page, bold


def command() -> Answer:
    """Show whether an agent's client asks skillctl, for the user and in this project."""
    from skillctl.app.hooks import list_hooks

    outcome = list_hooks(settings(), here())

    def shown(page: Page) -> None:
        page.table((bold(each.agent), each.scope, each.state, each.file) for each in outcome.registrations)

    return Answer(outcome, shown)

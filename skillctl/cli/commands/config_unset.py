"""`skillctl config unset`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, bold, dim
from skillctl.cli.parameter import argument
from skillctl.cli.setting_text import setting_text


def command(
    key: Annotated[str, argument(metavar="KEY", help="Such as llm.model.")],
    dry_run: DryRun = False,
) -> Answer:
    """Take one setting out, so that its default counts."""
    from skillctl.app.config import config_unset

    outcome = config_unset(environment(), key, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would be" if dry_run else "is now"
        page.line(bold(outcome.key), f" {verb} {setting_text(outcome.value)}")
        page.say(dim(f"was {setting_text(outcome.before)}; in {outcome.file}"))

    return Answer(outcome, shown)

"""`skillctl plugins info`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument


def command(name: Annotated[str, argument(metavar="NAME", help="The plugin.")]) -> Answer:
    """Show all that is known of one plugin."""
    from skillctl.app.plugins import plugin_info

    outcome = plugin_info(settings(), here(), name)

    def shown(page: Page) -> None:
        for each in outcome.plugins:
            page.line(bold(each.name), " ", each.version)
            rows = {
                "about": each.description,
                "source": each.source,
                "state": each.state,
                "file": each.path,
                "digest": each.digest,
                "hooks": ", ".join(each.hooks),
                "needs": ", ".join(each.dependencies),
                "capabilities": ", ".join(each.capabilities),
                "problem": each.problem,
            }
            page.table(((label, text) for label, text in rows.items() if text), indent="  ")

    return Answer(outcome, shown)

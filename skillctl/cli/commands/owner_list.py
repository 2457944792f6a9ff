"""`skillctl owner list`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import Registry
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument


def command(
    name: Annotated[str, argument(metavar="NAME", help="A pack, or a scope such as @acme.")],
    registry: Registry = "",
) -> Answer:
    """List the owners of a pack or a scope."""
    from skillctl.app.owners import list_owners

    outcome = list_owners(settings(), here(), name, registry)

    def shown(page: Page) -> None:
        page.table([(bold(each),) for each in outcome.owners])
        if not outcome.owners:
            page.line("nobody")

    return Answer(outcome, shown)

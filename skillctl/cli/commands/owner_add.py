"""`skillctl owner add`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun, Registry
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument


def command(
    name: Annotated[str, argument(metavar="NAME", help="A pack, or a scope such as @acme.")],
    user: Annotated[str, argument(metavar="USER", help="The user, as the registry calls him.")],
    registry: Registry = "",
    dry_run: DryRun = False,
) -> Answer:
    """Make somebody an owner of a pack, or of a scope such as @acme.

    The first owner of a scope is added by the registry's administrator; the owners of a scope own all packs in it.
    """
    from skillctl.app.owners import add_owner

    outcome = add_owner(settings(), here(), name, user, registry, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "would be owned" if outcome.dry_run else "is owned"
        page.line(bold(outcome.name), f" {verb} by {', '.join(outcome.owners) or 'nobody'} in {outcome.registry}")

    return Answer(outcome, shown)

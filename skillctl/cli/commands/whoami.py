"""`skillctl whoami`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import Offline
from skillctl.cli.page import Page, Row, bold
from skillctl.cli.parameter import argument


def command(
    registry: Annotated[
        str, argument(metavar="[REGISTRY]", help="The alias or the address of a registry; all if not given.")
    ] = "",
    offline: Offline = False,
) -> Answer:
    """Show who you are to registries: whose token is shown to each, where it comes from, and what it may do."""
    from skillctl.app.login import Account, whoami

    outcome = whoami(settings(offline=offline), here(), registry)

    def told(account: Account) -> str:
        if not account.token:
            return "no token"
        who = account.identity
        if who is None:
            return f"a token from the {account.token}"
        until = f", until {who.expires}" if who.expires else ""
        return f"{who.user} ({', '.join(who.scopes) or 'reading'}), by a token from the {account.token}{until}"

    def shown(page: Page) -> None:
        rows: list[Row] = [(bold(each.registry), each.origin, told(each)) for each in outcome.accounts]
        page.table(rows)
        if not rows:
            page.line("no registry here has an address")

    return Answer(outcome, shown)

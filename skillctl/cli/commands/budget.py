"""`skillctl budget`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import Offline, UserScope
from skillctl.cli.page import Page, Row, bold, green, red

if TYPE_CHECKING:
    from skillctl.app.budget import AgentCost


def command(user: UserScope = False, offline: Offline = False) -> Answer:
    """Show what the skills cost each agent's context, beside the project's budget.

    Tokens are estimated: bytes divided by four. The status is 1 where more is always on than `budget` in skillctl.json
    allows.
    """
    from skillctl.app.budget import show_budget

    outcome = show_budget(settings(offline=offline), here(), user=user)

    def shown(page: Page) -> None:
        for each in outcome.agents:
            _show(page, each)

    return Answer(outcome, shown)


def _show(page: Page, cost: AgentCost) -> None:
    page.line(bold(cost.agent))
    rows: list[Row] = [("pack", "skill", "always on", "when used")]
    rows += [(each.pack, f"/{each.skill}", f"{each.always_on:,}", f"{each.when_loaded:,}") for each in cost.skills]
    rows.append(("together", "", f"{cost.always_on:,}", ""))
    if cost.limit is not None:
        rows.append(("budget", "", (red if cost.is_over else green)(f"{cost.limit:,}"), ""))
    page.table(rows, indent="  ")

"""`skillctl remove`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, here, settings
from skillctl.cli.options import DryRun, Force, PlanFile, UserScope
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument
from skillctl.cli.scope_change import show_change


def command(
    names: Annotated[list[str], argument(metavar="NAME...", help="The packs to remove.")],
    user: UserScope = False,
    force: Force = False,
    dry_run: DryRun = False,
    plan: PlanFile = "",
) -> Answer:
    """Remove packs, and the dependencies that nobody else needs.

    Says what it kept: packs that others still need, and files that were edited by hand.
    """
    from skillctl.app.remove import RemoveRequest, remove

    request = RemoveRequest(
        cwd=here(), names=tuple(names), user=user, force=force, dry_run=dry_run, plan=at(plan) if plan else None
    )
    outcome = remove(settings(), request)

    def shown(page: Page) -> None:
        verb = "would take" if outcome.dry_run else "took"
        gone = f"{verb} {' and '.join(dict.fromkeys(names))} out of skillctl.json"
        show_change(page, outcome, nothing="nothing was removed", rewritten=gone)

    return Answer(outcome, shown)

"""`skillctl apply`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, here, settings
from skillctl.cli.options import DryRun, Offline
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument
from skillctl.cli.scope_change import show_change


def command(
    plan: Annotated[str, argument(metavar="FILE", help="What `--plan` of install, update or remove wrote.")],
    offline: Offline = False,
    dry_run: DryRun = False,
) -> Answer:
    """Do exactly what a plan of an installation says, or nothing.

    The plan was written by `skillctl install --plan FILE`. If the project's files, what is installed, the agents or the
    releases are not as they were then, nothing is done, and what differs is told (E435).
    """
    from skillctl.app.apply_plan import ApplyRequest, apply_written

    request = ApplyRequest(cwd=here(), plan=at(plan), dry_run=dry_run)
    outcome = apply_written(settings(offline=offline), request)

    def shown(page: Page) -> None:
        page.say(f"{'would do' if dry_run else 'did'} what was planned by: {outcome.command}")
        show_change(page, outcome.change, nothing="nothing to do: everything is as the plan says")

    return Answer(outcome, shown)

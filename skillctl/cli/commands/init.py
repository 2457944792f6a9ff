"""`skillctl init`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import agents, here, settings
from skillctl.cli.options import Agents, DryRun, UserScope
from skillctl.cli.page import Page, bold


def command(agent: Agents = None, user: UserScope = False, dry_run: DryRun = False) -> Answer:
    """Make a project file, skillctl.json, in this directory.

    `install` makes one by itself where there is none.
    """
    from skillctl.app.init import InitRequest, init

    request = InitRequest(cwd=here(), agents=agents(agent), user=user, dry_run=dry_run)
    outcome = init(settings(), request)

    def shown(page: Page) -> None:
        page.line("would make " if dry_run else "made ", bold(outcome.file))

    return Answer(outcome, shown)

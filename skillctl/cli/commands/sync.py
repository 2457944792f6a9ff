"""`skillctl sync`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import AllowHiddenText, DryRun, Force, Offline, UserScope
from skillctl.cli.page import Page
from skillctl.cli.parameter import option
from skillctl.cli.quick import said
from skillctl.cli.scope_change import show_change


def command(
    check: Annotated[
        bool, option("--check", help="Change nothing; status 1 if a directory is not what the lock says.")
    ] = False,
    user: UserScope = False,
    offline: Offline = False,
    allow_hidden_text: AllowHiddenText = False,
    force: Force = False,
    dry_run: DryRun = False,
) -> Answer:
    """Make the agents' directories equal to the lock.

    Adds and updates what is missing or old, and removes what skillctl installed and nobody needs any more. A file that
    was edited by hand is kept and reported; a skill that skillctl did not install is never touched.
    """
    from skillctl.app.sync import SyncRequest, sync

    request = SyncRequest(
        cwd=here(), user=user, check=check, force=force, allow_hidden_text=allow_hidden_text, dry_run=dry_run
    )
    outcome = sync(settings(offline=offline), request)

    def shown(page: Page) -> None:
        show_change(page, outcome, nothing=said("sync", outcome.packs))

    return Answer(outcome, shown)

"""`skillctl verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun, Offline, UserScope
from skillctl.cli.page import Page, counted, dim

if TYPE_CHECKING:
    from skillctl.app.verify import VerifyOutcome


def command(user: UserScope = False, offline: Offline = False, dry_run: DryRun = False) -> Answer:
    """Hash every installed file and the whole store, and heal the store.

    What is installed is compared with what skillctl put in place; what differs is told and left alone. A damaged tree
    of the store is fetched anew. Status 1 if something is not as it should be and stays so.
    """
    from skillctl.app.verify import verify

    outcome = verify(settings(offline=offline), here(), user=user, dry_run=dry_run)
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: VerifyOutcome) -> None:
    page.line(f"{counted(outcome.skills, 'installed skill')}, {counted(outcome.files, 'file')}, in {outcome.root}")
    page.line(f"{counted(outcome.trees, 'tree')} in the store")
    for each in outcome.healed:
        page.line(f"healed {each}")
    if not outcome.problems:
        page.line("everything is as it was installed")
    if outcome.dry_run:
        page.say(dim("nothing was changed: this was a dry run"))

"""`skillctl undo`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun, Offline, UserScope
from skillctl.cli.page import Page
from skillctl.cli.parameter import option
from skillctl.cli.scope_change import show_change


def command(
    user: UserScope = False,
    to: Annotated[
        int | None,
        option("--to", metavar="NUMBER", help="Go to this generation of `skillctl history`; 0 is before the first."),
    ] = None,
    force: Annotated[
        bool, option("--force", help="Go back over what was edited by hand since, after a backup.")
    ] = False,
    offline: Offline = False,
    dry_run: DryRun = False,
) -> Answer:
    """Go back to what was installed before the last change.

    Brings back skillctl.json, skillctl.lock and every installed skill as they were, byte by byte. Another undo goes
    one state further back; `--to NUMBER` goes to any state that `skillctl history` shows, also forward again.
    """
    from skillctl.app.undo import UndoRequest, undo

    request = UndoRequest(cwd=here(), user=user, to=to, force=force, dry_run=dry_run)
    outcome = undo(settings(offline=offline), request)

    def shown(page: Page) -> None:
        verb = "would go back" if dry_run else "went back"
        aim = f"generation {outcome.restored}" if outcome.restored else "the state before the first generation"
        page.say(f"{verb} from generation {outcome.undone} ({outcome.command}) to {aim}")
        show_change(page, outcome.change, nothing="no pack and no skill differs")

    return Answer(outcome, shown)

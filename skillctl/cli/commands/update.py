"""`skillctl update`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun, Force, Offline, UserScope
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument
from skillctl.cli.scope_change import show_change


def command(
    names: Annotated[
        list[str] | None, argument(metavar="[NAME]...", help="Only these packs; without names, all of them.")
    ] = None,
    user: UserScope = False,
    offline: Offline = False,
    force: Force = False,
    dry_run: DryRun = False,
) -> Answer:
    """Move packs to newer versions within their requirements.

    What skillctl.json asks for stays as it is; skillctl.lock and the installed skills change.
    """
    from skillctl.app.update import UpdateRequest, update

    request = UpdateRequest(cwd=here(), names=tuple(names or ()), user=user, force=force, dry_run=dry_run)
    outcome = update(settings(offline=offline), request)

    def shown(page: Page) -> None:
        show_change(page, outcome, nothing="nothing to do: every pack is at the highest version that is asked for")

    return Answer(outcome, shown)

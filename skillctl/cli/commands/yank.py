"""`skillctl yank`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, keys_at, settings
from skillctl.cli.options import DryRun, KeysDirectory, PackName, PackVersion, Registry
from skillctl.cli.page import Page, became, bold
from skillctl.cli.parameter import option


def command(
    name: PackName,
    version: PackVersion,
    reason: Annotated[
        str, option("--reason", help="Why; shown to everybody who has it locked. A later one counts.")
    ] = "",
    undo: Annotated[bool, option("--undo", help="Put the release back.")] = False,
    registry: Registry = "",
    keys: KeysDirectory = "",
    dry_run: DryRun = False,
) -> Answer:
    """Take a release out of the choice, or put it back.

    A yanked release stays where it is: a lock that has it still installs it, with a warning. It is not chosen anew.
    """
    from skillctl.app.withdrawing import YankOutcome, YankRequest, yank
    from skillctl.core.errors import UsageError

    if undo and reason:
        raise UsageError.of("E028", one="--undo", other="--reason")
    request = YankRequest(
        name=name,
        version=version,
        cwd=here(),
        reason=reason,
        undo=undo,
        registry=registry,
        keys=keys_at(keys),
        dry_run=dry_run,
    )
    outcome: YankOutcome = yank(settings(), request)

    def shown(page: Page) -> None:
        yanked = outcome.yanked is not None
        state = "yanked" if yanked else "back in the choice"
        verb = became(already=outcome.already, dry_run=outcome.dry_run)
        page.line(bold(f"{outcome.name} {outcome.version}"), f" {verb} {state} in {outcome.registry}")
        if yanked and outcome.yanked:
            page.line(f"reason: {outcome.yanked}")

    return Answer(outcome, shown)

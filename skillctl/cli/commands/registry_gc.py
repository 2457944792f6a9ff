"""`skillctl registry gc`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun, RegistryName
from skillctl.cli.page import Page, counted
from skillctl.cli.parameter import option
from skillctl.core.errors import UsageError


def command(
    registry: RegistryName = "",
    hours: Annotated[
        int, option("--older-than", metavar="HOURS", help="Leave what is younger; a day by default.")
    ] = 24,
    db: Annotated[
        str, option("--db", metavar="URL", help="The server's database, if it does not lie beside the registry.")
    ] = "",
    dry_run: DryRun = False,
) -> Answer:
    """Take away files of a registry that nothing refers to.

    Interrupted publishes leave some, and in a signed registry every publish leaves the state before it to those who
    are reading it. Behind a server, what its database has decided on stays, though it was not signed yet.
    """
    from skillctl.app.registry_keeping import KeepingRequest, TidyOutcome, tidy_registry

    if hours < 0:
        raise UsageError.of("E023", option="--older-than", reason=f"`{hours}` is less than nothing")
    request = KeepingRequest(registry=registry, cwd=here(), dry_run=dry_run)
    outcome: TidyOutcome = tidy_registry(settings(), request, database=db, hours=hours)

    def shown(page: Page) -> None:
        verb = "would remove" if outcome.dry_run else "removed"
        page.line(f"{verb} {counted(len(outcome.removed), 'file')} from {outcome.registry}")
        for key in outcome.removed if outcome.dry_run else ():
            page.line(f"  {key}")
        if outcome.kept:
            page.line(f"{counted(outcome.kept, 'file')} that nothing refers to are too young to go")

    return Answer(outcome, shown)

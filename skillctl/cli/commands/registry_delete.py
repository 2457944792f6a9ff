"""`skillctl registry delete`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun, PackName, PackVersion, Registry
from skillctl.cli.page import Page, became, bold
from skillctl.cli.parameter import option
from skillctl.cli.streams import Manner


def command(
    name: PackName,
    version: PackVersion,
    registry: Registry = "",
    yes: Annotated[bool, option("--yes", "-y", help="Go on without a question.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Delete a release for good from a registry's server; administrators may.

    For secrets and attacks: whoever has it locked can't install it any more. Its name and version stay taken, so that
    nothing else ever goes by them. What is only bad is yanked.
    """
    from skillctl.app.withdrawing import ReleaseRequest, WithdrawnOutcome, delete
    from skillctl.cli.ask import asked, may_ask, missing
    from skillctl.core.errors import InstallError

    if not (yes or dry_run):
        if Manner.json or not may_ask():
            raise missing(f"whether `{name} {version}` goes for good", "--yes")
        if asked(f"delete {name} {version} for good? y or n", default="n").lower() not in ("y", "yes"):
            raise InstallError.of("E465")
    request = ReleaseRequest(name=name, version=version, cwd=here(), registry=registry, dry_run=dry_run)
    outcome: WithdrawnOutcome = delete(settings(), request)

    def shown(page: Page) -> None:
        verb = became(already=outcome.already, dry_run=outcome.dry_run)
        page.line(bold(f"{outcome.name} {outcome.version}"), f" {verb} deleted from {outcome.registry}")

    return Answer(outcome, shown)

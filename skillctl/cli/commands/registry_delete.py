"""`skillctl registry delete`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun, Registry
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument, option
from skillctl.cli.streams import Manner


def command(
    name: Annotated[str, argument(metavar="NAME", help="The pack.")],
    version: Annotated[str, argument(metavar="VERSION", help="The version, X.Y.Z.")],
    registry: Registry = "",
    yes: Annotated[bool, option("--yes", "-y", help="Go on without a question.")] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Delete a release for good from a registry's server; administrators may.

    For secrets and attacks: whoever has it locked can't install it any more. Its name and version stay taken, so that
    nothing else ever goes by them. What is only bad is yanked.
    """
    from skillctl.app.delete import DeleteOutcome, delete_release
    from skillctl.cli.ask import asked, may_ask, missing
    from skillctl.core.errors import InstallError

    if not (yes or dry_run):
        if Manner.json or not may_ask():
            raise missing(f"whether `{name} {version}` goes for good", "--yes")
        if asked(f"delete {name} {version} for good? y or n", default="n").lower() not in ("y", "yes"):
            raise InstallError.of("E465")
    outcome: DeleteOutcome = delete_release(settings(), here(), name, version, registry, dry_run=dry_run)

    def shown(page: Page) -> None:
        verb = "is already" if outcome.already else "would be" if outcome.dry_run else "is"
        page.line(bold(f"{outcome.name} {outcome.version}"), f" {verb} deleted from {outcome.registry}")

    return Answer(outcome, shown)

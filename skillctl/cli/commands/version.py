"""`skillctl version`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument, option


def command(
    change: Annotated[
        str, argument(metavar="[CHANGE]", help="patch, minor, major, or a version; nothing: only show it.")
    ] = "",
    path: Annotated[str, option("--path", "-p", metavar="PATH", help="The pack; here, if it is not said.")] = ".",
    dry_run: DryRun = False,
) -> Answer:
    """Show or raise a pack's version.

    Only the version in skill.json changes; everything else in the file stays as it was written.
    """
    from skillctl.app.version import VersionRequest, version

    outcome = version(settings(), VersionRequest(path=at(path), change=change, dry_run=dry_run))

    def shown(page: Page) -> None:
        if outcome.before != outcome.version:
            page.say(f"{'would be raised' if dry_run else 'raised'} from {outcome.before}")
        page.line(outcome.version)

    return Answer(outcome, shown)

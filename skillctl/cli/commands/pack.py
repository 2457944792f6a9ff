"""`skillctl pack`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, here, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, bold, counted, size
from skillctl.cli.parameter import argument, option


def command(
    path: Annotated[str, argument(metavar="[PATH]", help="The pack's directory.")] = ".",
    output: Annotated[
        str, option("--output", "-o", metavar="OUT", help="The archive's file, or the directory it goes to.")
    ] = "",
    dry_run: DryRun = False,
) -> Answer:
    """Make a pack into one archive.

    The same files give the same tree digest and the same tar everywhere. Without -o the archive goes here; from inside
    the pack, beside the pack's directory.
    """
    from skillctl.app.pack import PackOutcome, PackRequest, pack

    directory = at(path)
    around = directory.parent if here().is_relative_to(directory) else here()
    request = PackRequest(directory=directory, output=at(output) if output else around, dry_run=dry_run)
    outcome: PackOutcome = pack(settings(), request)

    def shown(page: Page) -> None:
        page.say(f"{counted(outcome.files, 'file')} of ", bold(f"{outcome.name} {outcome.version}"))
        page.table(
            [
                ("archive", f"{outcome.archive} (not written)" if outcome.dry_run else outcome.archive),
                ("size", size(outcome.size)),
                ("tree", outcome.tree),
                ("sha256", outcome.sha256),
            ]
        )

    return Answer(outcome, shown)

"""`skillctl publish`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, here, now, settings
from skillctl.cli.options import DryRun, Registry
from skillctl.cli.page import Page, bold, counted, size
from skillctl.cli.parameter import argument


def command(
    path: Annotated[str, argument(metavar="[PATH]", help="The pack's directory.")] = ".",
    registry: Registry = "",
    dry_run: DryRun = False,
) -> Answer:
    """Publish a pack to a registry.

    Without --registry to your default one, a directory that is made with the first release. A version is published
    once: the same files again do nothing, other files are refused.
    """
    from skillctl.app.publish import PublishOutcome, PublishRequest, publish

    request = PublishRequest(directory=at(path), cwd=here(), registry=registry, dry_run=dry_run)
    outcome: PublishOutcome = publish(settings(), request, now=now())

    def shown(page: Page) -> None:
        title = bold(f"{outcome.name} {outcome.version}")
        if outcome.already:
            page.line(title, f" is already published in {outcome.registry}, with the same files")
        elif outcome.dry_run:
            page.line(title, f" would be published in {outcome.registry}")
        else:
            page.line("published ", title, f" in {outcome.registry}")
        page.table(
            [
                ("registry", outcome.location),
                ("tree", outcome.tree),
                ("sha256", outcome.sha256),
                ("size", f"{size(outcome.size)}, {counted(outcome.files, 'file')}"),
            ],
            indent="  ",
        )

    return Answer(outcome, shown)

"""`skillctl registry remove`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment, here, settings
from skillctl.cli.options import DryRun, OfProject
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument


def command(
    name: Annotated[str, argument(metavar="NAME", help="Its alias.")],
    project: OfProject = False,
    dry_run: DryRun = False,
) -> Answer:
    """Take a registry out of your configuration, or out of the project.

    What was installed from it stays. A token that is kept for it is kept on: `skillctl logout` forgets it.
    """
    from skillctl.app.registry_entries import remove_registry

    outcome = remove_registry(environment(), settings(), here(), name, project=project, dry_run=dry_run)

    def shown(page: Page) -> None:
        done = "would be removed: " if dry_run else "removed: "
        page.line(done, bold(outcome.name))
        page.say(f"{outcome.file}: {', '.join(outcome.order) or 'no registries'}")

    return Answer(outcome, shown)

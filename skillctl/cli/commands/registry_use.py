"""`skillctl registry use`."""

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
    """Ask a registry before the others of its file.

    Names belong to the first registry that has them, so the order decides. The project's own come before yours.
    """
    from skillctl.app.registry_entries import use_registry

    outcome = use_registry(environment(), settings(), here(), name, project=project, dry_run=dry_run)

    def shown(page: Page) -> None:
        done = "would be asked first: " if dry_run else "asked first: "
        page.line(done, bold(outcome.name))
        page.say(f"{outcome.file}: {', '.join(outcome.order) or 'no registries'}")

    return Answer(outcome, shown)

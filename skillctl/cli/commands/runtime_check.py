"""`skillctl runtime check`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, here, settings
from skillctl.cli.page import Page, green, red
from skillctl.cli.parameter import argument


def command(
    project: Annotated[str, argument(metavar="DIR", help="The project's directory.")] = ".",
) -> Answer:
    """Run the checks of a project's plan.

    Its program is started, looked at and ended: exit status, output, answers over HTTP, files, commands.
    """
    from skillctl.app.runtime.run import check_request
    from skillctl.cli.progress import Progress

    progress = Progress()
    try:
        outcome = check_request(settings(), environment(), at(project), cwd=here(), reporter=progress)
    finally:
        progress.done()

    def shown(page: Page) -> None:
        page.table([(red("fails") if each.reason else green("holds"), each.title) for each in outcome.reports])

    return Answer(outcome, shown)

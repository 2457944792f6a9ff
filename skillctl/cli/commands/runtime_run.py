"""`skillctl runtime run`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, here, settings
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument


def command(
    project: Annotated[str, argument(metavar="DIR", help="The project's directory.")],
    args: Annotated[list[str] | None, argument(metavar="-- ARGS", help="Words for the program, after `--`.")] = None,
) -> Answer:
    """Run a project that the runtime made, and end with its exit status.

    What it prints goes to the same streams; with --json to standard error. Signals are passed on, and nothing that it
    started is left behind.
    """
    from skillctl.app.runtime.run import run_request
    from skillctl.cli.progress import Progress, passed_on

    progress = Progress()
    try:
        outcome = run_request(
            settings(),
            environment(),
            at(project),
            cwd=here(),
            args=tuple(args or ()),
            reporter=progress,
            heard=passed_on(progress),
        )
    finally:
        progress.done()

    def shown(_page: Page) -> None:
        """The program has said everything itself."""

    return Answer(outcome, shown)

"""`skillctl runtime execute`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, here, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, bold, counted
from skillctl.cli.parameter import argument, option


def command(
    plan: Annotated[str, argument(metavar="PLAN", help="A file, `-` for standard input, or PACK:PLAN.")],
    output: Annotated[
        str, option("--output", "-o", metavar="DIR", help="Where the project's directory is made; else `output`.")
    ] = "",
    run: Annotated[bool, option("--run", help="Run the program too, and end with its exit status.")] = False,
    given: Annotated[
        list[str] | None, option("--set", metavar="NAME=VALUE", help="A variable of a pack's plan; may be repeated.")
    ] = None,
    force: Annotated[
        bool, option("--force", help="Write into a directory that the runtime did not make; it keeps a backup.")
    ] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Make a project of a plan, built and ready to start.

    Its files are written, what it needs is installed, and what has not changed since the last time is not done again.
    With --run what the program prints goes to the same streams; with --json to standard error.
    """
    from skillctl.app.runtime.execute import STDIN, ExecuteRequest, execute_request, variables
    from skillctl.cli.door import standard_input
    from skillctl.cli.progress import Progress, passed_on

    request = ExecuteRequest(
        plan=plan,
        cwd=here(),
        stdin=standard_input() if plan == STDIN else b"",
        output_dir=at(output) if output else None,
        given=variables(given or ()),
        run=run,
        dry_run=dry_run,
        force=force,
    )
    progress = Progress()
    try:
        outcome = execute_request(settings(), environment(), request, reporter=progress, heard=passed_on(progress))
    finally:
        progress.done()

    def shown(page: Page) -> None:
        result = outcome.result
        if outcome.ran is not None:
            page.say(f"{result.project_dir}: ended with status {outcome.ran.status}")
            return
        verb = "would be made" if result.dry_run else "is as it was" if result.unchanged else "is made"
        page.line(bold(result.project_dir), f" {verb}")
        rows = [
            (
                "stack",
                ", ".join(f"{each.stack} in {each.folder}" if each.folder else each.stack for each in result.parts),
            ),
            ("files", counted(len(result.written), "file") if result.dry_run else ""),
            ("start", result.run_cmd or ("" if result.dry_run else "none is found: give the plan a `run` command")),
            ("built", result.artifact),
            ("launcher", result.launcher),
            ("isolation", result.isolation.backend),
        ]
        page.table([row for row in rows if row[1]], indent="  ")
        if result.backup:
            page.say(f"what was overwritten is kept: `skillctl runtime restore` brings backup {result.backup} back")

    return Answer(outcome, shown)

"""`skillctl runtime detect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, settings
from skillctl.cli.page import Page, Row, bold, dim, green, yellow

if TYPE_CHECKING:
    from skillctl.app.runtime.detect import DetectOutcome


def command(
    directory: Annotated[str, typer.Argument(metavar="[DIR]", help="The project's directory; or here.")] = ".",
) -> Answer:
    """Show the stacks of a directory, and what would be run there.

    With the evidence for and against each stack, the manager, the commands and the start. Nothing is run or written.
    """
    from skillctl.app.runtime.detect import detect

    outcome = detect(settings(), at(directory), environment())
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: DetectOutcome) -> None:
    from skillctl.app.runtime.detect import command_line, start_line

    for found in outcome.found.parts:
        part = found.part
        page.line(bold(part.stack), f"  {part.folder or '.'}  ", dim("" if part.primary else "beside the primary part"))
        rows: list[Row] = [(green("for"), ", ".join(part.because))]
        rows += [(yellow("against"), f"{each.stack}: {', '.join(each.because)}") for each in part.rejected]
        rows.append(("manager", found.manager))
        rows += [(each.id, command_line(each.argv)) for each in found.steps]
        if not found.whole and not found.missing:
            rows.append(("…", "what follows depends on the answer"))
        rows += [(yellow("missing"), f"{' or '.join(each.any_of)}: {each.why}; {each.how}") for each in found.missing]
        if found.start is not None:
            rows.append(("start", start_line(found.start)))
        page.table(rows, indent="  ")
    for repair in outcome.found.repairs:
        page.say("would mend: ", repair.what)
    for advice in outcome.found.advice:
        page.say("worth knowing: ", advice.what)

"""`skillctl log export`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, settings
from skillctl.cli.page import Page, counted
from skillctl.cli.parameter import option


def command(
    form: Annotated[str, option("--format", metavar="FORMAT", help="json, jsonl, csv or sarif.")] = "jsonl",
    output: Annotated[str, option("--output", "-o", metavar="FILE", help="Where to; left out: standard output.")] = "",
    run: Annotated[str, option("--run", metavar="ID", help="Only the records of one execution, or of one phase.")] = "",
) -> Answer:
    """Copy the audit log in another form.

    jsonl is the log as it is, record by record; sarif tells only what was refused or failed.
    """
    from skillctl.app.audit import FORMATS, export_log
    from skillctl.core.errors import UsageError

    chosen = next((each for each in FORMATS if each == form), None)
    if chosen is None:
        raise UsageError.of("E002", option="--format", reason=f"it takes {', '.join(FORMATS)}")
    outcome = export_log(settings(), chosen, at(output) if output else None, run=run)

    def shown(page: Page) -> None:
        if outcome.file:
            page.line(f"{counted(outcome.records, 'record')} in {outcome.file}")
        else:
            page.text(outcome.text)

    return Answer(outcome, shown)

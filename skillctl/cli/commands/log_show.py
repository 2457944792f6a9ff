"""`skillctl log show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import settings
from skillctl.cli.page import Page, bold, counted, dim, red
from skillctl.cli.parameter import option

if TYPE_CHECKING:
    from skillctl_plugins.audit.record import Record


def command(
    tail: Annotated[int, option("--tail", metavar="N", help="Only the last N records; 0: all.")] = 20,
    run: Annotated[str, option("--run", metavar="ID", help="Only those of one execution, or of one phase.")] = "",
    sarif: Annotated[bool, option("--sarif", help="Print what was refused or failed as SARIF 2.1.0.")] = False,
) -> Answer:
    """Show what skillctl did.

    Each phase has two records: one that was written before it, with all its effects, and one after it.
    """
    from skillctl.app.audit import export_log, show_log

    if sarif:
        exported = export_log(settings(), "sarif", None, tail=tail, run=run)
        return Answer(exported, lambda page: page.text(exported.text))
    outcome = show_log(settings(), tail=tail, run=run)

    def shown(page: Page) -> None:
        page.say(counted(len(outcome.records), "record"), " of ", outcome.file)
        if not outcome.records:
            page.line("nothing was recorded")
        for each in outcome.records:
            _show(page, each)

    return Answer(outcome, shown)


def _show(page: Page, record: Record) -> None:
    title = f"{record.name} {record.kind}".strip()
    word = red("failed") if record.ok is False else ""
    page.line(dim(record.time), " ", bold(title), " ", record.phase, " ", record.project, " ", word, " ", record.detail)
    for effect in record.effects:
        parts = (f"{key}={value}" for key, value in effect.items() if key != "effect")
        page.line("    ", str(effect["effect"]), " ", " ".join(parts))

"""`skillctl log verify`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import now, settings
from skillctl.cli.page import Page, counted


def command() -> Answer:
    """Check that the audit log is what was written.

    Names the first bad record. A log that is whole is signed as it is now. Where Patchwork is active, its log is
    verified as well, by its own program. Status 1 if anything was changed.
    """
    from skillctl.app.audit import check_log

    outcome = check_log(settings(), now=now())

    def shown(page: Page) -> None:
        records = counted(outcome.verdict.records, "record")
        page.line(f"{records}: the log is whole" if outcome.verdict.ok else f"{records} are good")
        if outcome.root:
            page.line(f"root {outcome.root}")
        if outcome.patchwork is not None and outcome.patchwork.ok:
            page.line(f"Patchwork's own log is whole: {outcome.patchwork.reason}")

    return Answer(outcome, shown)

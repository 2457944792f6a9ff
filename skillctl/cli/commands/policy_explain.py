"""`skillctl policy explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.commands.policy_check import verdict
from skillctl.cli.door import here, now, settings
from skillctl.cli.page import Page, bold, counted, dim
from skillctl.cli.parameter import argument

if TYPE_CHECKING:
    from skillctl.app.policy import ExplainOutcome
    from skillctl.core.json_value import JsonValue


def command(
    effect: Annotated[
        list[str] | None,
        argument(
            metavar="[EFFECT]...",
            help="`write`, `read` or `delete` PATH, `run` LINE, `fetch` URL, `install` PACK; quote a LINE.",
        ),
    ] = None,
) -> Answer:
    """Show which policies count here, and what each says of an effect.

    Without an effect every rule is listed, and what is demanded beside them.
    """
    from skillctl.app.policy import explain_policy

    outcome = explain_policy(settings(), effect or [], here(), now=now)
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: ExplainOutcome) -> None:
    from skillctl.app.policy import demands_of, rules_of

    if outcome.decided is None:
        for layer in outcome.layers:
            rules = rules_of(layer)
            page.line(bold(layer.name), "  ", layer.file, "  ", dim(counted(len(rules), "rule")))
            page.table([(each.answer, each.id, dim(each.reason)) for each in rules], indent="  ")
            page.table([("demand", key, _said(value)) for key, value in demands_of(layer)], indent="  ")
        return
    page.table([verdict(outcome.decided)])
    for decision in outcome.decisions:
        page.line(bold(decision.subject))
        rows = [(each.answer, each.id, dim(each.reason)) for each in decision.opinions]
        rows += [(each.answer, each.id, dim("lifted by an allow rule")) for each in decision.lifted]
        page.table(rows or [("allow", dim("no rule speaks of it"))], indent="  ")


def _said(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "yes" if value is True else str(value)

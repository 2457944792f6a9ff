"""`skillctl policy check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import environment, here, now, settings
from skillctl.cli.page import Page, Part, counted, dim, green, red, yellow
from skillctl.cli.parameter import argument

if TYPE_CHECKING:
    from skillctl_plugins.policy.rules import Decision


def command(
    target: Annotated[
        str,
        argument(
            metavar="PLAN|PACK",
            help="A plan's JSON file, PACK:PLAN of an installed pack, a pack's directory or an installed pack's name.",
        ),
    ],
) -> Answer:
    """Show what the policy says of all that a plan or a pack would do.

    Nothing is done. The status is 1 if anything is denied. A plan that reaches out of its project is refused before any
    policy is asked.
    """
    from skillctl.app.policy import check_policy

    outcome = check_policy(settings(), environment(), target, here(), now=now)

    def shown(page: Page) -> None:
        page.table([verdict(each) for each in outcome.decisions])
        denied = sum(each.answer == "deny" for each in outcome.decisions)
        page.say(f"{counted(len(outcome.decisions), 'effect')}, {denied} denied")

    return Answer(outcome, shown)


def verdict(decision: Decision) -> tuple[Part, ...]:
    """A decision as a row."""
    words = {"allow": green("allow"), "ask": yellow("ask"), "deny": red("deny")}
    return words[decision.answer], decision.subject, dim(decision.rule), decision.reason

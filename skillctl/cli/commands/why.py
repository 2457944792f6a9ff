"""`skillctl why`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import UserScope
from skillctl.cli.page import Page, Part, bold, dim
from skillctl.cli.parameter import argument

if TYPE_CHECKING:
    from skillctl.app.why import WhyOutcome


def command(
    name: Annotated[str, argument(metavar="NAME", help="A pack of the lock.")],
    user: UserScope = False,
) -> Answer:
    """Show why a pack is installed.

    The shortest ways from skillctl.json to the pack, each step with what is asked of it.
    """
    from skillctl.app.why import why

    outcome = why(settings(), here(), name, user=user)
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: WhyOutcome) -> None:
    page.say(f"{outcome.name} {outcome.version}")
    if not outcome.chains:
        page.line("nobody needs it any more; the next `skillctl install` removes it")
    for chain in outcome.chains:
        parts: list[Part] = ["skillctl.json"]
        for step in chain:
            parts += [dim(f" asks for {step.requirement} "), "-> ", bold(step.name), f" {step.version}"]
        page.line(*parts)
    if outcome.more:
        page.say(f"there are more ways than these {len(outcome.chains)}")

"""`skillctl runtime plans`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.page import Page, bold, counted, dim


def command() -> Answer:
    """List the plans that installed packs offer.

    Of the packs of this project and those of the user. `skillctl runtime execute PACK:PLAN` makes a project of one.
    """
    from skillctl.app.runtime.plans import offered_plans

    outcome = offered_plans(settings(), here())

    def shown(page: Page) -> None:
        page.say(counted(len(outcome.plans), "plan"))
        if not outcome.plans:
            page.line("no installed pack offers a plan")
        for plan in outcome.plans:
            page.line(bold(plan.title), "  ", plan.description)
            page.table(((dim(f"--set {name}="), text) for name, text in plan.variables.items()), indent="  ")

    return Answer(outcome, shown)

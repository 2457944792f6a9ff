"""`skillctl update`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, here, settings
from skillctl.cli.options import AllowHiddenText, DryRun, Force, Offline, PlanFile, UserScope
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument, option
from skillctl.cli.scope_change import show_change
from skillctl.cli.streams import Manner

if TYPE_CHECKING:
    from skillctl.app.update import UpdateOutcome, UpdatePlan, UpdateRequest
    from skillctl.core.settings import Settings

_TRIES = 5
"""Plans that are made before giving up: each other one was overtaken by a command that was quicker."""


def command(
    names: Annotated[
        list[str] | None, argument(metavar="[NAME]...", help="Only these packs; without names, all of them.")
    ] = None,
    latest: Annotated[
        bool, option("--latest", help="Go beyond the requirements in skillctl.json, and write the new ones there.")
    ] = False,
    user: UserScope = False,
    yes: Annotated[bool, option("--yes", "-y", help="Go on without a question.")] = False,
    offline: Offline = False,
    allow_hidden_text: AllowHiddenText = False,
    force: Force = False,
    dry_run: DryRun = False,
    plan_file: PlanFile = "",
) -> Answer:
    """Move packs to newer versions within their requirements.

    Before anything is written it shows what would change: versions, files, what is newly asked for, tokens. On a
    terminal it then asks. What skillctl.json asks for stays as it is, unless you say --latest; skillctl.lock and the
    installed skills change.
    """
    from skillctl.app.update import UpdateRequest, update

    request = UpdateRequest(
        cwd=here(),
        names=tuple(names or ()),
        latest=latest,
        user=user,
        force=force,
        allow_hidden_text=allow_hidden_text,
        dry_run=dry_run,
        plan=at(plan_file) if plan_file else None,
    )
    found = settings(offline=offline)
    straight = dry_run or bool(plan_file)
    outcome = update(found, request) if straight else _planned(found, request, ask=not yes)
    return Answer(outcome, lambda page: _show(page, outcome, seen=not straight))


def _planned(found: Settings, request: UpdateRequest, *, ask: bool) -> UpdateOutcome:
    """What was shown, done. Where nobody was asked, a plan that another command overtook is made and shown anew."""
    from skillctl.app.update import plan_update, update
    from skillctl.cli.ask import may_ask
    from skillctl.core.errors import InstallError

    ask = ask and not Manner.json and may_ask()
    left = _TRIES
    while True:
        left -= 1
        plan = plan_update(found, request)
        if plan.details:
            _look_first(plan, ask=ask)
        try:
            return update(found, request, plan)
        except InstallError as error:
            was_asked = ask and plan.details
            if error.code != "E464" or was_asked or not left:
                raise


def _look_first(plan: UpdatePlan, *, ask: bool) -> None:
    """Show what would be done, and ask. InstallError E465 if the answer is no."""
    from skillctl.cli.ask import asked
    from skillctl.core.errors import InstallError
    from skillctl.edges.terminal import look_at_terminal

    if Manner.json or (Manner.quiet and not ask):
        return
    colour = look_at_terminal(os.environ).colour
    _show_plan(Page(sys.stderr, sys.stderr, out_colour=colour, talk_colour=colour), plan)
    if ask:
        default = "n" if plan.asks_more else "y"  # what was never asked for is not let in by a bare return key
        if not asked("update? y or n", default=default).lower().startswith("y"):
            raise InstallError.of("E465")


def _show_plan(page: Page, plan: UpdatePlan | UpdateOutcome) -> None:
    from skillctl.cli.difference import show_difference

    for each in plan.details:
        show_difference(page, each)
    for change in plan.requirements:
        page.line(f"  skillctl.json: {change.name} {change.before} -> {change.after}")


def _show(page: Page, outcome: UpdateOutcome, *, seen: bool) -> None:
    from skillctl.core.value import replace

    if not seen:
        _show_plan(page, outcome)
    # what is told above, or was before the work, is not told again
    told = {each.name for each in outcome.details}
    shown = replace(outcome, asked=())
    if not seen:
        shown = replace(shown, changed=(), changes=tuple(each for each in outcome.changes if each.pack not in told))
    nothing = "" if outcome.details else _nothing(outcome)
    show_change(page, shown, nothing=nothing, told=not seen and bool(outcome.details))


def _nothing(outcome: UpdateOutcome) -> str:
    """Why nothing changes: what is asked for, and what keeps packs from going higher."""
    if outcome.choice.resolution == "highest":
        said = "every pack is at the highest version that is asked for"
    else:
        said = "every pack is at the lowest version that is asked for, which is what skillctl.lock chooses"
    newest = outcome.choice.exclude_newer
    held = f"; held at what `#` names in skillctl.json: {', '.join(outcome.held)}" if outcome.held else ""
    if any(each.code == "W233" for each in outcome.problems):
        said = said.replace("every pack", "every pack that could be looked at")
    return f"nothing to do: {said}{f', of those published until {newest}' if newest else ''}{held}"

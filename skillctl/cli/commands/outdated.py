"""`skillctl outdated`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import Offline, UserScope
from skillctl.cli.page import Page, Row, bold, counted, dim
from skillctl.cli.parameter import option

if TYPE_CHECKING:
    from skillctl.app.outdated import OutdatedOutcome, OutdatedPack


def command(
    exit_code: Annotated[
        bool, option("--exit-code", help="End with status 1 if there is anything newer, yanked or deprecated.")
    ] = False,
    user: UserScope = False,
    offline: Offline = False,
) -> Answer:
    """List the packs of which there are newer releases.

    `wanted` is what `skillctl update` would take, within the requirements in skillctl.json; `latest` is the newest
    release of all, which `skillctl update --latest` goes to. What was yanked or deprecated is listed as well.
    """
    from skillctl.app.outdated import outdated

    outcome = outdated(settings(offline=offline), here(), user=user, told_by_status=exit_code)
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: OutdatedOutcome) -> None:
    if not outcome.packs:
        unasked = sum(each.code == "W233" for each in outcome.problems)
        rest = f"; {counted(unasked, 'pack')} could not be looked at" if unasked else ""
        page.line(f"nothing is outdated: {counted(outcome.looked_at - unasked, 'pack')} at the newest release{rest}")
        return
    head: Row = (dim("pack"), dim("installed"), dim("wanted"), dim("latest"), dim("asked for"))
    rows: list[Row] = [
        (bold(each.name), each.installed, each.wanted or "-", each.latest, each.requirement or "-", _remark(each))
        for each in outcome.packs
    ]
    page.table([head, *rows])
    if any(each.wanted not in ("", each.installed) for each in outcome.packs):
        page.say("`skillctl update` takes what is wanted")
    beyond = [each for each in outcome.packs if each.requirement and each.latest not in (each.wanted, each.installed)]
    held = [each.name for each in beyond if each.requirement.startswith("#")]
    if held:
        page.say(f"held at what `#` names in skillctl.json, also by `skillctl update --latest`: {', '.join(held)}")
    if outcome.choice.resolution == "lowest":
        page.say("skillctl.lock chooses the lowest versions; `skillctl lock --resolution highest` chooses the others")
    elif len(beyond) > len(held):
        page.say("`skillctl update --latest` goes beyond the requirements")
    if outcome.choice.exclude_newer:
        page.say(f"skillctl.lock leaves out what was published after {outcome.choice.exclude_newer}")


def _remark(pack: OutdatedPack) -> str:
    yanked = f"yanked: {pack.yanked}" if pack.yanked else ""
    return "; ".join(each for each in (yanked, pack.deprecated) if each)

"""`skillctl tree`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import UserScope
from skillctl.cli.page import Page, bold, dim, red
from skillctl.cli.parameter import argument, option

if TYPE_CHECKING:
    from skillctl.app.tree import TreeOutcome


def command(
    names: Annotated[
        list[str] | None, argument(metavar="[NAME]...", help="Begin at these packs; without names, at skillctl.json.")
    ] = None,
    depth: Annotated[int, option("--depth", metavar="N", help="Show at most N steps; 0 shows all.")] = 0,
    invert: Annotated[bool, option("--invert", "-i", help="Show below each pack those that need it.")] = False,
    user: UserScope = False,
) -> Answer:
    """Show which pack needs which.

    As skillctl.lock has it: each pack with its version, and with what the one above asks of it. What stands below a
    pack is shown once; where the pack comes again it has a (*).
    """
    from skillctl.app.tree import tree

    if depth < 0:
        from skillctl.core.errors import UsageError

        raise UsageError.of("E023", option="--depth", reason="it counts steps, so it is 0 or more")
    outcome = tree(settings(), here(), names=tuple(names or ()), depth=depth, invert=invert, user=user)
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: TreeOutcome) -> None:
    if not outcome.branches:
        page.line("nothing is installed")
    open_lines: list[bool] = []
    """For each step on the way to the line, whether more comes below that step."""
    for each in outcome.branches:
        del open_lines[max(each.depth - 1, 0) :]
        lines = "".join("|   " if more else "    " for more in open_lines)
        corner = ("`-- " if each.last else "|-- ") if each.depth else ""
        if each.depth:
            open_lines.append(not each.last)
        version = f" {each.version}" if each.version else " "
        missing = "" if each.version else red("not in the lock")
        again = " (*)" if each.told_above else " ..." if each.cut else ""
        page.line(lines, corner, bold(each.name), version, missing, dim(f"  {each.requirement}"), again)
    if any(each.told_above for each in outcome.branches):
        page.say("(*) what it needs is shown above" if not outcome.inverted else "(*) who needs it is shown above")

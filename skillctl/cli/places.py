"""How the packs of a place are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillctl.cli.page import Page, Row, bold, counted, dim

if TYPE_CHECKING:
    from skillctl.app.looking import LookOutcome

_WIDEST = 100


def show_places(page: Page, outcome: LookOutcome) -> None:
    """Each pack with its skills, and how one of several is picked."""
    for pack in outcome.packs:
        version = pack.version or pack.commit[:7]
        page.line(bold(pack.name), f" {version}" if version else "", f"  {_short(pack.description)}")
        rows: list[Row] = [(f"/{each.name}", _short(each.description)) for each in pack.skills]
        page.table(rows, indent="  ")
        if pack.inferred:
            page.line(dim(f"  no skill.json: {', '.join(pack.inferred)} inferred"))
    if len(outcome.packs) > 1:
        page.say(f"{counted(len(outcome.packs), 'pack')}; pick one with `@NAME` behind the place, or all with `@*`")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"

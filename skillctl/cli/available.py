"""How the packs of the registries are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillctl.cli.page import Page, bold, counted, dim, yellow

if TYPE_CHECKING:
    from skillctl.app.listing import AvailableOutcome


def show_available(page: Page, outcome: AvailableOutcome, *, wanted: str = "") -> None:
    """Each pack with what it is for and what it can do."""
    if not outcome.packs:
        page.line(f"no pack says `{wanted}`" if wanted else "no pack is available")
    for pack in outcome.packs:
        entry = pack.entry
        page.line(bold(entry.name), f" {entry.latest}  ", dim(f"({pack.registry})"))
        if entry.description:
            page.line("  ", entry.description)
        if entry.deprecated:
            page.line("  ", yellow("!"), f" deprecated: {entry.deprecated}")
        if entry.capabilities:
            page.line("  can: ", ", ".join(entry.capabilities))
        if entry.skills:
            page.line("  commands: ", " ".join(f"/{skill}" for skill in entry.skills))
    if outcome.packs:
        page.say(f"{counted(len(outcome.packs), 'pack')}; `skillctl install NAME` installs one")

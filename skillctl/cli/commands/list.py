"""`skillctl list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.available import show_available
from skillctl.cli.door import here, settings
from skillctl.cli.options import Offline, Registry, UserScope
from skillctl.cli.page import Page, Row, bold, counted
from skillctl.cli.parameter import option

if TYPE_CHECKING:
    from skillctl.app.listing import ListOutcome


def command(
    available: Annotated[bool, option("--available", help="List every pack of the registries.")] = False,
    capability: Annotated[
        str, option("--capability", metavar="CAPABILITY", help="With --available: only packs that can do this.")
    ] = "",
    user: UserScope = False,
    registry: Registry = "",
    offline: Offline = False,
) -> Answer:
    """List the installed packs, or all that could be installed.

    The installed ones with version and slash commands; with --available each pack that the registries have, with what
    it can do.
    """
    from skillctl.app.listing import list_available, list_installed

    _check_options(available=available, user=user, capability=capability, registry=registry)
    if available:
        found = settings(registry=registry, offline=offline)
        offered = list_available(found, here(), capability=capability)
        return Answer(offered, lambda page: show_available(page, offered))
    installed = list_installed(settings(offline=offline), here(), user=user)
    return Answer(installed, lambda page: _show_installed(page, installed))


def _check_options(*, available: bool, user: bool, capability: str, registry: str) -> None:
    from skillctl.core.errors import UsageError

    for word, value in (("--capability", capability), ("--registry", registry)):
        if value and not available:
            raise UsageError.of("E002", option=word, reason="it is about what could be installed; add `--available`")
    if available and user:
        raise UsageError.of("E028", one="--available", other="--global")


def _show_installed(page: Page, outcome: ListOutcome) -> None:
    page.say(f"{counted(len(outcome.packs), 'pack')} in {outcome.root}")
    if not outcome.packs:
        page.line("nothing is installed")
    rows: list[Row] = []
    for pack in outcome.packs:
        why = "" if pack.direct else f"needed by {', '.join(pack.needed_by)}"
        commands = " ".join(f"/{skill}" for skill in pack.skills) or "-"
        rows.append((bold(pack.name), pack.shown or pack.version, commands, why))
    page.table(rows)

"""`skillctl list`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.options import Offline, Registry, UserScope


def command(
    available: Annotated[bool, typer.Option("--available", help="List every pack of the registries.")] = False,
    capability: Annotated[
        str, typer.Option("--capability", metavar="CAPABILITY", help="With --available: only packs that can do this.")
    ] = "",
    user: UserScope = False,
    registry: Registry = "",
    offline: Offline = False,
) -> Answer:
    """List the installed packs, or all that could be installed.

    Each with its version, its slash commands and what they cost: estimated tokens that are always in the context.
    """
    raise NotImplementedError

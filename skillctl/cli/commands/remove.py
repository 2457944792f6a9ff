"""`skillctl remove`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun, Force, UserScope


def command(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="The packs to remove.")],
    user: UserScope = False,
    force: Force = False,
    dry_run: DryRun = False,
) -> Answer:
    """Remove packs, and the dependencies that nobody else needs.

    Says what it kept: packs that others still need, and files that were edited by hand.
    """
    raise NotImplementedError

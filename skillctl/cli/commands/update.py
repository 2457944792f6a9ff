"""`skillctl update`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun, Force, Offline, UserScope


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these packs; without names, all of them.")
    ] = None,
    user: UserScope = False,
    offline: Offline = False,
    force: Force = False,
    dry_run: DryRun = False,
) -> Answer:
    """Move packs to newer versions within their requirements.

    What skillctl.json asks for stays as it is; skillctl.lock and the installed skills change.
    """
    raise NotImplementedError

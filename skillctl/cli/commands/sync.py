"""`skillctl sync`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun, Force, Offline, UserScope


def command(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; status 1 if a directory is not what the lock says.")
    ] = False,
    user: UserScope = False,
    offline: Offline = False,
    force: Force = False,
    dry_run: DryRun = False,
) -> Answer:
    """Make the agents' directories equal to the lock.

    Adds and updates what is missing or old, and removes what skillctl installed and nobody needs any more. A file that
    was edited by hand is kept and reported; a skill that skillctl did not install is never touched.
    """
    raise NotImplementedError

"""`skillctl pack`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun


def command(
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="The pack's directory.")] = ".",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="The archive's file, or the directory it goes to.")
    ] = "",
    dry_run: DryRun = False,
) -> Answer:
    """Make a pack into one archive.

    The same files give the same tree digest and the same tar everywhere.
    """
    raise NotImplementedError

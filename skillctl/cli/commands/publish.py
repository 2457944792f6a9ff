"""`skillctl publish`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun, Registry


def command(
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="The pack's directory.")] = ".",
    registry: Registry = "",
    dry_run: DryRun = False,
) -> Answer:
    """Publish a pack to a registry.

    Without --registry to your default one, a directory that is made with the first release. A version is published
    once: the same files again do nothing, other files are refused.
    """
    raise NotImplementedError

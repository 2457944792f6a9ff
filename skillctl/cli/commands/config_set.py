"""`skillctl config set`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun


def command(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Such as llm.model.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="A text, a number, true or false, or JSON.")],
    dry_run: DryRun = False,
) -> Answer:
    """Change one setting."""
    raise NotImplementedError

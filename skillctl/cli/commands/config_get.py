"""`skillctl config get`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillctl.cli.answer import Answer


def command(key: Annotated[str, typer.Argument(metavar="KEY", help="Such as llm.model.")]) -> Answer:
    """Show one setting."""
    raise NotImplementedError

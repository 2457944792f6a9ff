"""`skillctl config list`."""

from __future__ import annotations

from skillctl.cli.answer import Answer


def command() -> Answer:
    """Show every setting and where it comes from."""
    raise NotImplementedError

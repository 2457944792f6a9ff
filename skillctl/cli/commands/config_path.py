"""`skillctl config path`."""

from __future__ import annotations

from skillctl.cli.answer import Answer


def command() -> Answer:
    """Show where the configuration lies."""
    raise NotImplementedError

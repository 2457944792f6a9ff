"""`skillctl cache dir`."""

from __future__ import annotations

from skillctl.cli.answer import Answer


def command() -> Answer:
    """Show where the cache lies."""
    raise NotImplementedError

"""`skillctl cache size`."""

from __future__ import annotations

from skillctl.cli.answer import Answer


def command() -> Answer:
    """Show how much the cache holds."""
    raise NotImplementedError

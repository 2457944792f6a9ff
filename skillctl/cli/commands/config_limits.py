"""`skillctl config limits`."""

from __future__ import annotations

from skillctl.cli.answer import Answer


def command() -> Answer:
    """Show every limit that skillctl enforces."""
    raise NotImplementedError

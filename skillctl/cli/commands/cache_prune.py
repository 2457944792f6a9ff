"""`skillctl cache prune`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun


def command(dry_run: DryRun = False) -> Answer:
    """Remove what no project refers to any more.

    Everything that a project's history can still go back to is kept.
    """
    raise NotImplementedError

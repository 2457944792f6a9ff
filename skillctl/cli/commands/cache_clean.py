"""`skillctl cache clean`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.options import DryRun


def command(dry_run: DryRun = False) -> Answer:
    """Remove everything from the cache.

    Installed skills stay; what is needed again is fetched again.
    """
    raise NotImplementedError

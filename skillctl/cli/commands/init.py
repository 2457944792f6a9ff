"""`skillctl init`."""

from __future__ import annotations

from skillctl.cli.answer import Answer
from skillctl.cli.options import Agents, DryRun, UserScope


def command(agent: Agents = None, user: UserScope = False, dry_run: DryRun = False) -> Answer:
    """Make a project file, skillctl.json, in this directory.

    `install` makes one by itself where there is none.
    """
    raise NotImplementedError

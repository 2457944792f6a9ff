"""`skillctl init`."""

from __future__ import annotations

from skillctl.cli.answer import Answer


def command() -> Answer:
    """Make a project file, skillctl.json, in this directory.

    `install` makes one by itself where there is none.
    """
    raise NotImplementedError

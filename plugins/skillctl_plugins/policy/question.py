"""The question that a rule with `ask` puts, where somebody sits who can answer it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from skillctl.core.wording.escape import escaped
from skillctl.edges.machine import environment

Ask = Callable[[str], bool | None]
"""A question -> yes or no; None: nobody is there to be asked."""


def ask_at_terminal(question: str) -> bool | None:
    """The answer of a person at the terminal; anything but a plain yes is a no."""
    from skillctl.edges.terminal import look_at_terminal

    if not look_at_terminal(environment()).may_ask:
        return None
    sys.stderr.write(f"{escaped(question)} [y/N]: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")

"""Questions, asked only where somebody sits who can answer. The question goes to standard error, like all talk."""

from __future__ import annotations

import os
import sys

from skillctl.core.errors import UsageError
from skillctl.core.wording.escape import escaped


def may_ask() -> bool:
    """Whether a question would be seen and answered."""
    from skillctl.edges.terminal import look_at_terminal

    return look_at_terminal(os.environ).may_ask


def stdin_is_terminal() -> bool:
    """Whether reading would wait for somebody to type."""
    from skillctl.edges.terminal import look_at_terminal

    return look_at_terminal(os.environ).stdin


def asked(question: str, *, default: str = "") -> str:
    """What was typed, without spaces at its ends; the default for an empty line."""
    told = f"{escaped(question)} [{escaped(default)}]: " if default else f"{escaped(question)}: "
    sys.stderr.write(told)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:  # the terminal was closed, or Ctrl-D
        sys.stderr.write("\n")
        raise KeyboardInterrupt
    return line.strip() or default


def missing(question: str, option: str) -> UsageError:
    """E029: what a person would have been asked for has to be said."""
    return UsageError.of("E029", question=question, option=option)

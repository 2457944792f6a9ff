"""What a command gives back to the frame: the outcome, and how a person is shown it."""

from __future__ import annotations

from collections.abc import Callable

from skillctl.app.outcome import Outcome
from skillctl.cli.page import Page
from skillctl.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome with its render function."""

    outcome: Outcome
    shown: Callable[[Page], None]
    """Writes the outcome for people; not called under `--json`. Problems are shown by the frame."""

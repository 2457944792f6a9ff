"""What a command gives back to the frame: the outcome, and how a person is shown it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skillctl.app.outcome import Outcome
from skillctl.cli.page import Page


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome with its render function."""

    outcome: Outcome
    shown: Callable[[Page], None]
    """Writes the outcome for people; not called under `--json`. Problems are shown by the frame."""

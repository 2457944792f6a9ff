"""Who is told what an execution is doing, while it does it. Nothing in the runtime prints."""

from __future__ import annotations

from typing import Literal, Protocol

from skillctl_runtime.plan import Repair
from skillctl_runtime.stack import Part, Step, StepResult

Stream = Literal["stdout", "stderr"]


class Reporter(Protocol):
    """Is told; may be called from several threads."""

    def began(self, part: Part, step: Step) -> None:
        """A step is about to run."""

    def said(self, part: Part, step: Step, data: bytes) -> None:
        """The running tool printed something."""

    def ended(self, part: Part, result: StepResult) -> None:
        """A step is over, or was a hit."""

    def repaired(self, repair: Repair) -> None:
        """Something was mended."""

    def noted(self, sentence: str) -> None:
        """Something else worth knowing at once: a port that was taken, a server that is ready."""


class Silence:
    """Nobody listens."""

    def began(self, part: Part, step: Step) -> None:
        """Not told."""

    def said(self, part: Part, step: Step, data: bytes) -> None:
        """Not told."""

    def ended(self, part: Part, result: StepResult) -> None:
        """Not told."""

    def repaired(self, repair: Repair) -> None:
        """Not told."""

    def noted(self, sentence: str) -> None:
        """Not told."""

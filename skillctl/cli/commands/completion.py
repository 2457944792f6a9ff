"""`skillctl completion`."""

from __future__ import annotations

from typing import Annotated

from skillctl.app.outcome import Outcome
from skillctl.cli.answer import Answer
from skillctl.cli.parameter import argument
from skillctl.cli.shells import SCRIPTS
from skillctl.core.errors import UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionOutcome(Outcome):
    """The text for a shell."""

    shell: str
    script: str

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {"shell": self.shell, "script": self.script}


def command(shell: Annotated[str, argument(metavar="SHELL", help="bash, zsh or fish.")]) -> Answer:
    """Print what makes a shell complete skillctl's words.

    Put `eval "$(skillctl completion bash)"` into ~/.bashrc, the same with zsh into ~/.zshrc behind compinit, and for
    fish the text itself into ~/.config/fish/completions/skillctl.fish. Then the tab key completes commands, options,
    installed and available packs, versions behind `NAME@`, agents, registries and settings. It never uses a network.
    """
    script = SCRIPTS.get(shell)
    if script is None:
        raise UsageError.of("E023", option="SHELL", reason=f"`{shell}` is none of {', '.join(SCRIPTS)}")
    return Answer(CompletionOutcome(shell=shell, script=script), lambda page: page.text(script))

"""What is known of a plugin."""

from __future__ import annotations

from typing import Literal

from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass

Source = Literal["program", "user", "project", "entry-point", "pack", "built-in"]
"""Who brought it: the program that uses us, the user's directory, the project's, an installed distribution, a pack."""

State = Literal["active", "inactive", "disabled", "untrusted", "broken"]

OWN_TIME = 30.0
"""Seconds that a callback may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plugin:
    """A plugin as it was found: loaded, or with the reason why not."""

    name: str
    source: Source
    state: State
    path: str = ""
    """Its file; empty for those of the program and built-in ones."""
    digest: str = ""
    """`sha256:` of the file, or the pack's tree digest: what trust is bound to."""
    description: str = ""
    version: str = ""
    dependencies: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    problem: str = ""
    """One sentence; empty where there is nothing wrong."""

    def to_json(self) -> JsonObject:
        """The plugin in an envelope."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "source": self.source,
            "state": self.state,
            "path": self.path,
            "digest": self.digest,
            "dependencies": list(self.dependencies),
            "capabilities": list(self.capabilities),
            "hooks": list(self.hooks),
            "problem": self.problem,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of one callback."""

    plugin: str
    event: str
    seconds: float
    answer: JsonValue = None
    """What it returned; None where it failed."""
    failure: str = ""
    """Why it failed; empty where it did not."""

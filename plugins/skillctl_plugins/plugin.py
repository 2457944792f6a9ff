"""What is known of a plugin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import PluginError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass

Source = Literal["program", "user", "project", "entry-point", "pack", "built-in"]
"""Who brought it: the program that uses us, the user's directory, the project's, an installed distribution, a pack."""

State = Literal["active", "inactive", "disabled", "untrusted", "broken"]

GUARDING = frozenset({"guard", "policy"})
"""Capabilities of those without which nothing is done: broken, they stop what they would have judged."""

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

    @property
    def guards(self) -> bool:
        """Does it say that it guards something?"""
        return not GUARDING.isdisjoint(self.capabilities)

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


def left_out(plugins: Iterable[Plugin]) -> tuple[Problem, ...]:
    """Who is not heard although it is there: broken ones (W601), and those that nobody trusts yet (W602)."""
    found = tuple(plugins)
    broken = [problem("W601", plugin=each.name, reason=each.problem) for each in found if each.state == "broken"]
    untrusted = tuple(each.name for each in found if each.state == "untrusted")
    return (*broken, problem("W602", plugins=untrusted)) if untrusted else tuple(broken)


def check_guards(plugins: Iterable[Plugin]) -> None:
    """PluginError E606 if one that guards something is broken: nobody would ask what it would have said."""
    broken = [each for each in plugins if each.state == "broken" and each.guards]
    if broken:
        raise PluginError(*(problem("E606", plugin=each.name, reason=each.problem) for each in broken))

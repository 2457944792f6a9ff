"""The budget of a project: how much of an agent's context its skills may take before anybody asks for one.

Three forms in skillctl.json, which mean tokens that are always on:

    "budget": 2000                                     every agent
    "budget": {"tokens": 2000}                         the same
    "budget": {"claude-code": 1500, "*": 3000}         this agent, and every other

An agent that no limit is for has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.value import dataclass

EVERY_AGENT = "*"
PLAIN = "tokens"

_AGENT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_MOST = 100_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of a project."""

    limits: Mapping[str, int]
    """Id of an agent, or `*` for those without a limit of their own -> tokens always on."""

    def limit_for(self, agent: str) -> int | None:
        """The tokens that the agent may spend; None: as many as there are."""
        return self.limits.get(agent, self.limits.get(EVERY_AGENT))

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents that have a limit of their own."""
        return tuple(each for each in self.limits if each != EVERY_AGENT)


def budget_from_fields(fields: Fields) -> Budget | None:
    """The door of `budget`. ManifestError E146 with what belongs there."""
    value = fields["budget"]
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = {PLAIN: value}
    if not isinstance(value, dict) or not value:
        fields.refuse('a number of tokens, or an object such as `{"claude-code": 1500, "*": 3000}`', "budget")
    if PLAIN in value and len(value) > 1:
        fields.refuse(f"`{PLAIN}` alone, or agents with `{EVERY_AGENT}` for the others", "budget")
    limits: dict[str, int] = {}
    for key, limit in value.items():
        agent = EVERY_AGENT if key == PLAIN else key
        if agent != EVERY_AGENT and not _AGENT.match(agent):
            fields.refuse(f"ids of agents, `{EVERY_AGENT}` or `{PLAIN}` as names", "budget")
        if not isinstance(limit, int) or isinstance(limit, bool) or not 0 <= limit <= _MOST:
            fields.refuse("whole numbers of tokens, not negative", "budget")
        limits[agent] = limit
    return Budget(limits)


def budget_to_json(budget: Budget) -> JsonValue:
    """The budget in its one form."""
    if set(budget.limits) == {EVERY_AGENT}:
        return {PLAIN: budget.limits[EVERY_AGENT]}
    return dict(budget.limits)

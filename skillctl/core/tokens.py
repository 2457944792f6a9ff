"""What a skill costs an agent's context, estimated.

Every tokenizer counts differently; a token is about four bytes of UTF-8 in English prose and in code. The estimate is
the same for everybody, so that packs can be compared and budgets kept.
"""

from __future__ import annotations

from skillctl.core.value import dataclass

BYTES_PER_TOKEN = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextCost:
    """One skill's estimated tokens."""

    skill: str
    always_on: int
    """Its line in the agent's list of skills, paid in every session."""
    on_demand: int
    """The body of its SKILL.md, paid once it is used."""
    context_files: int
    """Its context files, paid for what of them is read."""


def estimated_tokens(data: bytes) -> int:
    """Tokens of a text: its bytes divided by four, rounded up."""
    return -(-len(data) // BYTES_PER_TOKEN)


def listing_tokens(name: str, description: str) -> int:
    """Tokens of a skill's line in the list that an agent always has before it, `- name: description`."""
    return estimated_tokens(f"- {name}: {description}\n".encode())

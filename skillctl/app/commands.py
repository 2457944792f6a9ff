"""The slash commands that a scope offers: every installed skill, with its file and what it always costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from skillctl.core.json_value import JsonObject
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.value import dataclass
from skillctl.install.generation import Copied, Targets

if TYPE_CHECKING:
    from skillctl.core.stored import StoredPack, StoredSkill

ON_DEMAND_IN = "claude-code"
"""The agent that leaves a skill out of its list if the skill wants that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SlashCommand:
    """One skill as an agent offers it."""

    name: str
    pack: str
    file: str
    """Its SKILL.md, relative to the scope's root where it lies below it."""
    description: str
    tokens: int
    """Estimated tokens that an agent always pays for having it."""

    def to_json(self) -> JsonObject:
        """The command in an envelope."""
        return {
            "name": self.name,
            "pack": self.pack,
            "file": self.file,
            "description": self.description,
            "tokens": self.tokens,
        }


def always_on(skill: StoredSkill, agents: Iterable[str]) -> int:
    """Estimated tokens in every conversation, in that of these agents where it costs the most."""
    is_silent = skill.manual and set(agents) == {ON_DEMAND_IN}
    return 0 if is_silent else skill.tokens


def slash_commands(
    targets: Targets, packs: Mapping[str, StoredPack], agents: Iterable[str]
) -> tuple[SlashCommand, ...]:
    """The skills of those packs that are in place, by name; each once, by the directory that holds its files."""
    chosen = tuple(agents)
    found: dict[str, SlashCommand] = {}
    for directory, skills in targets.items():
        for skill, placed in skills.items():
            pack = packs.get(placed.pack)
            if skill in found or pack is None or skill not in pack.skills:
                continue
            if not (isinstance(placed, Copied) or pack.live):
                continue
            known = pack.skills[skill]
            named = pack.requires.get("agents", ())
            found[skill] = SlashCommand(
                name=skill,
                pack=pack.name,
                file=f"{directory}/{skill}/{SKILL_FILE}",
                description=known.description,
                tokens=always_on(known, [each for each in chosen if not named or each in named]),
            )
    return tuple(found[name] for name in sorted(found))

"""`install --list`: what packs and skills a place has, before anything of it is chosen. Nothing is written."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.app.places import look_at, skills_of
from skillctl.app.scopes import scope_around
from skillctl.app.sources import open_origins
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.formats.front_matter import skill_facts
from skillctl_registry.sources.origin import Offer


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenSkill:
    """One skill of a pack that is not installed."""

    name: str
    description: str

    def to_json(self) -> JsonObject:
        """The skill in an envelope."""
        return {"name": self.name, "description": self.description}


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenPack:
    """One pack of a place."""

    origin: str
    """The place, as it was asked for."""
    name: str
    version: str
    """Empty: nobody gave it one."""
    description: str
    skills: tuple[SeenSkill, ...]
    inferred: tuple[str, ...]
    """What of its manifest no file says."""
    commit: str = ""

    def to_json(self) -> JsonObject:
        """The pack in an envelope."""
        return {
            "origin": self.origin,
            "name": self.name,
            "version": self.version or None,
            "commit": self.commit or None,
            "description": self.description,
            "skills": [each.to_json() for each in self.skills],
            "inferred": list(self.inferred),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class LookOutcome(Outcome):
    """What the places have."""

    packs: tuple[SeenPack, ...]

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {"packs": [each.to_json() for each in self.packs]}


def look(settings: Settings, cwd: Path, texts: tuple[str, ...]) -> LookOutcome:
    """The packs of each place. UsageError E002 for what is no place, else the errors of reading it."""
    if not texts:
        raise UsageError.of(
            "E002", option="--list", reason="say what to look at: a directory, an archive, a repository"
        )
    origins = open_origins(settings, scope_around(settings, cwd))
    packs: list[SeenPack] = []
    problems: list[Problem] = []
    for text in texts:
        offers = look_at(text, cwd, settings.directories.home, origins)
        packs += [_seen(text, each) for each in offers.packs]
        problems += offers.problems
    return LookOutcome(problems=tuple(problems), packs=tuple(packs))


def _seen(text: str, offer: Offer) -> SeenPack:
    commit = offer.source.get("commit", "")
    is_versionless = bool(offer.inferred) and "version" not in offer.inferred
    return SeenPack(
        origin=text,
        name=offer.name,
        version="" if is_versionless else str(offer.manifest.version),
        description=offer.manifest.description,
        skills=tuple(_seen_skill(path, name, offer) for name, path in skills_of(offer).items()),
        inferred=tuple(sorted(offer.inferred)),
        commit=commit if isinstance(commit, str) else "",
    )


def _seen_skill(path: str, name: str, offer: Offer) -> SeenSkill:
    data = offer.files.get(path, b"")
    return SeenSkill(name=name, description=skill_facts(data, file=f"{offer.name}: {path}").description)

"""`info`: everything that is worth knowing of one pack before, or after, it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from skillctl.app.one_pack import Lookout, OnePack, Place
from skillctl.app.outcome import Outcome
from skillctl.core.json_value import JsonObject
from skillctl.core.manifest import Manifest, permissions_to_json, requires_to_json
from skillctl.core.release import Release
from skillctl.core.settings import Settings
from skillctl.core.skill_asks import Ask
from skillctl.core.stored import costs_of
from skillctl.core.tokens import ContextCost
from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class PackCommand:
    """One slash command of a pack."""

    description: str
    cost: ContextCost
    files: int

    def to_json(self) -> JsonObject:
        """The command in an envelope."""
        return {
            "name": self.cost.skill,
            "description": self.description,
            "tokens": {
                "always_on": self.cost.always_on,
                "on_demand": self.cost.on_demand,
                "context_files": self.cost.context_files,
            },
            "files": self.files,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class InfoOutcome(Outcome):
    """One release, and what there is of its pack."""

    manifest: Manifest
    place: Place
    where: str
    tree: str
    size: int
    """Bytes of its files together."""
    installed: str
    """The version that the scope has; empty: none."""
    direct: bool
    """Whether skillctl.json asks for it."""
    commands: tuple[PackCommand, ...]
    asks: tuple[Ask, ...]
    releases: tuple[Release, ...]
    """The newest first."""
    signed: bool | None
    """Whether its registry signs what it says; None where there is no registry, or it can't be told."""
    yanked: str | None
    """Why its registry offers this release no more; empty: it gives no reason; None: it may be chosen."""
    authors: tuple[str, ...]
    """The ids of the keys by which its authors signed this release."""
    said: str
    """What its registry says of the pack as a whole, `deprecated: use maps`; empty: nothing."""

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        manifest = self.manifest
        return {
            "name": manifest.name,
            "version": str(manifest.version),
            "description": manifest.description,
            "author": manifest.author,
            "license": manifest.license,
            "homepage": manifest.homepage,
            "repository": manifest.repository,
            "keywords": list(manifest.keywords),
            "capabilities": list(manifest.capabilities),
            "place": self.place,
            "where": self.where,
            "installed": self.installed or None,
            "direct": self.direct,
            "tree": self.tree,
            "size": self.size,
            "commands": [each.to_json() for each in self.commands],
            "asks": [each.to_json() for each in self.asks],
            "dependencies": {name: str(each.constraint) for name, each in sorted(manifest.dependencies.items())},
            "requires": requires_to_json(manifest.requires),
            "permissions": permissions_to_json(manifest.permissions),
            "hooks_module": manifest.hooks_module or None,
            "plans": dict(manifest.plans),
            "deprecated": manifest.deprecated or None,
            "status": self.said or None,
            "yanked": self.yanked,
            "signed": self.signed,
            "authors": list(self.authors),
            "releases": [
                {
                    "version": str(each.version),
                    "published": each.published or None,
                    "yanked": each.yanked,
                    "size": each.size or None,
                }
                for each in self.releases
            ],
        }


def info(settings: Settings, cwd: Path, text: str, *, user: bool = False, registry: str = "") -> InfoOutcome:
    """The pack that the text names. Errors are those of `one_pack`."""
    pack = Lookout(settings, cwd, user=user, registry=registry).look(text)
    problems = tuple(pack.source.problems()) if pack.source is not None else ()
    return InfoOutcome(
        problems=tuple(each for each in problems if each.evidence.get("name", pack.stored.name) == pack.stored.name),
        manifest=pack.manifest,
        place=pack.place,
        where=pack.where,
        tree=pack.stored.tree,
        size=sum(map(len, pack.files.values())),
        installed=str(pack.installed.version) if pack.installed is not None else "",
        direct=pack.direct,
        commands=tuple(_commands(pack)),
        asks=pack.stored.asks.asks() if pack.stored.asks is not None else (),
        releases=tuple(reversed(pack.releases)),
        signed=pack.source.signed if pack.source is not None else None,
        yanked=pack.release.yanked if pack.release is not None else None,
        authors=_authors(pack),
        said=_status(pack),
    )


def _authors(pack: OnePack) -> tuple[str, ...]:
    """Whose signatures of this very release hold."""
    from skillctl_registry.authors import signed_by

    shown = (each for each in pack.releases if each.tree == pack.stored.tree)
    return next((signed_by(each).keyids for each in shown), ())


def _commands(pack: OnePack) -> Iterator[PackCommand]:
    for cost in costs_of(pack.stored):
        skill = pack.stored.skills[cost.skill]
        yield PackCommand(description=skill.description, cost=cost, files=len(skill.files))


def _status(pack: OnePack) -> str:
    for each in pack.source.problems() if pack.source is not None else ():
        if each.code == "W221" and each.evidence.get("name") == pack.stored.name:
            return f"{each.evidence.get('status')}: {each.evidence.get('reason')}"
    return ""

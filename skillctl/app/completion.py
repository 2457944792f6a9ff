"""What can stand at a place of a command line that is being typed: names of packs, versions, agents, settings.

Answered from files on this machine while somebody waits for a keystroke: no network, no lock, and whatever can't be
read gives no candidates instead of an error. Each candidate has a line that says what it is, where that costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.scopes import scope_around
from skillctl.core.errors import SkillctlError
from skillctl.core.settings import LINK_MODES, Settings
from skillctl.core.value import dataclass, replace
from skillctl.install.scope import Scope

if TYPE_CHECKING:
    from skillctl_registry.order import Registries

Candidate = tuple[str, str]
"""What may be typed, and what it is."""

_MOST = 500
"""More names than that help nobody; a longer beginning narrows them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the candidates are to stand."""

    settings: Settings
    cwd: Path
    user: bool = False
    """Whether the command line says `-g`."""
    begun: str = ""
    """What is typed of the word."""

    @property
    def scope(self) -> Scope:
        """The scope that the command would work on."""
        return scope_around(self.settings, self.cwd, user=self.user)


def installed(place: Place) -> Iterator[Candidate]:
    """The packs of the lock, with their versions."""
    for name, pack in _locked(place).items():
        yield name, str(pack.get("version", ""))


def installed_skills(place: Place) -> Iterator[Candidate]:
    """The skills that are in place."""
    from skillctl.install.state import read_state

    with suppress(SkillctlError):
        for skills in read_state(place.scope).newest.targets.values():
            yield from ((skill, placed.pack) for skill, placed in skills.items())


def available(place: Place) -> Iterator[Candidate]:
    """The packs that can be installed; behind `name@` its versions, the highest first."""
    name, at, _ = place.begun[1:].partition("@")
    if at:
        yield from _versions(place, place.begun[:1] + name)
        return
    registries = _registries(place)
    if registries is None:
        return
    for source in registries.sources:
        with suppress(SkillctlError):
            begun = [each for each in source.names() if each.startswith(place.begun)]
            yield from ((each, f"in {source.label}") for each in begun[:_MOST])


def installed_or_available(place: Place) -> Iterator[Candidate]:
    """Both, the installed first."""
    yield from installed(place)
    yield from available(place)


def published_versions(name: str) -> Callable[[Place], Iterator[Candidate]]:
    """The versions of a pack, by themselves."""

    def versions(place: Place) -> Iterator[Candidate]:
        return ((version.rpartition("@")[2], about) for version, about in _versions(place, name))

    return versions


def known_agents(place: Place) -> Iterator[Candidate]:
    """The ids of agents; `*` is all of them."""
    from skillctl.agents.table import agents

    yield from ((each.id, each.name) for each in agents())
    yield "universal", "the shared .agents/skills"
    if place.begun in ("", "'", "*"):
        yield "*", "every agent that has a place here"


def known_registries(place: Place) -> Iterator[Candidate]:
    """The aliases of registries."""
    registries = _registries(place)
    for source in registries.sources if registries is not None else ():
        yield source.label, ""


def settings_keys(_: Place) -> Iterator[Candidate]:
    """The keys of the configuration."""
    from skillctl.core.config_file import SETTINGS

    return ((each.key, each.about) for each in SETTINGS)


def generations(place: Place) -> Iterator[Candidate]:
    """The numbers that can be gone back to, the newest first."""
    from skillctl.app.history import kept_generations

    with suppress(SkillctlError):
        for each in reversed(kept_generations(place.scope)[0]):
            yield str(each.number), f"{each.created} {each.command}"


def link_modes(_: Place) -> Iterator[Candidate]:
    """How files come from the store."""
    return ((each, "") for each in LINK_MODES)


def _locked(place: Place) -> Mapping[str, Mapping[str, object]]:
    """The packs of the lock as they stand there; the door would cost as much as everything else."""
    from skillctl.install.state import read_text

    try:
        packs = json.loads(read_text(place.scope.lock_file, max_bytes=place.settings.limits.project_bytes) or "{}")[
            "packs"
        ]
    except (ValueError, KeyError, TypeError, RecursionError, SkillctlError):
        return {}
    whole = isinstance(packs, dict) and all(isinstance(each, dict) for each in packs.values())
    return packs if whole else {}


def _registries(place: Place) -> Registries | None:
    from skillctl.app.registries import look_at_registries
    from skillctl.app.scopes import ScopeFiles

    settings = replace(place.settings, offline=True)
    with suppress(SkillctlError):
        return look_at_registries(settings, ScopeFiles(place.scope, settings.limits).project, place.scope)
    return None


def _versions(place: Place, name: str) -> Iterator[Candidate]:
    registries = _registries(place)
    for source in registries.asked_for(name) if registries is not None else ():
        with suppress(SkillctlError):
            found = source.releases(name)
            if found is not None:
                for release in reversed(found):
                    yield f"{name}@{release.version}", "yanked" if release.yanked is not None else ""
                return

"""Which skills belong into which directories: the lock, its trees and the chosen agents, put together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.agents.table import Agent
from skillctl.agents.targets import Target, plan_targets
from skillctl.agents.where import Surroundings
from skillctl.app.audience import around_scope, chosen_agents, own_directories
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.digests import entry_of
from skillctl.core.errors import InstallError, RegistryError
from skillctl.core.settings import Settings
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.value import dataclass
from skillctl.edges.disk.look import real_path
from skillctl.install.plan import Wanted, WantedCopy, WantedLink, WantedTargets
from skillctl.install.scope import Scope

if TYPE_CHECKING:
    from skillctl.core.lockfile import Lock
    from skillctl.core.project import ProjectFile
    from skillctl.core.stored import StoredPack


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where everything belongs."""

    wanted: WantedTargets
    agents: Mapping[str, str]
    """The agents that it is for: id -> their own directory of skills."""
    problems: tuple[Problem, ...]


def place_skills(
    scope: Scope, project: ProjectFile, lock: Lock, packs: Mapping[str, StoredPack], settings: Settings
) -> Placement:
    """Where every skill of the lock belongs.

    InstallError E403 if two packs bring a skill of one name, E404 if a pack does not have a skill that is asked for.
    """
    around = around_scope(scope, settings)
    everyone = chosen_agents(project.agents, settings, around)
    directories = _Directories(scope, around, copies=project.vendor or project.copy, vendor=project.vendor)
    wanted: dict[str, dict[str, Wanted]] = {}
    problems: list[Problem] = []
    for pack, skills in chosen_skills(lock, packs).items():
        takers = audience(packs[pack], everyone)
        if not takers:
            problems.append(problem("W403", pack=pack, agents=packs[pack].requires["agents"]))
            continue
        for skill in skills:
            for directory, item in directories.of(skill, packs[pack], takers):
                wanted.setdefault(directory, {})[skill] = item
    return Placement(wanted=wanted, agents=own_directories(scope, everyone, around), problems=tuple(problems))


def audience(pack: StoredPack, everyone: Sequence[Agent]) -> tuple[Agent, ...]:
    """The chosen agents that the pack is made for; it may name them, and then it is for no others."""
    named = pack.requires.get("agents", ())
    return tuple(each for each in everyone if not named or each.id in named)


def chosen_skills(lock: Lock, packs: Mapping[str, StoredPack]) -> dict[str, tuple[str, ...]]:
    """Pack -> the skills that are taken of it; every skill has one pack."""
    chosen: dict[str, tuple[str, ...]] = {}
    owners: dict[str, str] = {}
    problems: list[Problem] = []
    for name, locked in lock.packs.items():
        available = packs[name].skills
        unknown = [skill for skill in locked.skills or () if skill not in available]
        if unknown:
            problems.append(problem("E404", pack=name, skills=unknown, available=sorted(available)))
        chosen[name] = tuple(available) if locked.skills is None else locked.skills
        for skill in chosen[name]:
            if skill in owners:
                problems.append(problem("E403", skill=skill, first=owners[skill], second=name))
            owners[skill] = name
    if problems:
        raise InstallError(*problems)
    return chosen


class _Directories:
    """The directories of each set of agents, worked out once."""

    def __init__(self, scope: Scope, around: Surroundings, *, copies: bool, vendor: bool) -> None:
        self._vendor = vendor
        self._scope = scope
        self._around = around
        self._copies = copies
        self._targets: dict[tuple[str, ...], tuple[tuple[Target, str, str], ...]] = {}

    def of(self, skill: str, pack: StoredPack, audience: tuple[Agent, ...]) -> list[tuple[str, Wanted]]:
        """Where the skill of the pack belongs for these agents, and as what."""
        files = pack.skills[skill].files
        live = self._live(skill, pack) if pack.live else ""
        placed: list[tuple[str, Wanted]] = []
        for target, directory, way in self._planned(audience):
            if live:
                placed.append(
                    (directory, WantedLink(pack.name, pack.tree, self._way_to(live, target.directory), files))
                )
            elif target.kind == "copy" or self._copies:
                placed.append((directory, WantedCopy(pack.name, pack.tree, files)))
            else:
                placed.append((directory, WantedLink(pack.name, pack.tree, f"{way}/{skill}", files)))
        return placed

    def _live(self, skill: str, pack: StoredPack) -> str:
        """The directory of the skill as it lies there. RegistryError E261 where a link would show something else."""
        origins = {path: entry_of(line).path for path, line in pack.skills[skill].files.items()}
        folder = origins[SKILL_FILE].removesuffix(SKILL_FILE)
        others = sorted(origin for path, origin in origins.items() if origin != f"{folder}{path}")
        if others:
            reason = f"it has files from elsewhere in the pack: {', '.join(others[:3])}"
            raise RegistryError.of("E261", name=pack.name, skill=skill, reason=reason)
        if self._vendor:
            reason = "this project commits copies of its skills"
            raise RegistryError.of("E261", name=pack.name, skill=skill, reason=reason)
        return str(Path(pack.live, folder))

    def _way_to(self, live: str, directory: str) -> str:
        """What a link in that directory says: relative inside the project, so that it can be moved as a whole."""
        root = real_path(self._scope.root)
        if self._scope.kind == "project" and Path(live).is_relative_to(root):
            return Path(os.path.relpath(live, real_path(Path(directory)))).as_posix()
        return live

    def _planned(self, audience: tuple[Agent, ...]) -> tuple[tuple[Target, str, str], ...]:
        key = tuple(each.id for each in audience)
        planned = self._targets.get(key)
        if planned is None:
            targets = plan_targets(
                audience,
                scope=self._scope.kind,
                around=self._around,
                real_path=lambda path: str(real_path(Path(path))),
            )
            for target in targets:
                self._check_inside(target.directory)
            copy = real_path(Path(targets[0].directory))
            planned = self._targets[key] = tuple(
                (
                    target,
                    self._scope.text_of(Path(target.directory)),
                    Path(os.path.relpath(copy, real_path(Path(target.directory)))).as_posix(),
                )
                for target in targets
            )
        return planned

    def _check_inside(self, directory: str) -> None:
        """Refuse a directory that a link leads out of the project (InstallError E417): a repository may bring one."""
        real = real_path(Path(directory))
        if self._scope.kind == "project" and not real.is_relative_to(real_path(self._scope.root)):
            raise InstallError.of("E417", directory=self._scope.text_of(Path(directory)), target=str(real))

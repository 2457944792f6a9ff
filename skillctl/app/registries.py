"""The registries of one command, opened in their order: project's, user's, local default, built-in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import SkillctlError, UsageError
from skillctl.core.lockfile import Lock, LockedPack
from skillctl.core.names import normalised_name
from skillctl.core.project import ProjectFile, RegistryEntry
from skillctl.core.settings import Settings
from skillctl.edges.bundled import packs_directory
from skillctl.install.scope import Scope
from skillctl_registry.opening import open_source
from skillctl_registry.order import Registries
from skillctl_registry.sources import BUILTIN_ID, Source
from skillctl_registry.sources.folder import FolderSource

LOCAL_LABEL = "local"
"""The registry that `publish` makes and fills unless it is told another."""
BUILTIN_LABEL = "builtin"


def open_registries(settings: Settings, project: ProjectFile, scope: Scope) -> Registries:
    """The sources in order. `SKILLCTL_REGISTRY` or its like narrows them to one. RegistryError for one that is none."""
    entries = [*_of_project(project, scope), *settings.registries]
    sources: list[Source] = [open_source(each.location, label=each.name, limits=settings.limits) for each in entries]
    sources.append(
        open_source(default_registry(settings), label=LOCAL_LABEL, may_be_missing=True, limits=settings.limits)
    )
    builtin = FolderSource(packs_directory(), label=BUILTIN_LABEL, id=BUILTIN_ID, limits=settings.limits)
    sources.append(builtin)
    scopes: dict[str, str] = {}
    for each in entries:
        for name in each.scopes:
            scopes.setdefault(name, each.name)
    registries = Registries(sources=tuple(sources), scopes=scopes)
    return _narrowed(registries, settings) if settings.registry else registries


def default_registry(settings: Settings) -> str:
    """Where the user's own registry lies, or will lie."""
    return str(Path(settings.directories.data) / "registry")


def yanked_packs(lock: Lock, names: Iterable[str], registries: Callable[[], Registries]) -> tuple[Problem, ...]:
    """Warnings for those of the locked packs that their registry has yanked since.

    Everything may be in the store already, so a registry that is not there to be asked is no error.
    """
    found: list[Problem] = []
    for name in sorted(names):
        locked = lock.packs[name]
        if not locked.archive:
            continue  # a folder of packs yanks nothing, and it would be read as a whole to say so
        with suppress(SkillctlError):
            found.extend(_yanked(name, locked, registries()))
    return tuple(found)


def _yanked(name: str, locked: LockedPack, registries: Registries) -> Iterator[Problem]:
    for source in registries.asked_for(name):
        if source.id == locked.registry:
            reason = source.yanked(name).get(locked.version)
            if reason is not None:
                yield problem("W301", name=name, version=str(locked.version), reason=reason)


def pinned(project: ProjectFile, scope: Scope, settings: Settings, registry: str, cwd: Path) -> tuple[ProjectFile, str]:
    """The project knowing the registry that `--registry` names, and the alias to pin packs to.

    A directory that no registry is at yet becomes one of the project's registries, so that everybody who has the
    project file finds it; inside the project it is written relative to it.
    """
    labels = [LOCAL_LABEL, BUILTIN_LABEL, *(each.name for each in (*project.registries, *settings.registries))]
    if registry in labels:
        return project, registry
    path = Path(cwd, registry).resolve()
    for entry in (*_of_project(project, scope), *settings.registries):
        if Path(entry.location) == path:
            return project, entry.name
    if path == Path(default_registry(settings)):
        return project, LOCAL_LABEL
    if not path.is_dir() and "/" not in registry and "\\" not in registry:
        raise UsageError.of("E004", registry=registry, known=labels)
    open_source(str(path), label=registry, limits=settings.limits)
    location = path.relative_to(scope.files).as_posix() if path.is_relative_to(scope.files) else str(path)
    entry = RegistryEntry(name=_free_label(path, labels), location=location)
    return replace(project, registries=(*project.registries, entry)), entry.name


def _of_project(project: ProjectFile, scope: Scope) -> list[RegistryEntry]:
    """The project's registries with absolute locations; relative ones count from the project file."""
    return [
        each if "://" in each.location else replace(each, location=str(Path(scope.files, each.location).resolve()))
        for each in project.registries
    ]


def _free_label(path: Path, taken: list[str]) -> str:
    base = normalised_name(path.name)
    base = base if len(base) > 1 else "registry"
    candidates = (base, *(f"{base}-{number}" for number in range(2, 1000)))
    return next(each for each in candidates if each not in taken)


def _narrowed(registries: Registries, settings: Settings) -> Registries:
    """Only the one registry that the environment names, by alias or as a directory."""
    if any(source.label == settings.registry for source in registries.sources):
        only = registries.labelled(settings.registry)
    else:
        only = open_source(str(Path(settings.registry).resolve()), label=settings.registry, limits=settings.limits)
    return Registries(sources=(only,), scopes={})

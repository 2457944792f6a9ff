"""The registries of one command, opened in their order: project's, user's, local default, built-in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from skillctl.app.blobs import reading_elsewhere
from skillctl.core.errors import RegistryError, SkillctlError, UsageError
from skillctl.core.lockfile import Lock, LockedPack
from skillctl.core.names import normalised_name
from skillctl.core.project import BUILTIN_LABEL, LOCAL_LABEL, ProjectFile, RegistryEntry, is_location
from skillctl.core.release import NO_REASON
from skillctl.core.settings import Settings
from skillctl.core.value import replace
from skillctl.edges.bundled import packs_directory
from skillctl.edges.disk.files import upwards
from skillctl.install.scope import Scope
from skillctl_registry.opening import World, is_address, open_source
from skillctl_registry.order import Registries
from skillctl_registry.sources import BUILTIN_ID, Source
from skillctl_registry.sources.folder import FolderSource
from skillctl_registry.sources.unavailable import UnavailableSource


def open_registries(settings: Settings, project: ProjectFile, scope: Scope) -> Registries:
    """The sources in order; `SKILLCTL_REGISTRY` or its like narrows them to one.

    One that can't be opened keeps its place, and fails whoever asks it. RegistryError if it is the only one.
    """
    entries = [*entries_of(project, scope), *settings.registries]
    opener = _Opener(settings, trusting=scope.kind == "user")
    if settings.registry:
        return Registries(sources=(_only(settings, entries, opener),), scopes={})
    sources: list[Source] = [opener.placed(each) for each in entries]
    scopes: dict[str, str] = {}
    for each in entries:
        for name in each.scopes:
            scopes.setdefault(name, each.name)
    return Registries(sources=(*sources, _local(settings), _builtin(settings)), scopes=scopes)


def open_entry(settings: Settings, entry: RegistryEntry) -> Source:
    """The source of one registry as the user has it configured, or asks for it."""
    return _Opener(settings, trusting=True).opened(entry)


class _Opener:
    """Opens registries. Those elsewhere share one transport, which is only made where there is such a one.

    The user's keys are shown to a registry that the user named, and not to one that only a project's file names.
    """

    def __init__(self, settings: Settings, *, trusting: bool) -> None:
        """`trusting`: all of them are the user's."""
        self._settings = settings
        self._trusting = trusting
        self._made: World | None = None

    def opened(self, entry: RegistryEntry) -> Source:
        is_elsewhere = is_address(entry.location) or entry.root_sha256 != ""
        return open_source(
            entry.location,
            label=entry.name,
            root_sha256=entry.root_sha256,
            insecure=entry.insecure or "*" in self._settings.insecure,
            signed=self._trusting or self._settings.is_of_the_user(entry.location),
            world=self._world() if is_elsewhere else None,
            elsewhere=reading_elsewhere(self._settings),
            limits=self._settings.limits,
        )

    def placed(self, entry: RegistryEntry) -> Source:
        """The source; one that can't be opened still has its place in the order."""
        try:
            return self.opened(entry)
        except RegistryError as error:
            return UnavailableSource(entry.name, error)

    def _world(self) -> World:
        if self._made is None:
            from skillctl.app.network import open_world  # most registries are directories, and need no web

            self._made = open_world(self._settings)
        return self._made


def _only(settings: Settings, entries: Sequence[RegistryEntry], opener: _Opener) -> Source:
    """The one registry that is meant, by alias, as a directory or by its address."""
    for entry in entries:
        if entry.name == settings.registry or entry.location.rstrip("/") == settings.registry.rstrip("/"):
            return opener.opened(entry)
    if settings.registry == LOCAL_LABEL:
        return _local(settings)
    if settings.registry == BUILTIN_LABEL:
        return _builtin(settings)
    named = settings.registry
    if not is_address(named) and "/" not in named and "\\" not in named and not Path(named).is_dir():
        raise UsageError.of(
            "E004", registry=named, known=[LOCAL_LABEL, BUILTIN_LABEL, *(each.name for each in entries)]
        )
    location = named if is_address(named) else str(Path(named).resolve())
    return opener.opened(RegistryEntry(name=named, location=location))


def _local(settings: Settings) -> Source:
    return open_source(
        default_registry(settings),
        label=LOCAL_LABEL,
        may_be_missing=True,
        elsewhere=reading_elsewhere(settings),
        limits=settings.limits,
    )


def _builtin(settings: Settings) -> Source:
    return FolderSource(packs_directory(), label=BUILTIN_LABEL, id=BUILTIN_ID, limits=settings.limits)


def default_registry(settings: Settings) -> str:
    """Where the user's own registry lies, or will lie."""
    return str(Path(settings.directories.data) / "registry")


def yanked_packs(lock: Lock, names: Iterable[str], registries: Callable[[], Registries]) -> list[tuple[str, str, str]]:
    """Name, version and reason of those of the locked packs that their registry has yanked since.

    Everything may be in the store already, so a registry that is not there to be asked is no error.
    """
    found: list[tuple[str, str, str]] = []
    # a folder of packs yanks nothing, and it would be read as a whole to say so
    asked = {name: lock.packs[name] for name in sorted(names) if lock.packs[name].archive}
    with suppress(SkillctlError):
        if asked:
            registries().prefetch_own(asked)
    for name, locked in asked.items():
        with suppress(SkillctlError):
            found.extend(_yanked(name, locked, registries()))
    return found


def _yanked(name: str, locked: LockedPack, registries: Registries) -> Iterator[tuple[str, str, str]]:
    for source in registries.asked_for(name):
        if source.id == locked.registry:
            reason = source.yanked(name).get(locked.version)
            if reason is not None:
                yield name, str(locked.version), reason or NO_REASON


def pinned(project: ProjectFile, scope: Scope, settings: Settings, registry: str, cwd: Path) -> tuple[ProjectFile, str]:
    """The project knowing the registry that `--registry` names, and the alias to pin packs to.

    A directory that no registry is at yet becomes one of the project's registries, so that everybody who has the
    project file finds it; inside the project's repository it is written relative to it.
    """
    labels = [LOCAL_LABEL, BUILTIN_LABEL, *(each.name for each in (*project.registries, *settings.registries))]
    if registry in labels:
        return project, registry
    if is_address(registry):
        return _pinned_address(project, settings, registry, labels)
    path = Path(cwd, registry).resolve()
    for entry in (*entries_of(project, scope), *settings.registries):
        if Path(entry.location) == path:
            return project, entry.name
    if path == Path(default_registry(settings)):
        return project, LOCAL_LABEL
    if not path.is_dir() and "/" not in registry and "\\" not in registry:
        raise UsageError.of("E004", registry=registry, known=labels)
    open_source(str(path), label=registry, limits=settings.limits)
    location = written_location(path, scope)
    if not is_location(location):
        raise UsageError.of("E006", registry=registry)
    entry = RegistryEntry(name=_free_label(path.name, labels), location=location)
    return replace(project, registries=(*project.registries, entry)), entry.name


def _pinned_address(
    project: ProjectFile, settings: Settings, address: str, labels: list[str]
) -> tuple[ProjectFile, str]:
    """The project knowing the registry at that address. RegistryError E290 or E297 if the address can't be used."""
    for entry in (*project.registries, *settings.registries):
        if entry.location.rstrip("/") == address.rstrip("/"):
            return project, entry.name
    entry = RegistryEntry(name=_free_label(_host_name(address), labels), location=address)
    open_entry(settings, entry)
    return replace(project, registries=(*project.registries, entry)), entry.name


def _host_name(address: str) -> str:
    """What an alias is made of: the part of the host that tells most, `packs` of `https://packs.acme.example/x`."""
    return address.partition("://")[2].partition("/")[0].partition(":")[0]


def entries_of(project: ProjectFile, scope: Scope) -> list[RegistryEntry]:
    """The project's registries with absolute locations; relative ones count from the project file."""
    return [
        each if "://" in each.location else replace(each, location=str(Path(scope.files, each.location).resolve()))
        for each in project.registries
    ]


def written_location(path: Path, scope: Scope) -> str:
    """The directory as the project file has it: relative where both lie in one repository, since they move together."""
    files = scope.files.resolve()
    repository = next((each for each in upwards(files) if (each / ".git").exists()), files)
    return Path(os.path.relpath(path, files)).as_posix() if path.is_relative_to(repository) else str(path)


def _free_label(text: str, taken: list[str]) -> str:
    base = normalised_name(text)[:48].strip("-")
    base = base if len(base) > 1 else "registry"
    candidates = (base, *(f"{base}-{number}" for number in range(2, 1000)))
    return next(each for each in candidates if each not in taken)

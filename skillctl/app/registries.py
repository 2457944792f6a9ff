"""The registries of one command, opened in their order: project's, user's, local default, built-in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from skillctl.app.blobs import reading_elsewhere
from skillctl.app.named_twice import Named, named, scopes_of
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

    One that can't be opened keeps its place, and fails whoever asks it. RegistryError if it is the only one; UsageError
    E005 or E040 if the project and the user mean different registries by one alias or scope.
    """
    check_meanings(settings, project, scope)
    return look_at_registries(settings, project, scope)


def check_meanings(settings: Settings, project: ProjectFile, scope: Scope) -> None:
    """Refuse what the project and the user mean differently, unless one registry alone is meant.

    UsageError E005 for an alias, E040 for a scope.
    """
    if not settings.registry:
        named(entries_of(project, scope), settings.registries).check()


def look_at_registries(settings: Settings, project: ProjectFile, scope: Scope) -> Registries:
    """The same for those who choose nothing: what the user means otherwise than the project fails whoever asks it."""
    theirs = entries_of(project, scope)
    both = named(theirs, settings.registries)
    opener = _Opener(settings, trusting=scope.kind == "user")
    if settings.registry:
        return _only(settings, both, theirs, opener)
    refused = both.disagreements()
    unsettled: list[Source] = [UnavailableSource(alias, error) for alias, error in refused.items()]
    agreed = [each for each in both.project if each.name not in refused]
    opened: dict[tuple[str, str, bool], Source] = {}
    for each in (*agreed, *both.user):
        if _read_as(each) not in opened:
            opened[_read_as(each)] = opener.placed(each)
    scopes = {**scopes_of(agreed), **scopes_of(both.user)}
    return Registries(
        sources=(*unsettled, *opened.values(), _local(settings), _builtin(settings)),
        aliases={each.name: opened[_read_as(each)] for each in (*agreed, *both.user)},
        scopes={scope: opened[_read_as(each)] for scope, each in scopes.items()},
    )


def _read_as(entry: RegistryEntry) -> tuple[str, str, bool]:
    """What entries of one registry have in common."""
    return entry.location, entry.root_sha256, entry.insecure


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


def _only(settings: Settings, both: Named, written: Sequence[RegistryEntry], opener: _Opener) -> Registries:
    """The one registry that is meant, by alias, as a directory or by its address."""
    entry = _meant(settings.registry, both, written)
    if entry is not None:
        source = opener.opened(entry)
        aliases = {each.name: source for each in both.entries if _read_as(each) == _read_as(entry)}
        return Registries(sources=(source,), aliases=aliases)
    if settings.registry == LOCAL_LABEL:
        return Registries(sources=(_local(settings),))
    if settings.registry == BUILTIN_LABEL:
        return Registries(sources=(_builtin(settings),))
    typed = settings.registry
    if not is_address(typed) and "/" not in typed and "\\" not in typed and not Path(typed).is_dir():
        raise UsageError.of(
            "E004", registry=typed, known=[LOCAL_LABEL, BUILTIN_LABEL, *(each.name for each in both.entries)]
        )
    location = typed if is_address(typed) else str(Path(typed).resolve())
    return Registries(sources=(opener.opened(RegistryEntry(name=typed, location=location)),))


def _meant(typed: str, both: Named, written: Sequence[RegistryEntry]) -> RegistryEntry | None:
    """The entry of that alias, or at that place. UsageError E005 for an alias of two meanings.

    A place that is named is the one that is read, also where the user has the registry at another one.
    """
    for entry in both.entries:
        if entry.name == typed:
            Named(tuple(replace(each, scopes=()) for each in both.project if each.name == typed), both.user).check()
            return entry
    pinned = (replace(each, root_sha256=read.root_sha256) for each, read in zip(written, both.project, strict=True))
    return next((each for each in (*both.user, *pinned) if each.location.rstrip("/") == typed.rstrip("/")), None)


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

"""The registry that somebody names to write to it, or to ask its server: by an alias, a directory or an address."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from skillctl.app.named_twice import place_of
from skillctl.app.registries import default_registry
from skillctl.app.scopes import ScopeFiles, find_project, the_project_scope
from skillctl.core.errors import UsageError
from skillctl.core.project import BUILTIN_LABEL, LOCAL_LABEL, RegistryEntry
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.edges.bundled import packs_directory
from skillctl_registry.backends import Backend
from skillctl_registry.opening import check_standing, is_address, is_one_place, open_backend
from skillctl_registry.verified import check_root


@dataclass(frozen=True, kw_only=True, slots=True)
class WritableRegistry:
    """A registry that can be published to."""

    label: str
    location: str
    backend: Backend
    roots: tuple[str, ...] = ()
    """The roots that are pinned for it; empty: nobody has it as a signed one."""


def standing_registry(settings: Settings, cwd: Path, wanted: str, *, root: str = "") -> WritableRegistry:
    """The registry that is meant, as it stands there: for whoever keeps it. `root` counts in place of those pinned.

    UsageError as `registry_meant`; RegistryError E232 if there is none, E233 to E237 if there can be none, E708 if it
    has not the root.
    """
    label, location = registry_meant(settings, cwd, wanted)
    backend = open_backend(location, lock_timeout=settings.lock_timeout)
    check_standing(backend, location)
    pinned = [each.root_sha256 for each in _configured(settings, cwd, label, location)]
    roots = (root,) if root else tuple(dict.fromkeys(each for each in pinned if each))
    _check_roots(backend, label, roots)
    return WritableRegistry(label=label, location=location, backend=backend, roots=roots)


def writable_registry(settings: Settings, cwd: Path, wanted: str) -> WritableRegistry:
    """The registry that is meant, with its files. Errors as `registry_meant` and `open_meant`."""
    label, location = registry_meant(settings, cwd, wanted)
    return WritableRegistry(label=label, location=location, backend=open_meant(settings, cwd, label, location))


def open_meant(settings: Settings, cwd: Path, label: str, location: str) -> Backend:
    """The files of a registry, to write to it; one that is not there yet may become one.

    But not in the place of one that the user or the project has: that is away, as a share is that is not mounted, and
    another one there would be nobody's. RegistryError E232 then, E708 if it is another than the one that is pinned;
    E232 to E237 where there can be none.
    """
    backend = open_backend(location, lock_timeout=settings.lock_timeout)
    entries = _configured(settings, cwd, label, location)
    if entries:
        check_standing(backend, location)
    _check_roots(backend, label, [each.root_sha256 for each in entries if each.root_sha256])
    return backend


def _check_roots(backend: Backend, label: str, roots: Iterable[str]) -> None:
    for each in roots:
        check_root(backend, each, registry=label)


def _configured(settings: Settings, cwd: Path, label: str, location: str) -> list[RegistryEntry]:
    """What the user and the project say of that registry, by its alias or its place."""
    own = label in (LOCAL_LABEL, BUILTIN_LABEL)
    entries = (*settings.registries, *_entries_of_project(settings, cwd)) if not own else ()
    return [each for each in entries if each.name == label or is_one_place(each.location, location)]


def registry_meant(settings: Settings, cwd: Path, wanted: str) -> tuple[str, str]:
    """Label and location of the registry of that alias, directory or address; by default the user's own.

    UsageError E004 if it is none of them, E005 if the project and the user mean different places by it.
    """
    label = wanted or settings.registry or LOCAL_LABEL
    own, of_project = {each.name: each.location for each in settings.registries}, _of_project(settings, cwd)
    if label in own and label in of_project and place_of(own[label]) != place_of(of_project[label]):
        raise UsageError.of("E005", registry=label, user=own[label], project=of_project[label])
    known = {**of_project, **own, LOCAL_LABEL: default_registry(settings), BUILTIN_LABEL: str(packs_directory())}
    location = known.get(label)
    if location is None:
        if not (is_address(label) or "/" in label or "\\" in label or Path(cwd, label).is_dir()):
            raise UsageError.of("E004", registry=label, known=sorted(known))
        location = label if is_address(label) else str(Path(cwd, label))
    return label, location


def _of_project(settings: Settings, cwd: Path) -> dict[str, str]:
    """Alias -> location of every registry that the project around has."""
    return {each.name: each.location for each in _entries_of_project(settings, cwd)}


def _entries_of_project(settings: Settings, cwd: Path) -> list[RegistryEntry]:
    """The registries of the project around, with absolute locations."""
    root = find_project(cwd, home=Path(settings.directories.home))
    if root is None:
        return []
    project = ScopeFiles(the_project_scope(settings, root), settings.limits).project
    return [replace(each, location=_absolute(each.location, root)) for each in project.registries]


def _absolute(location: str, root: Path) -> str:
    return location if is_address(location) else str(Path(root, location))

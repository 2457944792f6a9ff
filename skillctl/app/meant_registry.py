"""The registry that somebody names to write to it, or to ask its server: by an alias, a directory or an address."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.named_twice import place_of
from skillctl.app.registries import default_registry
from skillctl.app.scopes import ScopeFiles, find_project, the_project_scope
from skillctl.core.errors import UsageError
from skillctl.core.project import BUILTIN_LABEL, LOCAL_LABEL
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.bundled import packs_directory
from skillctl_registry.backends import Backend
from skillctl_registry.opening import is_address, open_backend


@dataclass(frozen=True, kw_only=True, slots=True)
class WritableRegistry:
    """A registry that can be published to."""

    label: str
    location: str
    backend: Backend


def writable_registry(settings: Settings, cwd: Path, wanted: str) -> WritableRegistry:
    """The registry that is meant, with its files. UsageError as `registry_meant`; RegistryError E232 to E237 if nothing
    can be published there.
    """
    label, location = registry_meant(settings, cwd, wanted)
    backend = open_backend(location, lock_timeout=settings.lock_timeout)
    return WritableRegistry(label=label, location=location, backend=backend)


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
    root = find_project(cwd, home=Path(settings.directories.home))
    if root is None:
        return {}
    project = ScopeFiles(the_project_scope(settings, root), settings.limits).project
    return {each.name: _absolute(each.location, root) for each in project.registries}


def _absolute(location: str, root: Path) -> str:
    return location if is_address(location) else str(Path(root, location))

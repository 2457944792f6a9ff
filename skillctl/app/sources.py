"""Where the packs of a scope come from: its registries, and places of their own. Opened when somebody asks.

What is in the store needs none of them, so a command that finds everything there loads none of this.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.settings import Settings
from skillctl.install.scope import Scope

if TYPE_CHECKING:
    from skillctl.core.project import ProjectFile
    from skillctl.edges.git import GitCache
    from skillctl.edges.http import Http, Transport
    from skillctl_registry.order import Registries
    from skillctl_registry.sources.origin import Origins


REPOSITORIES = "git"
"""The directory of the cache that has what was fetched of git repositories."""


class Sources:
    """Everything that may be asked for a pack; each is opened at most once."""

    def __init__(
        self, settings: Settings, project: ProjectFile, scope: Scope, *, places: list[Origins] | None = None
    ) -> None:
        self._settings = settings
        self._project = project
        self._scope = scope
        self._registries: Registries | None = None
        self._places: list[Origins] = [] if places is None else places

    def __call__(self) -> Registries:
        """The registries, in order."""
        if self._registries is None:
            from skillctl.app.registries import open_registries

            self._registries = open_registries(self._settings, self._project, self._scope)
        return self._registries

    def check_meanings(self) -> None:
        """Refuse what the project and the user mean differently, though no registry may have to be asked.

        UsageError E005 for an alias, E040 for a scope.
        """
        if self._project.registries and self._settings.registries:
            from skillctl.app.registries import check_meanings

            check_meanings(self._settings, self._project, self._scope)

    def origins(self) -> Origins:
        """Directories, archives and repositories, each read once."""
        if not self._places:
            self._places.append(open_origins(self._settings, self._scope))
        return self._places[0]

    def of(self, project: ProjectFile) -> Sources:
        """The same for what the project is going to be; what was read of other places is known already."""
        return Sources(self._settings, project, self._scope, places=self._places)


def open_origins(settings: Settings, scope: Scope) -> Origins:
    """The places that packs of the scope may come from."""
    from skillctl_registry.oci_logins import OciLogins
    from skillctl_registry.sources.origin import Around, Origins

    opened: list[GitCache] = []

    def git() -> GitCache:
        if not opened:
            from skillctl.edges.git import GitCache as Cache

            root = Path(settings.directories.cache) / REPOSITORIES
            opened.append(Cache(root, offline=settings.offline, limits=settings.limits))
        return opened[0]

    def transport() -> Transport:
        from skillctl.app.network import open_http

        return open_http(settings)

    def oci_http() -> Http:
        from skillctl.app.network import open_bare_http

        return open_bare_http(settings)

    home = Path(settings.directories.home)
    return Origins(
        Around(
            base=Path(scope.files),
            git=git,
            transport=transport,
            oci_http=oci_http,
            oci_login=OciLogins(dict(settings.environment), home),
            offline=settings.offline,
            limits=settings.limits,
        )
    )

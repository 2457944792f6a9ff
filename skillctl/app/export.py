"""`registry export`: a registry as other tools read it, in a directory that a web server or a repository has."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from skillctl.app.listing import registries_around
from skillctl.app.outcome import Outcome
from skillctl.app.view_files import write_view
from skillctl.core.json_value import JsonObject
from skillctl.core.names import normalised_name
from skillctl.core.project import LOCAL_LABEL
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.edges.telling import tell_progress
from skillctl_registry.opening import is_address
from skillctl_registry.views import View
from skillctl_registry.views.gathering import Gathered, gather

Kind = Literal["marketplace", "well-known"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportRequest:
    """What is to be written where, and in which form."""

    registry: str
    """Alias, address or directory; empty for the one of the settings, else the user's own."""
    kind: Kind
    directory: Path
    cwd: Path
    packs: tuple[str, ...] = ()
    """None: all."""
    name: str = ""
    """Of the marketplace; empty: as the registry is called."""
    owner: str = ""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOutcome(Outcome):
    """What is there now."""

    registry: str
    kind: Kind
    directory: str
    packs: tuple[str, ...]
    skills: tuple[str, ...]
    written: tuple[str, ...]
    """Files that are new or other than before."""
    removed: tuple[str, ...]
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        return {
            "registry": self.registry,
            "kind": self.kind,
            "directory": self.directory,
            "packs": list(self.packs),
            "skills": list(self.skills),
            "written": list(self.written),
            "removed": list(self.removed),
            "dry_run": self.dry_run,
        }


def export_registry(settings: Settings, request: ExportRequest) -> ExportOutcome:
    """Write the view, or bring it up to date; a second time nothing changes.

    RegistryError E770 for a name that no marketplace can have, E771 for packs that are not there, E774 for nothing
    to show, E772 and E773 where the directory has files that are not the view's own.
    """
    named = request.registry or settings.registry or LOCAL_LABEL
    if request.kind == "marketplace":
        from skillctl_registry.views.marketplace import check_marketplace_name

        called = check_marketplace_name(request.name or _marketplace_name(named, request.cwd))
    else:
        called = ""
    gathered = _gathered(settings, request, named)
    view = _view(settings, request, gathered, called)
    changes = write_view(
        request.directory,
        view,
        limits=settings.limits,
        lock_timeout=settings.lock_timeout,
        dry_run=request.dry_run,
    )
    return ExportOutcome(
        registry=named,
        kind=request.kind,
        directory=str(request.directory),
        packs=view.packs,
        skills=view.skills,
        written=changes.written,
        removed=changes.removed,
        dry_run=request.dry_run,
        problems=(*gathered.problems, *view.problems),
    )


def _gathered(settings: Settings, request: ExportRequest, named: str) -> Gathered:
    location = named if is_address(named) or "/" not in named else str(Path(request.cwd, named))
    only = replace(settings, registry=location)
    (source,) = registries_around(only, request.cwd).sources
    return gather(
        source,
        request.packs,
        limits=settings.limits,
        progress=lambda done, total: tell_progress("packs", done, total),
    )


def _view(settings: Settings, request: ExportRequest, gathered: Gathered, name: str) -> View:
    if request.kind == "marketplace":
        from skillctl_registry.views.marketplace import marketplace

        return marketplace(gathered.packs, name=name, owner=request.owner)
    from skillctl_registry.views.well_known import well_known

    return well_known(gathered.packs, limits=settings.limits)


def _marketplace_name(registry: str, cwd: Path) -> str:
    """What a marketplace is called if nobody says: as the registry's alias, directory or host."""
    if is_address(registry):
        host = registry.partition("://")[2].partition("/")[0].partition(":")[0]
        return normalised_name(host)
    return normalised_name(Path(cwd, registry).resolve().name)

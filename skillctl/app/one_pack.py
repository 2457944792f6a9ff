"""One release of a pack to look at, wherever it is: installed, in a registry, in a directory or in an archive.

    ./dir   /abs/dir   ~/dir        the directory of a pack, as it would be published
    ./pack.tar.gz                   an archive
    ./dir@pack                      the one of several packs of a directory
    owner/repo@pack                 a repository, or any other place that packs are installed from
    arcgis                          the installed release; where there is none, the latest
    arcgis@1.2.0                    that release
    arcgis@^1.2                     the highest that fits, a yanked one only where nothing else does

Nothing is written, not even into the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skillctl.app.pack_files import stored_from_files, unpacked_files
from skillctl.app.registries import open_registries
from skillctl.app.scopes import ScopeFiles, scope_around
from skillctl.app.trees import open_store
from skillctl.core.errors import ResolveError
from skillctl.core.manifest import MANIFEST_FILE, Manifest
from skillctl.core.project import ProjectFile
from skillctl.core.release import Release
from skillctl.core.settings import Settings
from skillctl.core.source import Request, origin_of_source, parse_request
from skillctl.core.stored import StoredPack
from skillctl.core.value import dataclass, replace
from skillctl.core.versions import is_version
from skillctl_registry.catalog import latest_release
from skillctl_registry.packs import read_manifest

if TYPE_CHECKING:
    from skillctl.core.lockfile import LockedPack
    from skillctl.install.scope import Scope
    from skillctl_registry.order import Registries
    from skillctl_registry.sources import Source
    from skillctl_registry.sources.origin import Offer, Origins

Place = Literal["installed", "registry", "directory", "archive", "repository"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OnePack:
    """A release with its files."""

    place: Place
    where: str
    """The alias of its registry, or the path as it was written; empty for an installed one that no registry has."""
    manifest: Manifest
    files: Mapping[str, bytes]
    """Path -> bytes, the manifest among them."""
    stored: StoredPack
    """What is known of the files."""
    releases: Sequence[Release] = ()
    """Everything that its registry has under the name, ascending."""
    source: Source | None = None
    """The registry."""
    installed: LockedPack | None = None
    """What the scope has of the pack, in whatever version."""
    direct: bool = False
    """Whether the project file asks for it."""

    @property
    def called(self) -> str:
        """Its name and version."""
        return f"{self.stored.name} {self.stored.version}"

    @property
    def release(self) -> Release | None:
        """The line of the registry's index."""
        return next((each for each in self.releases if str(each.version) == self.stored.version), None)


class Lookout:
    """Looks at packs from one place: its project, or else the user's own skills, and the registries of that."""

    def __init__(self, settings: Settings, cwd: Path, *, user: bool = False, registry: str = "") -> None:
        self._settings = settings
        self._cwd = cwd
        self._registry = registry
        self._scope: Scope = scope_around(settings, cwd, user=user)
        self._files = ScopeFiles(self._scope, settings.limits)
        self._registries: Registries | None = None

    def look(self, text: str) -> OnePack:
        """The pack that the text names.

        UsageError E001 if it names none, RegistryError E240 or E241 for a name that nobody has, E252 if nothing is at
        the path, E257 and E258 where nobody can know which pack of it is meant, ResolveError E312 if no release fits.
        """
        request, exact = _request(text)
        return self._at_place(text) if request.name is None else self._named(request, exact)

    def _at_place(self, text: str) -> OnePack:
        """The one pack of a place, which needs no skill.json."""
        from skillctl.app.places import the_offer

        offer = the_offer(text, self._cwd, self._settings.directories.home, self._origins())
        return self._offer(offer, _kind_of_place(offer), text)

    def _offer(self, offer: Offer, place: Place, where: str) -> OnePack:
        from skillctl.app.fetching import stored_offer

        stored = stored_offer(offer, self._settings.limits)
        return OnePack(place=place, where=where, manifest=offer.manifest, files=offer.files, stored=stored)

    def _origins(self) -> Origins:
        from skillctl.app.sources import open_origins

        return open_origins(self._settings, self._scope)

    def _named(self, request: Request, exact: str) -> OnePack:
        name = request.name or ""
        lock = self._files.lock
        locked = lock.packs.get(name) if lock is not None else None
        project = self._files.project if self._files.project_text is not None else ProjectFile()
        wanted = project.packs.get(name)
        if locked is not None and locked.source and not request.constrained:
            offer = self._origins().locked(name, locked.source, locked.tree)
            own = self._offer(offer, "installed", str(origin_of_source(locked.source)))
            return replace(own, installed=locked, direct=wanted is not None)
        source, releases = self._offered(name, project, locked)
        unasked = not request.constrained
        if locked is not None and (unasked or exact == str(locked.version)) and not self._registry:
            files = self._installed_files(name, locked, project)
            place: Place = "installed"
        else:
            release = _chosen(request, exact, releases)
            if source is None or release is None:
                raise _none_fits(request, releases)
            files = {member.path: member.data for member in source.fetch(release).members}
            place = "registry"
        found = self._made(place, source.label if source is not None else "", files)
        return OnePack(
            place=place,
            where=found.where,
            manifest=found.manifest,
            files=files,
            stored=found.stored,
            releases=releases,
            source=source,
            installed=locked,
            direct=wanted is not None,
        )

    def _offered(
        self, name: str, project: ProjectFile, locked: LockedPack | None
    ) -> tuple[Source | None, Sequence[Release]]:
        """Who has the pack, and which releases. RegistryError E240 or E241 if nobody does and nothing is installed."""
        registries = self._opened(project)
        wanted = project.packs.get(name)
        if self._registry:
            pin = self._registry if self._registry in registries.labels() else ""
        else:
            pin = wanted.origin.location if wanted is not None and wanted.origin.kind == "registry" else ""
        asked = registries.for_locked(name, locked, pin=pin) if locked else registries.asked_for(name, pin=pin)
        for source in asked:
            releases = source.releases(name)
            if releases is not None:
                return source, releases
        if locked is None:
            raise registries.unknown(name, pin=pin)
        return None, ()

    def _opened(self, project: ProjectFile) -> Registries:
        if self._registries is None:
            self._registries = open_registries(self._settings, project, self._scope)
        return self._registries

    def _installed_files(self, name: str, locked: LockedPack, project: ProjectFile) -> Mapping[str, bytes]:
        """The files that were locked: those of the store if they are whole, else from whoever has them."""
        store = open_store(self._settings)
        if store.record(locked.tree) is not None:
            files = store.files(locked.tree, self._settings.limits)
            if unpacked_files(files).digest == locked.tree:
                return files
        held = self._opened(project).holder(name, locked)
        return {member.path: member.data for member in held.source.fetch(held.release).members}

    def _made(self, place: Place, where: str, files: Mapping[str, bytes]) -> OnePack:
        limits = self._settings.limits
        stored = stored_from_files(files, called=where or place, limits=limits)
        manifest = read_manifest(files[MANIFEST_FILE], file=MANIFEST_FILE, limits=limits)
        return OnePack(place=place, where=where, manifest=manifest, files=files, stored=stored)


def _request(text: str) -> tuple[Request, str]:
    """What is asked for, and the version if exactly one is: `arcgis@1.2.0` means that one here, and no other."""
    request = parse_request(text)
    written = str(request.wanted.constraint)
    return request, written if request.constrained and is_version(written) else ""


def _kind_of_place(offer: Offer) -> Place:
    if "path" in offer.source:
        return "directory"
    return "archive" if "://" not in str(offer.source.get("archive", "://")) else "repository"


def _chosen(request: Request, exact: str, releases: Sequence[Release]) -> Release | None:
    if exact:
        return next((each for each in releases if str(each.version) == exact), None)
    if not request.constrained:
        return latest_release(releases) or (releases[-1] if releases else None)
    fits = [each for each in releases if request.wanted.constraint.allows(each.version)]
    return next((each for each in reversed(fits) if each.yanked is None), fits[-1] if fits else None)


def _none_fits(request: Request, releases: Sequence[Release]) -> ResolveError:
    shown = ", ".join(str(each.version) for each in releases[-6:])
    advice = "whatever it had was deleted"
    if releases:
        advice = f"`skillctl info {request.name or ''}` shows those there are: {shown}"
    return ResolveError.of("E312", name=request.name or "", requirement=str(request.wanted.constraint), advice=advice)

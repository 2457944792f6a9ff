"""Taking a release out of a registry: out of the choice, and back (yanked), or for good (deleted)."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.blobs import writing_elsewhere
from skillctl.app.meant_registry import open_meant, registry_meant
from skillctl.app.outcome import Outcome
from skillctl.app.rehearsal import RehearsalBackend
from skillctl.app.served import ServedRegistry, served_registry
from skillctl.app.signing import Keys, opened_to_write
from skillctl.core.json_value import JsonObject
from skillctl.core.names import parse_pack_name
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl.core.versions import parse_version
from skillctl.core.web import is_web
from skillctl_registry import publish as registry


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseRequest:
    """Which release, and in which registry."""

    name: str
    version: str
    cwd: Path
    registry: str = ""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class YankRequest(ReleaseRequest):
    """Which release, and why."""

    reason: str = ""
    undo: bool = False
    """Put it back; the reason means nothing then."""
    keys: Keys = field(default_factory=Keys)
    """Of a signed registry that is written directly."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WithdrawnOutcome(Outcome):
    """What became of the release."""

    name: str
    version: str
    registry: str
    already: bool
    """Whether it was so before."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "version": self.version,
            "registry": self.registry,
            "already": self.already,
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class YankOutcome(WithdrawnOutcome):
    """The release as the registry has it now."""

    yanked: str | None
    """The reason, None if it may be chosen."""

    def to_json(self) -> JsonObject:
        return {**WithdrawnOutcome.to_json(self), "yanked": self.yanked}


def yank(settings: Settings, request: YankRequest) -> YankOutcome:
    """Mark the release in a registry, or take the mark back. RegistryError E227 if there is no such release.

    It stays installable from a lock that has it, with a warning, and is not chosen anew.
    """
    name, version = parse_pack_name(request.name), parse_version(request.version)
    reason = None if request.undo else request.reason
    label, location = registry_meant(settings, request.cwd, request.registry)
    if is_web(location):
        served = ServedRegistry(settings, location, label=label)
        taken = served.yank(name, str(version), reason, dry_run=request.dry_run)
        written = registry.Written(release=taken.release, already=taken.already, problems=taken.problems)
    else:
        plain = open_meant(settings, request.cwd, label, location)
        opened = opened_to_write(settings, plain, request.keys)
        backend = RehearsalBackend(opened) if request.dry_run else opened
        elsewhere = writing_elsewhere(settings, dry_run=request.dry_run)
        written = registry.yank(backend, name, version, reason, elsewhere=elsewhere, limits=settings.limits)
    return YankOutcome(
        name=name,
        version=str(version),
        registry=label,
        yanked=written.release.yanked,
        already=written.already,
        dry_run=request.dry_run,
        problems=written.problems,
    )


def delete(settings: Settings, request: ReleaseRequest) -> WithdrawnOutcome:
    """Delete a release and its archive; its name and version stay taken. For administrators.

    RegistryError E227 if there is no such release, E721 without an administrator's token, E731 for a registry without a
    server: there a file is all that stands, and nobody could say that a version was taken.
    """
    name, version = parse_pack_name(request.name), str(parse_version(request.version))
    served = served_registry(settings, request.cwd, request.registry)
    taken = served.delete(name, version, dry_run=request.dry_run)
    return WithdrawnOutcome(
        name=name,
        version=version,
        registry=served.label,
        already=taken.already,
        dry_run=request.dry_run,
        problems=taken.problems,
    )

"""`registry mirror`: a registry's packs, copied for where no network is, or as a second place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from skillctl.app.blobs import reading_elsewhere
from skillctl.app.meant_registry import registry_meant
from skillctl.app.outcome import Outcome
from skillctl.app.registry_entries import root_digest
from skillctl.app.rehearsal import RehearsalBackend
from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import Limits
from skillctl.core.project import RegistryEntry
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.locks import locked_directory
from skillctl.edges.telling import tell_progress
from skillctl_registry.backends import Backend
from skillctl_registry.config import read_config
from skillctl_registry.mirroring import Mirrored, mirror
from skillctl_registry.opening import World, is_one_place, open_backend, open_for_reading, verified
from skillctl_registry.trust.reader import pin_root
from skillctl_registry.verified import VerifiedBackend, first_root

_NOTE = ".mirroring"


@dataclass(frozen=True, kw_only=True, slots=True)
class MirrorRequest:
    """What is to be where."""

    source: str
    """Alias, address or directory."""
    directory: Path
    cwd: Path
    packs: tuple[str, ...] = ()
    """Empty: all."""
    trust: str = ""
    """The root, its digest, file or address, of a signed source that is not among the user's registries."""
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MirrorOutcome(Outcome):
    """What is there now."""

    source: str
    location: str
    done: Mirrored
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        return {
            "source": self.source,
            "location": self.location,
            "id": self.done.id,
            "packs": self.done.packs,
            "releases": self.done.releases,
            "copied": self.done.copied,
            "bytes": self.done.bytes,
            "dry_run": self.dry_run,
        }


def mirror_registry(settings: Settings, request: MirrorRequest) -> MirrorOutcome:
    """Copy the registry, or some packs of it with what they need, into the directory, or bring it up to date there.

    A dry run fetches what a real one would, and so finds what that would find. UsageError E023 for a mirror in the
    registry's own place, E038 for a root that is none, E039 for a signed source whose root nobody gave, E719 for a root
    where nothing is signed, E762 to E764 of `mirror`; InstallError E453 if another run is at the same directory for
    long.
    """
    from skillctl.app.network import open_world

    entry = _entry(settings, request)
    if is_one_place(entry.location, str(request.directory)):
        raise UsageError.of("E023", option="DIR", reason=f"`{request.directory}` is the registry itself")
    world = open_world(settings)
    source = open_for_reading(
        entry.location, label=entry.name, insecure=entry.insecure, world=world, limits=settings.limits
    )
    if request.trust:
        entry = replace(entry, root_sha256=root_digest(settings, request.trust))
    target: Backend = open_backend(str(request.directory), lock_timeout=settings.lock_timeout)
    with nullcontext() if request.dry_run else _alone(settings, request.directory):
        done = mirror(
            source,
            RehearsalBackend(target) if request.dry_run else target,
            verified=_verifying(entry, source, world, settings.limits),
            names=request.packs,
            elsewhere=reading_elsewhere(settings),
            limits=settings.limits,
            progress=lambda done, total: tell_progress("archives", done, total),
        )
    return MirrorOutcome(
        source=entry.location,
        location=str(request.directory),
        done=done,
        dry_run=request.dry_run,
        problems=done.problems,
    )


def _alone(settings: Settings, directory: Path) -> AbstractContextManager[None]:
    """Holds the mirror for a block, so that what two runs want of it is not mixed; InstallError E453 after a while.

    One that is not there yet is not made for it, since nothing is to be left of a run that is refused.
    """
    if not directory.is_dir():
        return nullcontext()
    return locked_directory(directory, note=directory / _NOTE, timeout=settings.lock_timeout, purpose="registry mirror")


def _verifying(
    entry: RegistryEntry, source: Backend, world: World, limits: Limits
) -> Callable[[Backend], VerifiedBackend] | None:
    """What verifies the files of the registry from its pinned root; None for one that is not signed.

    UsageError E039 for a signed one whose root nobody gave, RegistryError E719 for a root where nothing is signed.
    """
    config = read_config(source, limits=limits)
    if config is None or not config.signed:
        if entry.root_sha256:
            raise RegistryError.of("E719", registry=entry.name, reason="it is not signed")
        return None
    if not entry.root_sha256:
        raise UsageError.of("E039", name=entry.name, digest=pin_root(first_root(source) or b"").sha256)
    return lambda backend: verified(backend, entry.location, entry.root_sha256, world, limits=limits)


def _entry(settings: Settings, request: MirrorRequest) -> RegistryEntry:
    """The registry as the user has it configured, or as it was written."""
    label, location = registry_meant(settings, request.cwd, request.source)
    configured = (each for each in settings.registries if each.location.rstrip("/") == location.rstrip("/"))
    return next(configured, RegistryEntry(name=label, location=location))

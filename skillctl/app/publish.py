"""Publishing a pack to a registry: validated, packed, written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.any_plugins import not_heard, plugins_told
from skillctl.app.author_key import author_key
from skillctl.app.blobs import writing_elsewhere
from skillctl.app.guarding import new_phase_id
from skillctl.app.meant_registry import open_meant, registry_meant
from skillctl.app.outcome import Outcome
from skillctl.app.pack import read_pack
from skillctl.app.rehearsal import RehearsalBackend
from skillctl.app.signing import Keys, opened_to_write
from skillctl.app.validate import refuse_faulty
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.effects import Phase, Publish, guarded
from skillctl.core.errors import RegistryError
from skillctl.core.json_value import JsonObject
from skillctl.core.release import Release
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl.core.web import host_of, is_web, masked
from skillctl.edges import clock
from skillctl_plugins.guards import guard_notes, standard_guards
from skillctl_registry import publish as registry
from skillctl_registry.authors import short, signed_by, with_signature
from skillctl_registry.backends import Backend

if TYPE_CHECKING:
    from skillctl.app.clean_room import Trial


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishRequest:
    """Which pack, and where to."""

    directory: Path
    cwd: Path
    """Where a relative registry counts from, and whose project is asked for aliases."""
    registry: str = ""
    """Alias or directory; empty: the user's default registry, which is made if it is not there."""
    keys: Keys = field(default_factory=Keys)
    """Of a signed registry that is published to directly."""
    sign: bool = False
    """With the author's key."""
    author_key: str = ""
    """Its file, or `keyring`; empty: the user's own, which is made when it is needed first."""
    dry_run: bool = False
    test: bool = False
    """Whether the pack is tried in a clean room first."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Variables for what the trial starts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishOutcome(Outcome):
    """The release as it stands in the registry."""

    name: str
    version: str
    registry: str
    location: str
    tree: str
    sha256: str
    size: int
    files: int
    already: bool
    """Whether the same release was there before, so that nothing was written."""
    dry_run: bool
    tested: Trial | None = None
    """How the clean room went; None: it was left out."""
    signed_by: tuple[str, ...] = ()
    """Ids of the authors' keys."""

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "version": self.version,
            "registry": self.registry,
            "location": self.location,
            "tree": self.tree,
            "sha256": self.sha256,
            "size": self.size,
            "files": self.files,
            "already": self.already,
            "dry_run": self.dry_run,
            "signed_by": list(self.signed_by),
            "tested": self.tested.to_json() if self.tested else None,
        }


def publish(settings: Settings, request: PublishRequest, *, now: str) -> PublishOutcome:
    """Publish the pack in a directory. `now` is RFC 3339.

    Refused if validation finds an error (its problems are raised together), or if the version is already published
    with other files (RegistryError E226). The same files again are no error.
    """
    tree = read_pack(request.directory, settings.limits)
    warnings = refuse_faulty(tree.files, tree.directory, settings.limits)
    label, location = registry_meant(settings, request.cwd, request.registry)
    write = (
        _to_server(settings, location, label)
        if is_web(location)
        else _to_files(settings, request, open_meant(settings, request.cwd, label, location), now=now)
    )
    trial = _tried(settings, request) if request.test else None
    release = _signed(settings, request, tree.release)
    with told_publish(settings, request, release, label) as heard:
        written = write(tree.files, release, request.dry_run)
    return PublishOutcome(
        name=written.release.name,
        version=str(written.release.version),
        registry=label,
        location=location,
        tree=written.release.tree,
        sha256=written.release.archive,
        size=written.release.size,
        files=len(tree.files),
        already=written.already,
        dry_run=request.dry_run,
        tested=trial,
        signed_by=signed_by(written.release).keyids,
        problems=(
            *warnings,
            *(trial.problems if trial else ()),
            *written.problems,
            *(_unsigned_still(written.release, release) if request.sign and written.already else ()),
            *heard,
            *guard_notes(settings),
        ),
    )


_Write = Callable[[Mapping[str, bytes], Release, bool], registry.Written]
"""Publishes these files as that release, or only tries to, where the last says so."""


def _to_files(settings: Settings, request: PublishRequest, plain: Backend, *, now: str) -> _Write:
    """Publishing into the files of a registry."""

    def write(files: Mapping[str, bytes], release: Release, dry_run: bool) -> registry.Written:
        opened = opened_to_write(settings, plain, request.keys)
        backend = RehearsalBackend(opened) if dry_run else opened
        elsewhere = writing_elsewhere(settings, dry_run=dry_run)
        return registry.publish(backend, files, release, now=now, elsewhere=elsewhere, limits=settings.limits)

    return write


def _to_server(settings: Settings, location: str, label: str) -> _Write:
    """Publishing by a registry's server. RegistryError E298 if there is none."""
    from skillctl.app.served import ServedRegistry
    from skillctl.archive.writer import write_archive

    served = ServedRegistry(settings, location, label=label)

    def write(files: Mapping[str, bytes], release: Release, dry_run: bool) -> registry.Written:
        archive = write_archive(files, pack=f"{release.name} {release.version}", limits=settings.limits)
        taken = served.publish(archive, release.signatures, dry_run=dry_run)
        found = taken.release
        if (found.name, found.version, found.tree) != (release.name, release.version, release.tree):
            raise RegistryError.of("E728", host=host_of(location), url=masked(location))
        return registry.Written(release=found, already=taken.already, problems=taken.problems)

    return write


def _signed(settings: Settings, request: PublishRequest, release: Release) -> Release:
    """The release signed by its author, if that is wished. A dry run makes no key."""
    if not request.sign:
        return release
    key = author_key(settings, request.author_key, passphrase=request.keys.passphrase, make=not request.dry_run)
    return release if key is None else with_signature(release, key)


def _unsigned_still(standing: Release, wished: Release) -> tuple[Problem, ...]:
    """A warning if the release that was there before does not bear the signature that was wished for now."""
    there = signed_by(standing).keyids
    if {*signed_by(wished).keyids} & {*there}:
        return ()
    signers = f"it is signed by {', '.join(map(short, there))}" if there else "nobody has signed it"
    return (problem("W710", name=standing.name, version=str(standing.version), signers=signers),)


def _tried(settings: Settings, request: PublishRequest) -> Trial:
    from skillctl.app.clean_room import refuse_failing, registry_of_dependencies

    registry = registry_of_dependencies(settings, request.cwd, request.registry)
    return refuse_failing(settings, request.directory, registry, request.environ)


@contextmanager
def told_publish(
    settings: Settings, request: PublishRequest, release: Release, registry: str
) -> Iterator[list[Problem]]:
    """Run the body between the questions to plugins and guards, and the word to them. PluginError for a no.

    A dry run is nobody's business. What plugins failed at afterwards stands in the list when the block is over.
    """
    problems: list[Problem] = []
    if request.dry_run:
        yield problems
        return
    facts = {"pack": release.name, "version": str(release.version), "tree": release.tree, "registry": registry}
    effect = Publish(pack=release.name, version=str(release.version), tree=release.tree, registry=registry)
    phase = Phase(id=new_phase_id(), name="publish", project=str(request.directory), effects=(effect,))
    with plugins_told(settings, request.cwd) as plugins:
        problems += not_heard(plugins)
        if plugins is not None:
            plugins.fire("pre_publish", **facts)
        with guarded(standard_guards(settings, clock=clock.now), phase) as unrecorded:
            yield problems
        problems += unrecorded
        if plugins is not None:
            problems += plugins.fire("post_publish", **facts).problems

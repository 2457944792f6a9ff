"""The index and the catalog of a registry, made again of the rest, or compared with it.

What the rest is depends on the registry. Behind a server it is the database, which decides what is published: all but
the archives can be made of it, and compared with it without a key. Without one, lost index files are made of the
archives, and in a signed registry nothing but the catalog is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.app.blobs import writing_elsewhere
from skillctl.app.meant_registry import WritableRegistry, registry_meant, writable_registry
from skillctl.app.outcome import Outcome
from skillctl.app.rehearsal import RehearsalBackend
from skillctl.app.serve import default_storage, server_parts
from skillctl.app.server_place import is_served, places_of
from skillctl.app.signing import Keys, opened_to_write
from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, field
from skillctl_registry.opening import open_backend
from skillctl_registry.signing.rebuilding import rebuild
from skillctl_registry.trust.files import METADATA


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexRequest:
    """Which registry, and what it is made of."""

    registry: str
    """Alias, directory or object store; empty: the user's default one, or with a database the server's own files."""
    cwd: Path
    database: str = ""
    """SQLAlchemy's URL; empty: the one beside the files, if a server stands before them."""
    keys: Keys = field(default_factory=Keys)
    """Of a signed registry; of a served one, as `registry serve` takes them."""
    check: bool = False
    """Compare, and change nothing."""
    dry_run: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexOutcome(Outcome):
    """What was made again."""

    registry: str
    packs: int
    rebuilt: tuple[str, ...]
    """Packs whose index file was not what it should be."""
    signed: bool = False
    """Whether the signed files of a served registry were not to be believed as a whole, and so were all made again."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "registry": self.registry,
            "packs": self.packs,
            "rebuilt": list(self.rebuilt),
            "signed": self.signed,
            "dry_run": self.dry_run,
        }


def rebuild_index(settings: Settings, request: IndexRequest, *, now: str) -> IndexOutcome:
    """Make the index again as far as that can be done, or only compare: each difference is an error (E749) then.

    UsageError E022 for a served registry whose database is not named; RegistryError E732, E733 and E748 if the database
    can't be used, or is of another registry.
    """
    wanted = request.registry or (default_storage(settings) if request.database else "")
    label, location = registry_meant(settings, request.cwd, wanted)
    backend = open_backend(location, lock_timeout=settings.lock_timeout)
    target = WritableRegistry(label=label, location=location, backend=backend)
    if request.database or is_served(settings, target):
        return _of_database(settings, request, target)  # that knows which registry it is of, if its files are all lost
    return _of_archives(settings, request, writable_registry(settings, request.cwd, wanted), now=now)


def _of_database(settings: Settings, request: IndexRequest, target: WritableRegistry) -> IndexOutcome:
    from skillctl_registry.server.agreement import known_registry

    places = places_of(
        target, command="registry index", database=request.database, keys=request.keys, environ=request.environ
    )
    with known_registry(server_parts(settings, places)) as known:
        if not request.check:
            known.check_keys()
        found = known.differences()
        unnamed = () if request.check or request.dry_run else known.rebuild()
        names = tuple(each.name for each in found if each.name)
        told = [_different(target, each.file, each.what) for each in found] if request.check else []
        return IndexOutcome(
            registry=target.label,
            packs=known.packs(),
            rebuilt=names,
            signed=any(each.file == METADATA for each in found),
            dry_run=request.dry_run or request.check,
            problems=(*told, *unnamed),
        )


def _of_archives(settings: Settings, request: IndexRequest, target: WritableRegistry, *, now: str) -> IndexOutcome:
    opened = opened_to_write(settings, target.backend, request.keys)
    rehearsed = RehearsalBackend(opened) if request.dry_run or request.check else None
    done = rebuild(
        rehearsed or opened,
        signed=opened is not target.backend,
        now=now,
        elsewhere=writing_elsewhere(settings, dry_run=rehearsed is not None),
        limits=settings.limits,
    )
    problems = done.problems
    if request.check and rehearsed is not None:
        problems = tuple(_different(target, key, "it would be made otherwise") for key in rehearsed.changed)
    return IndexOutcome(
        registry=target.label,
        packs=done.packs,
        rebuilt=done.rebuilt,
        dry_run=rehearsed is not None,
        problems=problems,
    )


def _different(target: WritableRegistry, file: str, what: str) -> Problem:
    place = Place(file=f"{target.backend.label}/{file}")
    return problem("E749", place=place, file=file, registry=target.label, what=what)

"""Taking away what nothing refers to any more, in a signed or an unsigned registry.

Publishes that were interrupted leave files behind, and every commit leaves the old snapshot, bin and index file to
those who are reading just then. What stays:

- whatever was written within the grace time: somebody may be about to refer to it, or still reading it;
- what the state of now refers to, and every state that was the registry's within the grace time. A snapshot was that
  until the next one was written, so these are the snapshots of the grace time and the one before them;
- archives of releases that a server's database has decided on and nobody has signed yet;
- every root, since clients follow them one by one; config.json and the catalog;
- archives that lie elsewhere: an OCI registry has rules of its own for what it keeps.

A file that is published again is written anew, and so is young. Its age is looked at once more when it goes, under the
lock that writers hold.

What is lost can't tell what it referred to, so nothing goes where the state of now is not whole: the archives that are
left are what it can be mended with. A state before it tells as much as is left of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl_registry.backends import Backend
from skillctl_registry.catalog import lost_packs
from skillctl_registry.config import CONFIG
from skillctl_registry.index import INDEX, blob_path, name_in_path, parse_index
from skillctl_registry.mirror_scope import mirrored_packs
from skillctl_registry.trust.files import (
    MAX_TARGETS_BYTES,
    METADATA,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    metadata_key,
    target_key,
)
from skillctl_registry.verified import own_view

if TYPE_CHECKING:
    from tuf.api.metadata import Snapshot, TargetFile, Targets

    from skillctl_registry.verified import VerifiedBackend

    T = TypeVar("T", Snapshot, Targets)

_TOLD = 5  # lost packs
BLOBS = "blobs/"
GRACE_SECONDS = 24 * 3600


@runtime_checkable
class Tidy(Backend, Protocol):
    """A backend that can say how old a file is, and take it away."""

    def written(self, key: str) -> float | None:
        """When the file was written, in seconds since 1970; None if it is not there."""

    def remove_older(self, key: str, than: float) -> bool:
        """Take the file away if it was written before that time; whether it is gone. Nobody writes it meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tidied:
    """What nothing refers to."""

    keys: tuple[str, ...]
    kept: int
    """Files that nothing refers to and that are too young to go."""


def tidy(
    backend: Tidy,
    *,
    signed: bool,
    now: float,
    grace: float = GRACE_SECONDS,
    decided: Collection[str] = (),
    dry_run: bool = False,
    limits: Limits = LIMITS,
) -> Tidied:
    """Take away what nothing refers to and nobody has written within the grace time, in seconds.

    `decided` are the keys of archives that will be referred to, however old they are.

    RegistryError E700 to E708 if a signed registry is not whole, E719 if one is to be tidied as if it were not signed,
    E789 if index files of an unsigned one are lost.
    """
    before = now - grace
    needed = set(_needed_by_signed(backend, before, limits) if signed else _needed_by_unsigned(backend, limits))
    needed.update(decided)
    loose = [key for prefix in _prefixes(signed) for key in backend.list(prefix) if key not in needed]
    old = [key for key in loose if (when := backend.written(key)) is not None and when < before]
    gone = old if dry_run else [key for key in old if backend.remove_older(key, before)]
    return Tidied(keys=tuple(gone), kept=len(loose) - len(old))


def _prefixes(signed: bool) -> tuple[str, ...]:
    return (METADATA, INDEX, BLOBS) if signed else (BLOBS,)


def _needed_by_unsigned(backend: Backend, limits: Limits) -> Iterator[str]:
    """The keys that some index file refers to."""
    if next(iter(backend.list(METADATA)), None) is not None:
        reason = f"it has signed files, and its {CONFIG} doesn't say that it is signed"
        raise RegistryError.of("E719", registry=backend.label, reason=reason)
    lost = lost_packs(backend, limits=limits)
    if lost:
        raise RegistryError.of("E789", registry=backend.label, count=len(lost), packs=lost[:_TOLD])
    for key in backend.list(INDEX):
        yield key
        yield from _archives_of(backend, key, key, limits)


def _needed_by_signed(backend: Tidy, before: float, limits: Limits) -> Iterator[str]:
    """The keys that the state of now refers to, or one of the grace time."""
    yield metadata_key(TIMESTAMP)
    yield from (key for key in backend.list(METADATA) if key.endswith(f".{ROOT}.json"))
    view = own_view(backend, limits=limits)
    trusted = view.reader.trusted
    roles = {metadata_key(role, trusted.file_of(role)) for role in (TARGETS, *view.reader.bins())}
    indexes = set(_indexes(view.reader.targets()))
    yield from _archives_now(backend, view, limits)
    for snapshot in _states(backend, before, trusted.snapshot.version):
        yield metadata_key(SNAPSHOT, snapshot.version)
        named = {metadata_key(name.removesuffix(".json"), meta.version) for name, meta in snapshot.meta.items()}
        older = {each for role in named - roles for each in _targets(backend, role)} - indexes
        for path, key in older:
            yield from _archives_of(backend, path, key, limits)
        roles |= named
        indexes |= older
    yield from roles
    yield from (key for _, key in indexes)


def _archives_now(backend: Backend, view: VerifiedBackend, limits: Limits) -> Iterator[str]:
    """The archives of the state of now. RegistryError E705 or E706 if an index file is not there, or not whole."""
    mirrored = mirrored_packs(backend, limits=limits)
    targets = view.reader.targets()
    for path, key in _indexes(targets):
        data = backend.get(key, max_bytes=limits.index_bytes)
        if data is not None:
            view.reader.check(targets[path], data)
            yield from _archives(data, path, f"{backend.label}/{key}", limits)
        elif mirrored is None or name_in_path(path) in mirrored:
            raise RegistryError.of("E705", place=Place(file=f"{backend.label}/{key}"), registry=backend.label, file=key)


def _states(backend: Tidy, before: float, current: int) -> Iterator[Snapshot]:
    """The snapshots of the grace time, and the one before them."""
    from tuf.api.metadata import Snapshot

    numbered = sorted((number, key) for key in backend.list(METADATA) if (number := _snapshot_number(key)))
    older = [number for number, key in numbered if (backend.written(key) or 0) < before]
    first = min(max(older, default=0), current)
    for number, key in numbered:
        found = _signed(Snapshot, backend, key, SNAPSHOT) if number >= first else None
        if found is not None:
            yield found


def _snapshot_number(key: str) -> int:
    number, dot, rest = key.removeprefix(METADATA).partition(".")
    return int(number) if dot and rest == f"{SNAPSHOT}.json" and number.isdecimal() else 0


def _targets(backend: Backend, key: str) -> Iterator[tuple[str, str]]:
    """Path and key of each index file of a role."""
    from tuf.api.metadata import Targets

    found = _signed(Targets, backend, key, TARGETS)
    return _indexes(found.targets if found is not None else {})


def _indexes(targets: Mapping[str, TargetFile]) -> Iterator[tuple[str, str]]:
    """Path and key of each index file among them."""
    for path, target in targets.items():
        if path.startswith(INDEX):
            yield path, target_key(path, target.hashes.get("sha256", ""))


def _signed(kind: type[T], backend: Backend, key: str, role: str) -> T | None:
    """What a file of metadata says, whoever signed it; None if it is not there."""
    from tuf.api.exceptions import RepositoryError
    from tuf.api.metadata import Metadata

    data = backend.get(key, max_bytes=MAX_TARGETS_BYTES)
    if data is None:
        return None
    try:
        signed = Metadata[kind].from_bytes(data).signed  # type: ignore[valid-type]
    except (RepositoryError, ValueError):
        signed = None
    if not isinstance(signed, kind):
        place, reason = Place(file=f"{backend.label}/{key}"), "it is no signed metadata of that kind"
        raise RegistryError.of("E700", place=place, role=role, registry=backend.label, reason=reason)
    return signed


def _archives_of(backend: Backend, path: str, key: str, limits: Limits) -> Iterator[str]:
    """The archives of an index file, as far as it is there."""
    data = backend.get(key, max_bytes=limits.index_bytes)
    if data is not None:
        yield from _archives(data, path, f"{backend.label}/{key}", limits)


def _archives(data: bytes, path: str, file: str, limits: Limits) -> Iterator[str]:
    """The archives of an index file; of lines for newer readers too, which have the same member."""
    name = name_in_path(path)
    if name is None:
        return
    index = parse_index(data, name=name, file=file, limits=limits)
    yield from (blob_path(release.archive) for release in index.releases)
    if index.skipped:
        yield from _archives_of_newer(data)


def _archives_of_newer(data: bytes) -> Iterator[str]:
    from skillctl.formats.json_text import load_json

    for line in data.splitlines():
        try:
            value = load_json(line, file=INDEX, max_bytes=len(line), max_depth=LIMITS.json_depth)
            archive = value.get("archive") if isinstance(value, dict) else None
            if isinstance(archive, str):
                yield blob_path(archive)
        except (ManifestError, RegistryError):
            continue

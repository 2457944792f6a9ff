"""Taking away what nothing refers to any more, in a signed or an unsigned registry.

Publishes that were interrupted leave files behind, and every commit leaves the old snapshot, bin and index file to
those who are reading just then. What stays:

- whatever was written within the grace time: somebody may be about to refer to it, or still reading it;
- what the state of now refers to, and every state that was the registry's within the grace time. A snapshot was that
  until the next one was written, so these are the snapshots of the grace time and the one before them;
- every root, since clients follow them one by one; config.json and the catalog;
- archives that lie elsewhere: an OCI registry has rules of its own for what it keeps.

A file that is published again is written anew, and so is young. Its age is looked at once more when it goes, under the
lock that writers hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl_registry.backends import Backend
from skillctl_registry.index import INDEX, blob_path, name_in_path, parse_index
from skillctl_registry.trust.files import (
    MAX_TARGETS_BYTES,
    METADATA,
    ROOT,
    SNAPSHOT,
    TIMESTAMP,
    metadata_key,
    target_key,
)

if TYPE_CHECKING:
    from tuf.api.metadata import Snapshot

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
    dry_run: bool = False,
    limits: Limits = LIMITS,
) -> Tidied:
    """Take away what nothing refers to and nobody has written within the grace time, in seconds."""
    before = now - grace
    states = list(_states(backend, before)) if signed else []
    needed = set(_needed(backend, states, signed=signed, limits=limits))
    loose = [key for prefix in _prefixes(signed) for key in backend.list(prefix) if key not in needed]
    old = [key for key in loose if (when := backend.written(key)) is not None and when < before]
    gone = old if dry_run else [key for key in old if backend.remove_older(key, before)]
    return Tidied(keys=tuple(gone), kept=len(loose) - len(old))


def _prefixes(signed: bool) -> tuple[str, ...]:
    return (METADATA, INDEX, BLOBS) if signed else (BLOBS,)


def _states(backend: Tidy, before: float) -> Iterator[Snapshot]:
    """The snapshots of the grace time, and the one before them."""
    numbered = sorted((number, key) for key in backend.list(METADATA) if (number := _snapshot_number(key)))
    current = _current_snapshot(backend)
    older = [number for number, key in numbered if (backend.written(key) or 0) < before]
    first = min(max(older, default=0), current)
    for number, key in numbered:
        if number >= first:
            data = backend.get(key, max_bytes=MAX_TARGETS_BYTES)
            if data is not None:
                yield _snapshot(data, key)


def _current_snapshot(backend: Backend) -> int:
    from tuf.api.metadata import Metadata, Timestamp

    data = backend.get(metadata_key(TIMESTAMP), max_bytes=MAX_TARGETS_BYTES)
    if data is None:
        raise RegistryError.of("E705", registry=backend.label, file=metadata_key(TIMESTAMP))
    return Metadata[Timestamp].from_bytes(data).signed.snapshot_meta.version


def _snapshot(data: bytes, key: str) -> Snapshot:
    from tuf.api.exceptions import RepositoryError
    from tuf.api.metadata import Metadata, Snapshot

    try:
        found = Metadata[Snapshot].from_bytes(data).signed
    except RepositoryError as error:
        raise RegistryError.of("E700", role=SNAPSHOT, registry=key, reason="it is no signed metadata") from error
    if not isinstance(found, Snapshot):
        raise RegistryError.of("E700", role=SNAPSHOT, registry=key, reason=f"it is a {found.type}")
    return found


def _snapshot_number(key: str) -> int:
    number, dot, rest = key.removeprefix(METADATA).partition(".")
    return int(number) if dot and rest == f"{SNAPSHOT}.json" and number.isdecimal() else 0


def _needed(backend: Backend, states: Iterable[Snapshot], *, signed: bool, limits: Limits) -> Iterator[str]:
    """The keys that some state refers to."""
    indexes: set[tuple[str, str]] = set()
    if signed:
        yield metadata_key(TIMESTAMP)
        yield from (key for key in backend.list(METADATA) if key.endswith(f".{ROOT}.json"))
        roles = set()
        for snapshot in states:
            yield metadata_key(SNAPSHOT, snapshot.version)
            roles |= {(name.removesuffix(".json"), meta.version) for name, meta in snapshot.meta.items()}
        for role, version in roles:
            yield metadata_key(role, version)
            indexes |= set(_targets(backend, metadata_key(role, version)))
    else:
        indexes = {(key, key) for key in backend.list(INDEX)}
    for path, key in indexes:
        yield key
        yield from _blobs(backend, path, key, limits)


def _targets(backend: Backend, key: str) -> Iterator[tuple[str, str]]:
    """Path and key of each index file of a role."""
    from tuf.api.metadata import Metadata, Targets

    data = backend.get(key, max_bytes=MAX_TARGETS_BYTES)
    targets = Metadata[Targets].from_bytes(data).signed.targets if data is not None else {}
    for path, target in targets.items():
        if path.startswith(INDEX):
            yield path, target_key(path, target.hashes.get("sha256", ""))


def _blobs(backend: Backend, path: str, key: str, limits: Limits) -> Iterator[str]:
    """The blobs of an index file; of lines for newer readers too, which have the same member."""
    data, name = backend.get(key, max_bytes=limits.index_bytes), name_in_path(path)
    if data is None or name is None:
        return
    index = parse_index(data, name=name, file=f"{backend.label}/{key}", limits=limits)
    yield from (blob_path(release.archive) for release in index.releases)
    if index.skipped:
        yield from _blobs_of_newer(data)


def _blobs_of_newer(data: bytes) -> Iterator[str]:
    from skillctl.formats.json_text import load_json

    for line in data.splitlines():
        try:
            value = load_json(line, file=INDEX, max_bytes=len(line), max_depth=LIMITS.json_depth)
            archive = value.get("archive") if isinstance(value, dict) else None
            if isinstance(archive, str):
                yield blob_path(archive)
        except (ManifestError, RegistryError):
            continue

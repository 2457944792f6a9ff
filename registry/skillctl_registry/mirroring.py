"""A mirror: another registry's files, copied as they are, with its id and its signatures.

Who has a lock of the one installs from the other, and pins the same root. So nothing is made here: index files and
signed metadata are taken byte for byte, and archives by their digest.

The order is that of a publish, for the same reason: archives first, then the index files under their digest, the
numbered metadata, and in the end what makes them count: timestamp.json where the registry is signed, else each index
file by itself. A mirroring that was stopped leaves the mirror as it was or further on, and is simply begun again: what
is there already is not fetched, only looked at, and written anew if the mirror does not refer to it yet. Of two at
once, none puts an older state of a signed registry in place of the newer one.

A mirror of some packs has theirs and those that they need, in all their releases; `mirror.json` says which, since the
signed metadata still names all the others. A mirror has its archives beside the index, wherever those of the registry
lie: config.json is a copy, so mirror.json says that too. By the same file a mirror of a served registry is known not to
be the server's own files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.value import dataclass
from skillctl_registry.at_once import at_once
from skillctl_registry.backends import Backend
from skillctl_registry.backends.forwarding import Forwarding
from skillctl_registry.backends.lasting import put_lasting, put_missing
from skillctl_registry.blobs import Blobs, OpenBlobs, nowhere
from skillctl_registry.blobs.beside import BlobsBeside, blobs_of
from skillctl_registry.catalog import parse_shard, shard_path, with_entries
from skillctl_registry.config import CONFIG, read_config
from skillctl_registry.index import INDEX, blob_path, index_path
from skillctl_registry.mirror_scope import MIRROR, MirrorFacts, is_mirror, mirror_to_bytes, mirrored_packs
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.files import (
    MAX_TARGETS_BYTES,
    METADATA,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    max_bytes,
    metadata_key,
    metadata_name,
    target_key,
)
from skillctl_registry.trust.trusted import Trusted
from skillctl_registry.verified import BEFORE_ALL, own_view

if TYPE_CHECKING:
    from skillctl_registry.verified import VerifiedBackend

_ATTEMPTS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Mirrored:
    """What a mirroring came to."""

    id: str
    packs: int
    """Those that have a release."""
    releases: int
    copied: int
    """Archives that were not there yet."""
    bytes: int
    """Of those."""
    problems: tuple[Problem, ...] = ()


def mirror(
    source: Backend,
    target: Backend,
    *,
    verified: Callable[[Backend], VerifiedBackend] | None = None,
    names: Collection[str] = (),
    elsewhere: OpenBlobs = nowhere,
    limits: Limits = LIMITS,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Mirrored:
    """Bring the target up to the source: all of it, or these packs and what they need.

    `source` has the files as they are; `verified` makes its verified side, None: it is not signed. `elsewhere` opens
    the place of the source's archives, if they do not lie beside its index. `progress` is told how many archives are
    there, and of how many. What the target has already is brought up to date with the rest.

    RegistryError E762 if the target is another registry, E763 if a pack is not there, E764 if an archive is missing or
    damaged; E700 to E708 if a signed source is not to be believed, or has not all of what was signed.
    """
    source = _OneState(source)
    view = verified(source) if verified is not None else None
    config = read_config(view or source, limits=limits)
    if config is None:
        raise RegistryError.of("E232", location=source.label, reason="there is no config.json")
    packs = RegistrySource(view or source, label=source.label, limits=limits)
    begin = _packs_to_begin_with(config.id, names, source, target, limits)
    wanted = _with_needs(packs, begin) if begin else sorted(packs.names())
    releases = _releases(packs, wanted)
    if view is not None:
        _check_as_it_lies(source, view, limits)
    settled = _settled(target, wanted, signed=view is not None, limits=limits)
    facts = MirrorFacts(packs=frozenset(wanted) if begin else None, blobs_here=config.blobs != "")
    if config.api or facts != MirrorFacts() or is_mirror(target, limits=limits):
        _replace(target, MIRROR, mirror_to_bytes(facts), limits.index_bytes)
    _copy(view or source, target, CONFIG, limits.manifest_bytes)
    blobs = blobs_of(source, elsewhere, config=config, limits=limits)
    archives = _Archives(blobs, target, source.label, settled=settled, limits=limits)
    copied = archives.bring(releases, progress)
    if view is None:
        _copy_unsigned(source, target, wanted, limits)
    if view is None or _copy_signed(source, view, target, wanted, settled, limits):
        _copy_catalog(source, target, wanted, limits)
    return Mirrored(
        id=config.id,
        packs=len({each.name for each in releases}),
        releases=len(releases),
        copied=len(copied),
        bytes=sum(copied),
        problems=tuple(packs.problems()),
    )


class _OneState(Forwarding):
    """A backend whose index and metadata give the same bytes each time, whatever is published while they are copied."""

    def __init__(self, real: Backend) -> None:
        super().__init__(real)
        self._seen: dict[str, bytes | None] = {}

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        if not key.startswith((METADATA, INDEX)):
            return self._real.get(key, max_bytes=max_bytes)
        if key not in self._seen:
            self._seen[key] = self._real.get(key, max_bytes=max_bytes)
        return self._seen[key]

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        self._real.prefetch([key for key in keys if key not in self._seen], max_bytes=max_bytes, then=then)


def _packs_to_begin_with(
    registry_id: str, names: Collection[str], source: Backend, target: Backend, limits: Limits
) -> frozenset[str]:
    """The packs that are asked for; empty for all. What the target has is among them: signatures are of a state."""
    there = read_config(target, limits=limits)
    if there is None:
        return frozenset(names)
    if there.id != registry_id:
        raise RegistryError.of("E762", registry=target.label, found=there.id, source=source.label, id=registry_id)
    known = mirrored_packs(target, limits=limits)
    return frozenset() if known is None or not names else known | {*names}


def _with_needs(packs: RegistrySource, names: Iterable[str]) -> list[str]:
    """The names and all that any of their releases needs, directly or not, as far as this registry has it."""
    found: set[str] = set()
    waiting = {*names}
    unknown: list[str] = []
    while waiting:
        packs.prefetch(waiting)
        needed: set[str] = set()
        for name in sorted(waiting):
            releases = packs.releases(name)
            if releases is not None:
                found.add(name)
                needed |= {other for each in releases for other in each.dependencies}
            elif name in names:
                unknown.append(name)
            else:
                found.add(name)  # another registry's; looked for once
        waiting = needed - found
    if unknown:
        raise RegistryError.of("E763", registry=packs.label, names=unknown)
    return sorted(name for name in found if packs.releases(name) is not None)


def _releases(packs: RegistrySource, names: Collection[str]) -> list[Release]:
    packs.prefetch(names)
    return [release for name in names for release in packs.releases(name) or ()]


def _settled(target: Backend, names: Iterable[str], *, signed: bool, limits: Limits) -> frozenset[str]:
    """The keys that the target refers to as it stands, for these packs: `registry gc` leaves such files alone.

    What a run that was stopped has left is none of them, and may be old: a tidier would take it away before this run
    refers to it. Where the target is damaged, what can't be read refers to nothing.
    """
    found: set[str] = set()
    with suppress(SkillctlError):
        view = own_view(target, limits=limits) if signed else None
        packs = RegistrySource(view or target, label=target.label, limits=limits)
        if view is not None:
            trusted = view.reader.trusted
            found |= {metadata_key(role, trusted.file_of(role)) for role in (TARGETS, *view.reader.bins(), SNAPSHOT)}
            found |= {metadata_key(ROOT, version) for version in range(1, trusted.root.version + 1)}
        for name in names:
            with suppress(SkillctlError):
                found |= {blob_path(each.archive) for each in packs.releases(name) or ()}
                signed_file = view.reader.find(index_path(name)) if view is not None else None
                if signed_file is not None:
                    found.add(target_key(index_path(name), signed_file.hashes["sha256"]))
    return frozenset(found)


class _Archives:
    """The archives of a registry, on their way to its mirror."""

    def __init__(
        self, source: Blobs, target: Backend, registry: str, *, settled: Collection[str], limits: Limits
    ) -> None:
        self._source = source
        self._settled = settled
        self._here = BlobsBeside(target, limits=limits)
        self._registry = registry

    def bring(self, releases: Iterable[Release], progress: Callable[[int, int], None]) -> list[int]:
        """Fetch what the target does not have, or has damaged; the sizes of what was fetched."""
        by_digest = {each.archive: each for each in releases}
        wanted = [by_digest[digest] for digest in sorted(by_digest)]
        copied: list[int] = []
        with at_once(self._brought, wanted) as brought:
            for done, size in enumerate(brought, start=1):
                progress(done, len(wanted))
                copied += [] if size is None else [size]
        return copied

    def _brought(self, release: Release) -> int | None:
        """The size of the archive that was fetched; None if it is there. RegistryError E764 if it can't be had."""
        there = self._here.get(release)
        if there is not None and sha256_digest(there) == release.archive:
            if blob_path(release.archive) not in self._settled:
                self._here.put(release, there)  # young again, so that a tidier leaves it alone
            return None
        data = self._source.get(release)
        if data is None or sha256_digest(data) != release.archive:
            raise RegistryError.of(
                "E764",
                place=Place(file=self._source.place(release)),
                release=f"{release.name} {release.version}",
                registry=self._registry,
                reason="it is not there" if data is None else "its bytes are not those of the index",
            )
        self._here.put(release, data)
        return len(data)


def _copy_unsigned(source: _OneState, target: Backend, wanted: Iterable[str], limits: Limits) -> None:
    """The index file of each pack: each counts as soon as it lies there."""
    for name in wanted:
        _copy(source, target, index_path(name), limits.index_bytes)


def _check_as_it_lies(source: _OneState, view: VerifiedBackend, limits: Limits) -> None:
    """The source's metadata is what `view` believes, for those too who have nothing of it yet.

    `view` believes what it has kept from the last time, whatever lies at the source by now, and the source's bytes are
    what is copied. RegistryError E700 to E708 if they are not those that were signed.
    """
    reader = own_view(source, limits=limits).reader
    reader.targets()
    found, believed = reader.trusted, view.reader.trusted
    for is_same, role, version in (
        (found.root == believed.root, ROOT, believed.root.version),
        (found.timestamp == believed.timestamp, TIMESTAMP, None),
    ):
        if not is_same:
            raise RegistryError.of(
                "E703",
                place=Place(file=f"{source.label}/{metadata_key(role, version)}"),
                registry=source.label,
                file=metadata_name(role, version),
                what="it is another one than was seen here before",
                since=view.reader.since,
            )


def _copy_signed(
    source: _OneState,
    view: VerifiedBackend,
    target: Backend,
    wanted: Collection[str],
    settled: Collection[str],
    limits: Limits,
) -> bool:
    """Index files under their digest, metadata under its number, and timestamp.json, which makes them count.

    Whether the target is of this state now: another run may have brought it to a later one.
    """
    reader = view.reader
    targets = reader.targets()
    for name in wanted:
        path = index_path(name)
        data = view.get(path, max_bytes=limits.index_bytes)  # verified
        if data is not None:
            _put(target, target_key(path, targets[path].hashes["sha256"]), data, settled)
    trusted = reader.trusted
    numbered = [metadata_key(ROOT, version) for version in range(1, trusted.root.version + 1)]
    numbered += [metadata_key(role, trusted.file_of(role)) for role in (TARGETS, *reader.bins())]
    numbered.append(metadata_key(SNAPSHOT, trusted.snapshot.version))
    for key in numbered:
        data = source.get(key, max_bytes=MAX_TARGETS_BYTES)
        if data is not None:
            _put(target, key, data, settled)
    return _put_timestamp(source, view.reader.trusted, target)


def _put(target: Backend, key: str, data: bytes, settled: Collection[str]) -> None:
    """Have these bytes under the key; written anew if nothing in the target refers to them yet."""
    if key in settled:
        put_missing(target, key, data)
    else:
        put_lasting(target, key, data)


def _put_timestamp(source: _OneState, mine: Trusted, target: Backend) -> bool:
    """Have the target be of this state, unless another run has brought it further; whether it is of this state now."""
    key = metadata_key(TIMESTAMP)
    data = source.get(key, max_bytes=max_bytes(TIMESTAMP))
    for _ in range(_ATTEMPTS):
        present = target.get(key, max_bytes=max_bytes(TIMESTAMP))
        if present is not None and _is_further(target, present, source, mine):
            return False
        if data is None or present == data or target.compare_and_set(key, present, data):
            return True
    raise RegistryError.of("E713", registry=target.label, attempts=_ATTEMPTS)


def _is_further(target: Backend, present: bytes, source: _OneState, mine: Trusted) -> bool:
    """Whether the target's timestamp is of a later state: it has a later root, or a higher number under the same.

    The number alone says nothing of a registry whose keys were changed, which may begin anew with lower ones.
    """
    root = source.get(metadata_key(ROOT, mine.root.version), max_bytes=max_bytes(ROOT))
    later = target.get(metadata_key(ROOT, mine.root.version + 1), max_bytes=max_bytes(ROOT))
    if root is not None and later is not None:
        with suppress(RegistryError):  # what doesn't follow is no root
            Trusted(root, registry=target.label, now=BEFORE_ALL).update_root(later)
            return True
    with suppress(RegistryError):  # what isn't signed is no timestamp
        return mine.signed_timestamp(present).version > mine.timestamp.version
    return False


def _copy_catalog(source: Backend, target: Backend, wanted: Collection[str], limits: Limits) -> None:
    """What search needs to know of these packs; advisory, as everywhere."""
    shards: dict[str, list[str]] = {}
    for name in wanted:
        shards.setdefault(shard_path(name), []).append(name)
    source.prefetch(shards, max_bytes=limits.index_bytes)
    for key, names in shards.items():
        entries = {
            each.name: each for each in parse_shard(source.get(key, max_bytes=limits.index_bytes) or b"", limits=limits)
        }
        for _ in range(_ATTEMPTS):
            before = target.get(key, max_bytes=limits.index_bytes)
            after = with_entries(before, {name: entries.get(name) for name in names}, limits=limits)
            if after == (before or b"") or target.compare_and_set(key, before, after):
                break


def _copy(source: Backend, target: Backend, key: str, most: int) -> None:
    """Have the target's file be the source's; nothing happens where there is none."""
    data = source.get(key, max_bytes=most)
    if data is not None:
        _replace(target, key, data, most)


def _replace(target: Backend, key: str, data: bytes, most: int) -> None:
    """Have these bytes under the key."""
    for _ in range(_ATTEMPTS):
        present = target.get(key, max_bytes=most)
        if present == data or target.compare_and_set(key, present, data):
            return
    raise RegistryError.of("E228", name=key, registry=target.label, attempts=_ATTEMPTS)

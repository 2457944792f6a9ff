"""Signed files that were lost, made again under numbers that nobody has seen.

What the server signs day by day (bins, snapshot, timestamp) its keys can sign again. What other keys signed (every
root, the top-level targets) is remembered, and put back as it was; what still lies in the tree counts too, if it
verifies. Three rules keep those who know the registry going on:

1. A client refuses a lower number than it has seen of any file. So every new file has a number far above the highest
   that is remembered, that a timestamp of the tree tells which verifies, and that the clock shows in seconds: commits
   were never so many, and what was made again before, by a memory that is lost since, began lower. What nobody has
   signed tells no number.
2. What other keys signed is chosen by what was committed: as the snapshot of the tree names it, or the remembered one.
   A file that merely lies there may be of a change of keys that never came about.
3. The timestamp that lies there, or that there is none, is looked at first and the index files are made after that, and
   the commit compares: whoever has committed meanwhile wins, and it is begun again.

Nothing is written before it is clear that roots, targets and keys are there. After that, a stop at any point leaves
files that nothing refers to, and the work can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS
from skillctl.core.value import dataclass, field
from skillctl_registry.at_once import at_once
from skillctl_registry.backends import Backend, is_too_long
from skillctl_registry.backends.lasting import put_missing
from skillctl_registry.signing.drafts import commit, put_numbered, renewed
from skillctl_registry.signing.writer import ATTEMPTS, SignedWriter, Standing, signed_target
from skillctl_registry.trust.files import (
    BINS,
    MAX_ROOT_ROTATIONS,
    METADATA,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    max_bytes,
    metadata_key,
    target_key,
)
from skillctl_registry.trust.trusted import Trusted, moment

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner
    from tuf.api.metadata import MetaFile, SuccinctRoles, TargetFile, Targets

    from skillctl_registry.verified import VerifiedBackend

_Seen = TypeVar("_Seen")

Indexes = Iterable[tuple[str, bytes]]
"""Keys and bytes of index files."""

_APART = 10_000
"""How far above what is known the new numbers begin."""
_DAMAGE = frozenset(f"E70{digit}" for digit in range(9))
"""What is said of signed files that are not what they should be; anything else is no word about them."""
_AHEAD = 1024  # index files that are held at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Lasting:
    """What of a registry's signed files has to be remembered, so that the rest can be made again."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """Every root and the top-level targets, by their keys."""
    timestamp: int = 0
    """The number of the last commit."""
    highest: int = 0
    """The highest number of any file of it."""
    seen: Mapping[str, bytes] = field(default_factory=dict)
    """Its timestamp and its snapshot, by their roles."""


def lasting(backend: Backend, standing: Standing, known: Lasting, *, now: str) -> Lasting:
    """What has to be remembered of a registry as it stands, without the files that are known.

    RegistryError if not all of it lies there.
    """
    trusted = standing.reader.trusted
    versions = [each.version for each in trusted.snapshot.meta.values()]
    highest = max(trusted.timestamp.version, trusted.snapshot.version, *versions)
    roots = [metadata_key(ROOT, version) for version in range(1, trusted.root.version + 1)]
    top = metadata_key(TARGETS, trusted.named(TARGETS).version)
    files: dict[str, bytes] = {}
    if not known.files.keys() >= {*roots, top}:
        first, *others = (_there(backend, key) for key in roots)
        _followed(first, others, registry=backend.label, now=now)
        files = dict(zip(roots, (first, *others), strict=True)) | {top: _there(backend, top)}
    seen = {
        TIMESTAMP: standing.timestamp,
        SNAPSHOT: _there(backend, metadata_key(SNAPSHOT, trusted.file_of(SNAPSHOT))),
    }
    return Lasting(files=files, timestamp=trusted.timestamp.version, highest=highest, seen=seen)


def amiss(view: VerifiedBackend, known: Lasting) -> RegistryError | None:
    """What is wrong with the signed files as a whole; None if nothing is. RegistryError if they can't be looked at.

    `view` remembers nothing and is tolerant of what has expired.
    """
    try:
        view.reader.targets()
    except RegistryError as error:
        if error.code not in _DAMAGE:
            raise
        return error
    return older(view.reader.trusted, known, registry=view.label)


def older(trusted: Trusted, known: Lasting, *, registry: str) -> RegistryError | None:
    """What of a tree that verifies is of before what is remembered; None if nothing is."""
    lost = [key for key in known.files if _is_root(key) and _number(key) > trusted.root.version]
    if lost:
        return RegistryError.of("E705", registry=registry, file=lost[0])
    numbers = {TIMESTAMP: (trusted.timestamp.version, known.timestamp)}
    there = trusted.snapshot.meta
    for name, seen in _seen(trusted, known).items():
        numbers[name.removesuffix(".json")] = (there[name].version if name in there else 0, seen.version)
    for role, (found, before) in numbers.items():
        if found < before:
            return RegistryError.of("E702", role=role, registry=registry, found=found, seen=before, since="never")
    return None


def newer_roles(trusted: Trusted, known: Lasting) -> frozenset[str]:
    """The roles of a tree that were signed since it is remembered; all of them if nothing of it is, or no more."""
    seen = _seen(trusted, known)
    there = trusted.snapshot.meta
    return frozenset(
        name.removesuffix(".json")
        for name, meta in there.items()
        if name not in seen or seen[name].version < meta.version
    )


def _seen(trusted: Trusted, known: Lasting) -> Mapping[str, MetaFile]:
    """What is remembered of the versions of roles; one that the keys of before have signed tells nothing."""
    nothing: dict[str, MetaFile] = {}
    return _if_whole(lambda: trusted.signed_snapshot(known.seen.get(SNAPSHOT, b"")).meta, nothing)


def remake(
    writer: SignedWriter, known: Lasting, view: Callable[[], VerifiedBackend], indexes: Callable[[], Indexes]
) -> bool:
    """Make the signed files again if anything is amiss with them; whether it was.

    `view` is as `amiss` wants it, `indexes` gives key and bytes of every index file that there ought to be.
    RegistryError E714 without the online keys, E777 if a root or targets are neither remembered nor there.
    """
    put: set[str] = set()
    for _ in range(ATTEMPTS):
        if amiss(view(), known) is None:
            return False
        _signers(writer, _offline(writer, known, _timestamp(writer.backend)))
        _put_indexes(writer.backend, indexes(), put)  # most of the work, and nobody has to wait for it
        with writer.exclusive():
            expected = _timestamp(writer.backend)
            if amiss(view(), known) is None:
                return False
            done = _remade(writer, known, expected, _put_indexes(writer.backend, indexes(), put))
        writer.forget()
        if done:
            return True
    raise RegistryError.of("E713", registry=writer.backend.label, attempts=ATTEMPTS)


def _timestamp(backend: Backend) -> bytes | None:
    """What lies there as the timestamp, however long: a commit compares with it."""
    return backend.get(metadata_key(TIMESTAMP), max_bytes=LIMITS.archive_bytes)


def _put_indexes(backend: Backend, indexes: Indexes, put: set[str]) -> list[TargetFile]:
    """Have every index file there, but for those that were put before; all of them, to be signed."""
    targets: list[TargetFile] = []
    each = iter(indexes)
    while some := [(signed_target(path, data), data) for path, data in islice(each, _AHEAD)]:
        targets += [target for target, _ in some]
        keys = [(target_key(target.path, target.hashes["sha256"]), data) for target, data in some]
        new = [(key, data) for key, data in keys if key not in put]
        with at_once(lambda one: _put(backend, *one), new) as done:
            put.update(done)
    return targets


def _put(backend: Backend, key: str, data: bytes) -> str:
    put_missing(backend, key, data)
    return key


def _remade(writer: SignedWriter, known: Lasting, expected: bytes | None, targets: Iterable[TargetFile]) -> bool:
    """One try; False if somebody else has committed meanwhile."""
    from tuf.api.metadata import MetaFile, Snapshot, Timestamp

    offline = _offline(writer, known, expected)
    signers = _signers(writer, offline)
    after = max(known.highest, _told(offline.trusted, expected), int(moment(writer.now()).timestamp())) + _APART
    for key, data in offline.files.items():
        put_missing(writer.backend, key, data)
    days, metas = writer.keys.signing.days, {f"{TARGETS}.json": MetaFile(offline.top.version)}

    def put(item: tuple[str, Targets]) -> tuple[str, int]:
        role, bin_targets = item
        renewed(bin_targets, writer.now(), days[BINS])
        put_numbered(writer.backend, role, bin_targets, signers[BINS], after=after)
        return role, bin_targets.version

    with at_once(put, _bins(offline.bins, targets).items()) as done:
        metas |= {f"{role}.json": MetaFile(version) for role, version in done}
    return commit(
        writer.backend,
        snapshot=Snapshot(meta=metas),
        timestamp=Timestamp(version=after, snapshot_meta=MetaFile(after)),
        expected=expected,
        signers=signers.__getitem__,
        days=days,
        now=writer.now(),
    )


def _signers(writer: SignedWriter, offline: _Offline) -> dict[str, list[CryptoSigner]]:
    """The keys of every online role, as the last root and targets name them. RegistryError E714 without them."""
    root = offline.trusted.root
    wanted = {BINS: offline.bins, SNAPSHOT: root.roles[SNAPSHOT], TIMESTAMP: root.roles[TIMESTAMP]}
    return {role: writer.signers_among(role, counting) for role, counting in wanted.items()}


def _bins(roles: SuccinctRoles, signed: Iterable[TargetFile]) -> dict[str, Targets]:
    """Every bin with the index files that there ought to be."""
    from tuf.api.metadata import Targets

    bins = {role: Targets() for role in roles.get_roles()}
    for target in signed:
        bins[roles.get_role_for_target(target.path)].targets[target.path] = target
    return bins


# What other keys signed: from the memory, and from the tree


@dataclass(frozen=True, kw_only=True, slots=True)
class _Offline:
    """What other keys signed, verified."""

    files: Mapping[str, bytes]
    trusted: Trusted
    """By the last root."""
    top: Targets

    @property
    def bins(self) -> SuccinctRoles:
        """Whose keys sign the bins, and which these are."""
        delegations = self.top.delegations
        if delegations is None or delegations.succinct_roles is None:
            raise RuntimeError("a registry of ours has bins")
        return delegations.succinct_roles


def _offline(writer: SignedWriter, known: Lasting, timestamp: bytes | None) -> _Offline:
    """Roots and targets, as they are remembered or lie there. RegistryError E777 if one of them is neither."""
    backend = writer.backend
    roots = _roots(writer, known)
    trusted = _followed(roots[0], roots[1:], registry=backend.label, now=writer.now())
    signed = {targets.version: (data, targets) for data, targets in _all_targets(backend, known, trusted)}
    if not signed:
        raise RegistryError.of("E777", registry=backend.label, file=metadata_key(TARGETS, 1))
    committed = [_committed(backend, trusted, timestamp), _recalled(trusted, known)]
    remembered = {_number(key) for key in known.files if not _is_root(key)}
    version = max({*committed} & signed.keys() or remembered & signed.keys() or signed)
    files = {metadata_key(ROOT, number): root for number, root in enumerate(roots, start=1)}
    data, top = signed[version]
    return _Offline(files=files | {metadata_key(TARGETS, version): data}, trusted=trusted, top=top)


def _committed(backend: Backend, trusted: Trusted, timestamp: bytes | None) -> int:
    """The version of the top-level targets as the tree's timestamp leads to it; 0 if it does not."""

    def look() -> int:
        number = trusted.signed_timestamp(timestamp or b"").snapshot_meta.version
        return _named(trusted, _there(backend, metadata_key(SNAPSHOT, number)))

    return _if_whole(look, 0)


def _recalled(trusted: Trusted, known: Lasting) -> int:
    """The same, as it is remembered."""
    return _if_whole(lambda: _named(trusted, known.seen.get(SNAPSHOT, b"")), 0)


def _named(trusted: Trusted, snapshot: bytes) -> int:
    return trusted.signed_snapshot(snapshot).meta[f"{TARGETS}.json"].version


def _roots(writer: SignedWriter, known: Lasting) -> list[bytes]:
    """Every root from the first one, which is known by its digest. RegistryError E777 if one is missing."""
    found: list[bytes] = []
    last = max((_number(key) for key in known.files if _is_root(key)), default=1)

    def follows(data: bytes) -> bool:
        if not found:
            return sha256_digest(data) == writer.keys.signing.root_sha256
        try:
            _followed(found[0], (*found[1:], data), registry=writer.backend.label, now=writer.now())
        except RegistryError:
            return False
        return True

    for version in range(1, MAX_ROOT_ROTATIONS + 1):
        key = metadata_key(ROOT, version)
        copies = [*_copies(writer.backend, known, key)]
        data = next((each for each in copies if follows(each)), None)
        if data is not None:
            found.append(data)
        elif version <= last:
            raise RegistryError.of("E777", registry=writer.backend.label, file=key)
        elif copies:  # every reader would stumble over it
            _followed(found[0], (*found[1:], copies[0]), registry=writer.backend.label, now=writer.now())
        else:
            break
    return found


def _followed(first: bytes, others: Iterable[bytes], *, registry: str, now: str) -> Trusted:
    """What is believed by the last of these roots. RegistryError E700, E701 and E707 if one does not follow."""
    trusted = Trusted(first, registry=registry, now=now)
    for data in others:
        trusted.update_root(data)
    return trusted


def _all_targets(backend: Backend, known: Lasting, trusted: Trusted) -> Iterator[tuple[bytes, Targets]]:
    """Every version of the top-level targets that the last root's keys have signed."""
    from tuf.api.exceptions import RepositoryError
    from tuf.api.metadata import Metadata, Targets

    keys = {key for key in (*known.files, *backend.list(METADATA)) if key.endswith(f".{TARGETS}.json")}
    for data in (each for key in keys for each in _copies(backend, known, key)):
        with suppress(RepositoryError, ValueError):
            metadata = Metadata[Targets].from_bytes(data)
            trusted.root.verify_delegate(TARGETS, metadata.signed_bytes, metadata.signatures)
            yield data, metadata.signed


def _copies(backend: Backend, known: Lasting, key: str) -> Iterator[bytes]:
    """The file as it lies there, and as it is remembered."""
    found = _if_whole(lambda: _there(backend, key), None)
    if found is not None:
        yield found
    if key in known.files:
        yield known.files[key]


def _if_whole(look: Callable[[], _Seen], otherwise: _Seen) -> _Seen:
    """What is seen, or that if it is a signed file that is not what it should be."""
    try:
        return look()
    except RegistryError as error:
        if error.code not in _DAMAGE:
            raise
        return otherwise


def _there(backend: Backend, key: str) -> bytes:
    """A signed file. RegistryError E705 if it is not there, or so long that it is none."""
    found = None
    try:
        found = backend.get(key, max_bytes=max_bytes(ROOT if _is_root(key) else TARGETS))
    except SkillctlError as error:
        if not is_too_long(error):
            raise
    if found is None:
        raise RegistryError.of("E705", registry=backend.label, file=key)
    return found


def _told(trusted: Trusted, timestamp: bytes | None) -> int:
    """The highest number that the tree's timestamp tells; 0 if it is none of the registry's."""

    def look() -> int:
        told = trusted.signed_timestamp(timestamp or b"")
        return max(told.version, told.snapshot_meta.version)

    return _if_whole(look, 0)


def _is_root(key: str) -> bool:
    return key.endswith(f".{ROOT}.json")


def _number(key: str) -> int:
    """The number in front of a file's name; 0 if there is none."""
    number = key.removeprefix(METADATA).partition(".")[0]
    return int(number) if number.isdecimal() else 0

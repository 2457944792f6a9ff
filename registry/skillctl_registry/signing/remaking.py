"""Signed files that were lost, made again under numbers that nobody has seen.

What the server signs day by day (bins, snapshot, timestamp) its keys can sign again. What other keys signed (every
root, the top-level targets) is remembered, and put back as it was; what still lies in the tree counts too, if it
verifies. Two rules keep those who know the registry going on:

1. A client refuses a lower number than it has seen of any file. So every new file has a number above the highest that
   is remembered or lies there, by far: a commit that was made past the memory (by a change of keys, by a signer that
   was killed before he could tell) is above it by a few.
2. The timestamp that lies there, or that there is none, is looked at first and the index files are made after that, and
   the commit compares: whoever has committed meanwhile wins, and it is begun again.

Nothing is written before it is clear that roots, targets and keys are there. After that, a stop at any point leaves
files that nothing refers to, and the work can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.value import dataclass, field
from skillctl_registry.backends import Backend
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
from skillctl_registry.trust.trusted import Trusted

if TYPE_CHECKING:
    from tuf.api.metadata import SuccinctRoles, Targets

    from skillctl_registry.verified import VerifiedBackend

Indexes = Iterable[tuple[str, bytes]]
"""Keys and bytes of index files."""

_APART = 10_000
"""How far above what is known the new numbers begin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lasting:
    """What of a registry's signed files has to be remembered, so that the rest can be made again."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """Every root and the top-level targets, by their keys."""
    timestamp: int = 0
    """The number of the last commit."""
    highest: int = 0
    """The highest number of any file of it."""


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
    return Lasting(files=files, timestamp=trusted.timestamp.version, highest=highest)


def amiss(view: VerifiedBackend, known: Lasting) -> RegistryError | None:
    """What is wrong with the signed files as a whole; None if nothing is.

    `view` remembers nothing and is tolerant of what has expired.
    """
    try:
        view.reader.targets()
    except RegistryError as error:
        return error
    trusted = view.reader.trusted
    lost = [key for key in known.files if _is_root(key) and _number(key) > trusted.root.version]
    if lost:
        return RegistryError.of("E705", registry=view.label, file=lost[0])
    found, seen = trusted.timestamp.version, known.timestamp
    if found < seen:
        return RegistryError.of("E702", role=TIMESTAMP, registry=view.label, found=found, seen=seen, since="never")
    return None


def remake(
    writer: SignedWriter, known: Lasting, view: Callable[[], VerifiedBackend], indexes: Callable[[], Indexes]
) -> bool:
    """Make the signed files again if anything is amiss with them; whether it was.

    `view` is as `amiss` wants it, `indexes` gives key and bytes of every index file that there ought to be.
    RegistryError E714 without the online keys, E777 if a root or targets are neither remembered nor there.
    """
    for _ in range(ATTEMPTS):
        with writer.exclusive():
            expected = writer.backend.get(metadata_key(TIMESTAMP), max_bytes=max_bytes(TIMESTAMP))
            if amiss(view(), known) is None:
                return False
            done = _remade(writer, known, expected, indexes)
        writer.forget()
        if done:
            return True
    raise RegistryError.of("E713", registry=writer.backend.label, attempts=ATTEMPTS)


def _remade(writer: SignedWriter, known: Lasting, expected: bytes | None, indexes: Callable[[], Indexes]) -> bool:
    """One try; False if somebody else has committed meanwhile."""
    from tuf.api.metadata import MetaFile, Snapshot, Timestamp

    offline = _offline(writer, known)
    root = offline.trusted.root
    wanted = {BINS: offline.bins, SNAPSHOT: root.roles[SNAPSHOT], TIMESTAMP: root.roles[TIMESTAMP]}
    signers = {role: writer.signers_among(role, counting) for role, counting in wanted.items()}
    after = max(known.highest, _highest(writer.backend, offline.trusted, expected)) + _APART
    for key, data in offline.files.items():
        put_missing(writer.backend, key, data)
    days, metas = writer.keys.signing.days, {f"{TARGETS}.json": MetaFile(offline.top.version)}
    for role, targets in _bins(writer.backend, offline.bins, indexes()).items():
        renewed(targets, writer.now(), days[BINS])
        put_numbered(writer.backend, role, targets, signers[BINS], after=after)
        metas[f"{role}.json"] = MetaFile(targets.version)
    return commit(
        writer.backend,
        snapshot=Snapshot(meta=metas),
        timestamp=Timestamp(version=after, snapshot_meta=MetaFile(after)),
        expected=expected,
        signers=signers.__getitem__,
        days=days,
        now=writer.now(),
    )


def _bins(backend: Backend, roles: SuccinctRoles, indexes: Indexes) -> dict[str, Targets]:
    """Every bin with the index files that there ought to be, which are put where they are missing."""
    from tuf.api.metadata import Targets

    bins = {role: Targets() for role in roles.get_roles()}
    for path, data in indexes:
        target = signed_target(path, data)
        put_missing(backend, target_key(path, target.hashes["sha256"]), data)
        bins[roles.get_role_for_target(path)].targets[path] = target
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


def _offline(writer: SignedWriter, known: Lasting) -> _Offline:
    """Roots and targets, as they are remembered or lie there. RegistryError E777 if one of them is neither."""
    roots = _roots(writer, known)
    trusted = _followed(roots[0], roots[1:], registry=writer.backend.label, now=writer.now())
    signed = {targets.version: (data, targets) for data, targets in _all_targets(writer.backend, known, trusted)}
    if not signed:
        raise RegistryError.of("E777", registry=writer.backend.label, file=metadata_key(TARGETS, 1))
    data, top = signed[max(signed)]
    files = {metadata_key(ROOT, version): root for version, root in enumerate(roots, start=1)}
    return _Offline(files=files | {metadata_key(TARGETS, top.version): data}, trusted=trusted, top=top)


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
        data = next((each for each in _copies(writer.backend, known, key) if follows(each)), None)
        if data is not None:
            found.append(data)
        elif version <= last:
            raise RegistryError.of("E777", registry=writer.backend.label, file=key)
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
    with suppress(SkillctlError):
        yield _there(backend, key)
    if key in known.files:
        yield known.files[key]


def _there(backend: Backend, key: str) -> bytes:
    found = backend.get(key, max_bytes=max_bytes(ROOT if _is_root(key) else TARGETS))
    if found is None:
        raise RegistryError.of("E705", registry=backend.label, file=key)
    return found


def _highest(backend: Backend, trusted: Trusted, timestamp: bytes | None) -> int:
    """The highest number in the tree: of a file, or in a timestamp that is the registry's."""
    numbers = [_number(key) for key in backend.list(METADATA) if not _is_root(key)]
    with suppress(RegistryError):
        trusted.recall_timestamp(timestamp or b"")
        numbers += [trusted.timestamp.version, trusted.timestamp.snapshot_meta.version]
    return max(numbers, default=0)


def _is_root(key: str) -> bool:
    return key.endswith(f".{ROOT}.json")


def _number(key: str) -> int:
    """The number in front of a file's name; 0 if there is none."""
    number = key.removeprefix(METADATA).partition(".")[0]
    return int(number) if number.isdecimal() else 0

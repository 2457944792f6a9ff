"""The rules by which a signed registry is believed: the client workflow of the TUF specification, section 5.

Metadata is given in order: root, timestamp, snapshot, targets, and the roles that targets delegate to.

1. A root is believed if the one before it and itself are each signed by enough of their own root keys, and its version
   is the next one (5.3). Only the last one must not be expired. The first is believed because it was pinned.
2. A timestamp is believed if enough of the root's keys signed it, and neither its version nor the snapshot's that it
   names is lower than one seen before (5.4): else it is a rollback.
3. A snapshot must be the one that the timestamp names, by version and, where given, length and digest; no role in it is
   gone or older than in the one seen before (5.5).
4. Targets must be what the snapshot names, and signed as their delegator says (5.6). A role that two delegators name
   is checked for each.
5. What is expired ends the way (a freeze): nothing after it is believed. Without a network there is no way to tell a
   freeze from the quiet, so that there expiry is a warning, and what was verified last is used.

What was seen before is loaded by the same rules, by `recall_…`: only what still verifies under the keys of today
protects from a rollback. So a registry whose keys were rotated may begin anew with lower numbers (5.3.11).

Signatures, thresholds, canonical forms, digests and the choice of a bin are python-tuf's (`tuf.api`). The order is our
own: its updater fetches delegations one by one and keeps its files without a lock, and its own set of rules, which is
no public interface, reads the clock and gives prose for evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import RegistryError
from skillctl_registry.trust.files import MAX_DELEGATIONS, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, metadata_name

if TYPE_CHECKING:
    from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp

    T = TypeVar("T", Root, Timestamp, Snapshot, Targets)


class Trusted:
    """What is believed of one registry, file by file."""

    def __init__(self, root: bytes, *, registry: str, now: str, since: str = "", offline: bool = False) -> None:
        """Begin with a root that is already trusted. RegistryError E700, E701 if it is none, or not signed by itself.

        `now` and `since`, the time when the registry was last found in order (empty: never), are RFC 3339.
        """
        self._registry = registry
        self._now = moment(now)
        self.since = since or "never"
        self._offline = offline
        self._expired: dict[str, Problem] = {}
        self._delegated: dict[tuple[str, str], Targets] = {}
        self._timestamp: Timestamp | None = None
        self._snapshot: Snapshot | None = None
        self.root = self._verified_root(root, None)

    @property
    def timestamp(self) -> Timestamp:
        """The last timestamp that was believed."""
        if self._timestamp is None:
            raise RuntimeError("there is no timestamp yet")
        return self._timestamp

    @property
    def snapshot(self) -> Snapshot:
        """The last snapshot that was believed."""
        if self._snapshot is None:
            raise RuntimeError("there is no snapshot yet")
        return self._snapshot

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings: what is expired and used all the same, without a network."""
        return tuple(self._expired.values())

    # Root

    def update_root(self, data: bytes) -> None:
        """Believe the next root."""
        if self._timestamp is not None:
            raise RuntimeError("roots come before the timestamp")
        self.root = self._verified_root(data, self.root)

    def check_root(self) -> None:
        """The last root is not expired. RegistryError E704 if it is."""
        self._check_expiry(self.root, ROOT)

    def _verified_root(self, data: bytes, current: Root | None) -> Root:
        from tuf.api.metadata import Root

        metadata = self._loaded(Root, data, ROOT)
        file = self._file(ROOT, metadata.signed.version)
        if current is not None:
            self._check_signatures(metadata, current, ROOT, file)
            if metadata.signed.version != current.version + 1:
                self._refuse_version(ROOT, metadata.signed.version, current.version + 1)
        self._check_signatures(metadata, metadata.signed, ROOT, file)
        return metadata.signed

    # Timestamp

    def recall_timestamp(self, data: bytes) -> None:
        """Take the timestamp that was seen before for what a new one is measured by; it may be expired."""
        self._timestamp = self.signed_timestamp(data)

    def update_timestamp(self, data: bytes) -> bool:
        """Believe a timestamp of now; whether it is another one than before. RegistryError E702 for a rollback."""
        if self._snapshot is not None:
            raise RuntimeError("the timestamp comes before the snapshot")
        found, before = self.signed_timestamp(data), self._timestamp
        if before is not None:
            self._check_rollback(TIMESTAMP, found.version, before.version)
            if found.version == before.version:
                return False
            self._check_rollback(SNAPSHOT, found.snapshot_meta.version, before.snapshot_meta.version)
        self._timestamp = found
        return True

    def signed_timestamp(self, data: bytes) -> Timestamp:
        """What the root's keys have signed as a timestamp, however old it is."""
        from tuf.api.metadata import Timestamp

        metadata = self._loaded(Timestamp, data, TIMESTAMP)
        self._check_signatures(metadata, self.root, TIMESTAMP, self._file(TIMESTAMP))
        return metadata.signed

    def check_timestamp(self) -> None:
        """The last timestamp is not expired. RegistryError E704 if it is: the registry is frozen."""
        self._check_expiry(self.timestamp, TIMESTAMP)

    # Snapshot

    def recall_snapshot(self, data: bytes) -> bool:
        """Take the snapshot that was seen before for what a new one is measured by; whether it is the one of now."""
        found = self._snapshot = self.signed_snapshot(data)
        if found.version != self.timestamp.snapshot_meta.version:
            return False
        return self._offline or not found.is_expired(self._now)

    def update_snapshot(self, data: bytes) -> None:
        """Believe the snapshot that the timestamp names. RegistryError E703 for another one, E702 for a rollback."""
        from tuf.api.metadata import Snapshot

        named = self.timestamp.snapshot_meta
        file = self._file(SNAPSHOT, named.version)
        self._check_bytes(named, data, file)
        metadata = self._loaded(Snapshot, data, SNAPSHOT)
        self._check_signatures(metadata, self.root, SNAPSHOT, file)
        found, before = metadata.signed, self._snapshot
        if found.version != named.version:
            self._refuse_version(SNAPSHOT, found.version, named.version)
        for name, meta in before.meta.items() if before is not None else ():
            role = name.removesuffix(".json")
            self._check_rollback(role, found.meta[name].version if name in found.meta else 0, meta.version)
        self._snapshot = found

    def signed_snapshot(self, data: bytes) -> Snapshot:
        """What the root's keys have signed as a snapshot, however old it is."""
        from tuf.api.metadata import Snapshot

        metadata = self._loaded(Snapshot, data, SNAPSHOT)
        self._check_signatures(metadata, self.root, SNAPSHOT, self._file(SNAPSHOT, metadata.signed.version))
        return metadata.signed

    def check_snapshot(self) -> None:
        """The last snapshot is not expired. RegistryError E704 if it is."""
        self._check_expiry(self.snapshot, SNAPSHOT)

    # Targets

    def named(self, role: str) -> MetaFile:
        """What the snapshot says of a role. RegistryError E705 if it says nothing."""
        meta = self.snapshot.meta.get(f"{role}.json")
        if meta is None:
            raise RegistryError.of("E705", registry=self._registry, file=metadata_name(role, None))
        return meta

    def file_of(self, role: str) -> int | None:
        """The version in the name of the role's file; None where numbers don't stand in names."""
        if not self.root.consistent_snapshot or role == TIMESTAMP:
            return None
        return self.timestamp.snapshot_meta.version if role == SNAPSHOT else self.named(role).version

    def delegate(self, role: str, delegator: str) -> Targets | None:
        """The role as that delegator names it, if it was believed already."""
        return self._delegated.get((role, delegator))

    def update_targets(self, data: bytes, role: str, delegator: str) -> Targets:
        """Believe the role that the delegator names and the snapshot has. RegistryError E701, E703, E704 if it is not.

        `targets` itself is delegated by `root`. The delegator was believed before.
        """
        from tuf.api.metadata import Targets

        named = self.named(role)
        file = self._file(role, named.version)
        self._check_bytes(named, data, file)
        metadata = self._loaded(Targets, data, role)
        by = self.root if delegator == ROOT else self._believed(delegator)
        self._check_signatures(metadata, by, role, file)
        if metadata.signed.version != named.version:
            self._refuse_version(role, metadata.signed.version, named.version)
        self._check_expiry(metadata.signed, role)
        self._delegated[role, delegator] = metadata.signed
        return metadata.signed

    def find(self, path: str, load: Callable[[str, str], Targets]) -> TargetFile | None:
        """What is signed of a target; None if nobody signed anything of that name.

        The delegations are gone through in order, depth first (5.6.7). `load` gives the role of a delegator, believed.
        """
        to_visit = [(TARGETS, ROOT)]
        visited: set[str] = set()
        while to_visit and len(visited) <= MAX_DELEGATIONS:
            role, delegator = to_visit.pop()
            if role in visited:
                continue
            targets = load(role, delegator)
            if (found := targets.targets.get(path)) is not None:
                return found
            visited.add(role)
            to_visit += reversed(list(_delegates(targets, role, path, to_visit)))
        return None

    def check_target(self, target: TargetFile, data: bytes) -> None:
        """The bytes are those that were signed. RegistryError E706 if not."""
        from tuf.api.exceptions import LengthOrHashMismatchError

        try:
            target.verify_length_and_hashes(data)
        except LengthOrHashMismatchError as error:
            raise RegistryError.of(
                "E706",
                place=Place(file=f"{self._registry}/{target.path}"),
                file=target.path,
                registry=self._registry,
                what=_difference(target, data),
                since=self.since,
            ) from error

    # The checks themselves

    def _believed(self, role: str) -> Targets:
        found = next((each for (name, _), each in self._delegated.items() if name == role), None)
        if found is None:
            raise RuntimeError(f"{role} delegates before it is believed")
        return found

    def _loaded(self, kind: type[T], data: bytes, role: str) -> Metadata[T]:
        from tuf.api.exceptions import RepositoryError
        from tuf.api.metadata import Metadata

        try:
            metadata = Metadata[kind].from_bytes(data)  # type: ignore[valid-type]
            signed = metadata.signed
        except (RepositoryError, ValueError) as error:
            raise self._unreadable(role, "it is no signed metadata") from error
        if not isinstance(signed, kind):
            raise self._unreadable(role, f"it is a {signed.type}, where a {kind.type} is expected")
        return metadata

    def _unreadable(self, role: str, reason: str) -> RegistryError:
        place = Place(file=self._file(role))
        return RegistryError.of("E700", place=place, role=role, registry=self._registry, reason=reason)

    def _check_signatures(self, metadata: Metadata[T], by: Root | Targets, role: str, file: str) -> None:
        from tuf.api.exceptions import RepositoryError

        try:
            result = by.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
        except (RepositoryError, ValueError) as error:
            raise self._unreadable(role, "nobody said whose keys count for it") from error
        if not result:
            raise RegistryError.of(
                "E701",
                place=Place(file=file),
                role=role,
                registry=self._registry,
                valid=len(result.signed),
                needed=result.threshold,
                since=self.since,
            )

    def _check_rollback(self, role: str, found: int, before: int) -> None:
        if found < before:
            raise RegistryError.of(
                "E702", role=role, registry=self._registry, found=found, seen=before, since=self.since
            )

    def _check_bytes(self, named: MetaFile, data: bytes, file: str) -> None:
        from tuf.api.exceptions import LengthOrHashMismatchError

        try:
            named.verify_length_and_hashes(data)
        except LengthOrHashMismatchError as error:
            name = file.rpartition("/")[2]
            raise RegistryError.of(
                "E703",
                place=Place(file=file),
                registry=self._registry,
                file=name,
                what=_difference(named, data),
                since=self.since,
            ) from error

    def _refuse_version(self, role: str, found: int, expected: int) -> None:
        place = Place(file=self._file(role, expected))
        raise RegistryError.of(
            "E707", place=place, role=role, registry=self._registry, found=found, expected=expected, since=self.since
        )

    def _check_expiry(self, signed: Signed, role: str) -> None:
        if not signed.is_expired(self._now):
            return
        expired = time_text(signed.expires)
        if not self._offline:
            raise RegistryError.of(
                "E704",
                place=Place(file=self._file(role)),
                role=role,
                registry=self._registry,
                version=signed.version,
                expired=expired,
                since=self.since,
            )
        self._expired.setdefault(
            role, problem("W700", role=role, registry=self._registry, expired=expired, since=self.since)
        )

    def _file(self, role: str, version: int | None = None) -> str:
        return f"{self._registry}/metadata/{metadata_name(role, version)}"


def _difference(named: MetaFile | TargetFile, data: bytes) -> str:
    """What was seen in place of what was signed, in words."""
    if named.length is not None and len(data) != named.length:
        return f"it has {len(data)} bytes, and {named.length} were signed"
    signed = (named.hashes or {}).get("sha256", "another digest")
    return f"its sha256 is {hashlib.sha256(data).hexdigest()}, and {signed} was signed"


def _delegates(targets: Targets, role: str, path: str, to_visit: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The roles to look in for the path; a terminating one forgets everybody who was to come."""
    if targets.delegations is None:
        return
    for child, terminating in targets.delegations.get_roles_for_target(path):
        yield child, role
        if terminating:
            to_visit.clear()
            return


def moment(text: str) -> datetime:
    """The moment that an RFC 3339 text in UTC means."""
    return datetime.fromisoformat(text).astimezone(UTC)


def time_text(when: datetime) -> str:
    """The moment as RFC 3339 text in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

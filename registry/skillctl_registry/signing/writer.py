"""Publishing to a signed registry: every change of the index is one commit, the compare-and-set of timestamp.json.

What a commit writes, in this order; until the last step nobody sees any of it:

1. each changed index file, under its digest;
2. the bin of each, under its next number;
3. the snapshot that names those bins, under its next number;
4. timestamp.json, in place of the one that all of this was made from.

Who loses the race for step 4 begins again from what the winner has made. Many changes can go into one commit, so that a
server signs what waits as a batch.

`SignedBackend` gives this the shape of a backend: to compare-and-set an index file is to commit it. So publishing,
yanking and the catalog do the same in signed and unsigned registries, and know of no difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl_registry.backends import Backend
from skillctl_registry.backends.forwarding import Forwarding
from skillctl_registry.backends.lasting import put_lasting
from skillctl_registry.config import CONFIG
from skillctl_registry.index import INDEX
from skillctl_registry.remembered import BriefMemory
from skillctl_registry.signing.drafts import commit, put_numbered, renewed
from skillctl_registry.signing.keys import ONLINE, KeyStore
from skillctl_registry.trust.files import BINS, ROOT, SNAPSHOT, TIMESTAMP, max_bytes, metadata_key, target_key
from skillctl_registry.trust.reader import RootPin, TrustedReader
from skillctl_registry.verified import VerifiedBackend

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner
    from tuf.api.metadata import MetaFile, Role, TargetFile, Targets

ATTEMPTS = 256

Exclusive = Callable[[], AbstractContextManager[object]]
"""Holds what makes this the one signer for a block: a lock of the directory, a lease of the database."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an index file is to become."""

    expected: bytes | None
    """What it is; None if there is none yet."""
    new: bytes
    expected_sha256: str = ""
    """The digest of what it is, in place of `expected`, for who knows no more of it."""

    @property
    def expected_digest(self) -> str:
        """The digest of what it is, hexadecimal; empty if there is none yet."""
        if self.expected is None:
            return self.expected_sha256
        return hashlib.sha256(self.expected).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A registry at one moment."""

    timestamp: bytes
    """The bytes of timestamp.json, all that a commit compares."""
    view: VerifiedBackend

    @property
    def reader(self) -> TrustedReader:
        """What is believed of it."""
        return self.view.reader


class SignedWriter:
    """Signs and commits changes of one registry's index."""

    def __init__(
        self,
        backend: Backend,
        keys: KeyStore,
        *,
        now: Callable[[], str],
        exclusive: Exclusive = nullcontext,
        limits: Limits = LIMITS,
    ) -> None:
        """`now` gives RFC 3339. Without `exclusive` writers race, and all but one at a time work in vain."""
        self.backend = backend
        self.keys = keys
        self.now = now
        self.exclusive = exclusive
        self._limits = limits
        self._memory = BriefMemory()
        self._standing: Standing | None = None

    def standing(self) -> Standing:
        """The registry as it is at this moment, verified from the root that the keys were made for."""
        timestamp = self._timestamp()
        if self._standing is not None and self._has_root(self._standing.reader.trusted.root.version + 1):
            self._standing = None  # keys were changed: who signed by the old ones would sign for nobody
        while self._standing is None or self._standing.timestamp != timestamp:
            pin = RootPin(self.keys.signing.root_sha256)
            at = _At(self.backend, timestamp)
            view = VerifiedBackend(at, pin=pin, memory=self._memory, now=self.now(), tolerant=True, limits=self._limits)
            try:
                view.reader.refresh()
            except RegistryError:
                # an older timestamp does not go with the keys of now, if they were changed in this moment
                before, timestamp = timestamp, self._timestamp()
                if before == timestamp:
                    raise
                continue
            self._standing = Standing(timestamp=timestamp, view=view)
        return self._standing

    def _has_root(self, version: int) -> bool:
        return self.backend.get(metadata_key(ROOT, version), max_bytes=max_bytes(ROOT)) is not None

    def _timestamp(self) -> bytes:
        key = metadata_key(TIMESTAMP)
        found = self.backend.get(key, max_bytes=max_bytes(TIMESTAMP))
        if found is None:
            raise RegistryError.of("E705", registry=self.backend.label, file=key)
        return found

    def forget(self) -> None:
        """Look at the registry anew: its root was changed."""
        self._standing = None

    def signers(self, role: str) -> list[CryptoSigner]:
        """The keys of an online role that are here and count. RegistryError E714 if they are not enough."""
        return self.signers_among(role, self._counting(role))

    def signers_among(self, role: str, wanted: Role) -> list[CryptoSigner]:
        """The keys of the role that are here and among those wanted. RegistryError E714 if they are not enough.

        Of snapshot and timestamp all have to be here. A second one means that keys are being changed: what is signed by
        the first alone would be worth nothing to anybody once the change is done, whichever comes last.
        """
        needed = len(wanted.keyids) if role in (SNAPSHOT, TIMESTAMP) else wanted.threshold
        found = self._held(role, wanted)
        if len(found) < needed:
            self.keys.reload()  # they may have been changed since
            found = self._held(role, wanted)
        if len(found) < needed:
            raise RegistryError.of(
                "E714",
                role=role,
                registry=self.backend.label,
                directory=str(self.keys.directory),
                found=len(found),
                needed=needed,
            )
        return found

    def _held(self, role: str, wanted: Role) -> list[CryptoSigner]:
        here = self.keys.signers(role, wanted.keyids)
        return [each for each in here if each.public_key.keyid in wanted.keyids]

    def _counting(self, role: str) -> Role:
        """Whose keys count for the role, and how many."""
        if role != BINS:
            return self.standing().reader.trusted.root.roles[role]
        bins = self.standing().reader.succinct()
        if bins is None:
            raise RuntimeError("a registry of ours has bins")
        return bins

    def check_keys(self) -> None:
        """The keys that every publish needs are here. RegistryError E714 if not."""
        for role in ONLINE:
            self.signers(role)

    def commit(self, changes: Mapping[str, Change], look: Callable[[], object] = lambda: None) -> frozenset[str]:
        """Change index files, all in one commit; the keys of those that are no longer what was expected.

        These were not written, the others were. `look` is called at each attempt, with the registry as it is then: what
        it raises ends the commit. RegistryError E714 without the keys for it.
        """
        for _ in range(ATTEMPTS):
            with self.exclusive():
                lost = self._attempt(changes, look)
            if lost is not None:
                return lost
        raise RegistryError.of("E713", registry=self.backend.label, attempts=ATTEMPTS)

    def _attempt(self, changes: Mapping[str, Change], look: Callable[[], object]) -> frozenset[str] | None:
        """One try; None if somebody else has committed meanwhile."""
        standing = self.standing()
        look()
        reader = standing.reader
        reader.prefetch(changes)
        lost = frozenset(key for key, change in changes.items() if not _stands(reader.find(key), change))
        current = {key: change for key, change in changes.items() if key not in lost}
        if not current:
            return lost
        bins: dict[str, Targets] = {}
        for key, change in current.items():
            put_lasting(self.backend, target_key(key, hashlib.sha256(change.new).hexdigest()), change.new)
            role = reader.bin_of(key)
            if role not in bins:
                bins[role] = deepcopy(reader.role(role))
            bins[role].targets[key] = signed_target(key, change.new)
        metas = {role: self._put_bin(role, targets) for role, targets in bins.items()}
        return lost if self.set_timestamp(standing, metas) else None

    def _put_bin(self, role: str, targets: Targets) -> MetaFile:
        from tuf.api.metadata import MetaFile

        renewed(targets, self.now(), self.keys.signing.days[BINS])
        put_numbered(self.backend, role, targets, self.signers(BINS), after=targets.version)
        return MetaFile(targets.version)

    def set_timestamp(self, standing: Standing, metas: Mapping[str, MetaFile]) -> bool:
        """Commit the roles that were put: the snapshot with them, and the timestamp, if the registry still stands so.

        All that was put must have been made of that standing.
        """
        trusted = standing.reader.trusted
        snapshot = deepcopy(trusted.snapshot)
        snapshot.meta.update({f"{role}.json": meta for role, meta in metas.items()})
        return commit(
            self.backend,
            snapshot=snapshot,
            timestamp=deepcopy(trusted.timestamp),
            expected=standing.timestamp,
            signers=self.signers,
            days=self.keys.signing.days,
            now=self.now(),
        )


class SignedBackend:
    """A signed registry that can be written: its index is verified when it is read, and signed when it is changed."""

    def __init__(self, writer: SignedWriter) -> None:
        self.writer = writer

    @property
    def label(self) -> str:
        return self.writer.backend.label

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.writer.backend.problems

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        if key.startswith(INDEX) or key == CONFIG:
            return self.writer.standing().view.get(key, max_bytes=max_bytes)
        return self.writer.backend.get(key, max_bytes=max_bytes)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        if key.startswith(INDEX):
            return self.compare_and_set(key, None, data)
        return self.writer.backend.put_if_absent(key, data)

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        if key.startswith(INDEX):
            return not self.writer.commit({key: Change(expected=expected, new=new)})
        return self.writer.backend.compare_and_set(key, expected, new)

    def put_after(self, look: Callable[[], object], key: str, data: bytes) -> bool:
        return not self.writer.commit({key: Change(expected=None, new=data)}, look)

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        self.writer.standing().view.prefetch(keys, max_bytes=max_bytes, then=then)

    def list(self, prefix: str) -> Iterator[str]:
        return self.writer.standing().view.list(prefix)


class _At(Forwarding):
    """A backend at the moment of one timestamp: so that all of a view is of one time."""

    def __init__(self, real: Backend, timestamp: bytes) -> None:
        super().__init__(real)
        self._timestamp = timestamp

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        return self._timestamp if key == metadata_key(TIMESTAMP) else self._real.get(key, max_bytes=max_bytes)

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        others = [key for key in keys if key != metadata_key(TIMESTAMP)]  # what nobody will get must not wait for it
        self._real.prefetch(others, max_bytes=max_bytes, then=then)


def signed_target(path: str, data: bytes) -> TargetFile:
    """What is signed of a file."""
    from tuf.api.metadata import TargetFile

    return TargetFile.from_data(path, data, ["sha256"])


def _stands(target: TargetFile | None, change: Change) -> bool:
    """Whether the index file is what was expected."""
    return (target.hashes.get("sha256", "") if target is not None else "") == change.expected_digest

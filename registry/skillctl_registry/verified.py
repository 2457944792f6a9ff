"""A signed registry as a backend: what it gives of the index is verified, whatever it is read from.

`TrustedReader` is the client of the TUF specification around the rules of `trust`: it fetches, keeps, and asks 16
things at a time where the order leaves it free. `VerifiedBackend` puts it before any backend that can read, so that a
`RegistrySource` works over it unchanged: `get("index/ar/arcgis")` gives signed bytes or an error, never anything else.

What is not signed needs no signature: a blob is checked against the digest in its index line, and the catalog is
advisory.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl_registry.backends import Backend
from skillctl_registry.config import CONFIG
from skillctl_registry.index import INDEX, index_path
from skillctl_registry.remembered import BriefMemory, Memory
from skillctl_registry.trust.files import (
    MAX_ROOT_ROTATIONS,
    METADATA,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    max_bytes,
    metadata_name,
    target_key,
)
from skillctl_registry.trust.trusted import Trusted

if TYPE_CHECKING:
    from tuf.api.metadata import TargetFile, Targets

JOBS = 16
"""Files fetched at a time."""

Fetch = Callable[[str, int], "bytes | None"]
"""The file of metadata with that name, of so many bytes at most; None if there is none."""


@dataclass(frozen=True, slots=True)
class RootPin:
    """The root that a user trusts, by the digest of its file, and the file where it is at hand."""

    sha256: str
    """`sha256:<hex>`."""
    data: bytes = b""


def pin_root(root: bytes | str) -> RootPin:
    """The pin of a root file's bytes, or of its `sha256:<hex>`."""
    return RootPin(root) if isinstance(root, str) else RootPin(sha256_digest(root), root)


class TrustedReader:
    """One command's view of a signed registry: refreshed once, and the same from then on."""

    def __init__(
        self,
        fetch: Fetch,
        memory: Memory,
        *,
        pin: RootPin,
        registry: str,
        now: str,
        offline: bool = False,
        tolerant: bool = False,
        jobs: int = JOBS,
    ) -> None:
        """`registry` is what messages call it, `now` RFC 3339. `offline` fetches nothing and warns of what is expired.

        `tolerant` warns too and fetches: for whoever holds the keys, and is about to sign what has expired anew.
        """
        self._fetch = fetch
        self._memory = memory
        self._pin = pin
        self._registry = registry
        self._now = now
        self._offline = offline
        self._tolerant = tolerant
        self._jobs = jobs
        self._trusted: Trusted | None = None
        self._refreshing = threading.Lock()
        self._loading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def trusted(self) -> Trusted:
        """What is believed of the registry as a whole. RegistryError E700 to E708 if it can't be."""
        if self._trusted is None:
            with self._refreshing:
                if self._trusted is None:
                    self._trusted = self._refreshed()
        return self._trusted

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings about what was believed so far."""
        return self._trusted.problems if self._trusted is not None else ()

    def find(self, path: str) -> TargetFile | None:
        """What is signed of that target, None if nothing is."""
        return self.trusted.find(path, self._role)

    def check(self, target: TargetFile, data: bytes) -> None:
        """The bytes are those that were signed. RegistryError E706 if not."""
        self.trusted.check_target(target, data)

    def prefetch(self, paths: Iterable[str]) -> None:
        """Load the bins of these targets, many at a time. What fails here fails again for whoever asks."""
        delegations = self._role(TARGETS, ROOT).delegations
        if delegations is not None and delegations.succinct_roles is not None:
            roles = delegations.succinct_roles
            self._load_bins(sorted({roles.get_role_for_target(path) for path in paths}))

    def targets(self) -> dict[str, TargetFile]:
        """Every target of the registry, by path."""
        top = self._role(TARGETS, ROOT)
        found = dict(top.targets)
        if top.delegations is not None and top.delegations.succinct_roles is not None:
            roles = list(top.delegations.succinct_roles.get_roles())
            self._load_bins(roles)
            for role in roles:
                found.update(self._role(role, TARGETS).targets)
        return found

    # Refreshing, in the order of the specification (5.3 to 5.6)

    def _refreshed(self) -> Trusted:
        since = self._memory.checked()
        quiet = self._offline or self._tolerant
        trusted = Trusted(self._first_root(), registry=self._registry, now=self._now, since=since, offline=quiet)
        self._update_root(trusted)
        trusted.check_root()
        self._update_timestamp(trusted)
        self._update_snapshot(trusted)
        self._load(trusted, TARGETS, ROOT)
        if not self._offline:
            self._memory.mark_checked(self._now)
        return trusted

    def _first_root(self) -> bytes:
        """The root of the last time, or the pinned one. RegistryError E708 if the registry doesn't have that one."""
        kept = self._memory.read(metadata_name(ROOT, None), max_bytes=max_bytes(ROOT))
        if kept is not None:
            return kept
        if self._pin.data:
            found: bytes | None = self._pin.data
        else:
            found = self._pinned_root()
        if found is None:
            raise RegistryError.of("E708", registry=self._registry, sha256=self._pin.sha256)
        self._keep(ROOT, found, None)
        return found

    def _pinned_root(self) -> bytes | None:
        for version in range(1, MAX_ROOT_ROTATIONS + 1):
            data = self._get(ROOT, version)
            if data is None or sha256_digest(data) == self._pin.sha256:
                return data
        return None

    def _update_root(self, trusted: Trusted) -> None:
        kept = self._memory.read(metadata_name(ROOT, None), max_bytes=max_bytes(ROOT))
        for _ in range(MAX_ROOT_ROTATIONS):
            data = self._get(ROOT, trusted.root.version + 1)
            if data is None:
                return
            trusted.update_root(data)
            self._keep(ROOT, data, kept)
            kept = data

    def _update_timestamp(self, trusted: Trusted) -> None:
        kept = self._recalled(TIMESTAMP, trusted.recall_timestamp)
        data = kept if self._offline else self._get(TIMESTAMP, None)
        if data is None:
            raise self._missing(TIMESTAMP, None)
        changed = trusted.update_timestamp(data)
        trusted.check_timestamp()
        if changed:
            self._keep(TIMESTAMP, data, kept)

    def _update_snapshot(self, trusted: Trusted) -> None:
        is_current: list[bool] = []
        kept = self._recalled(SNAPSHOT, lambda data: is_current.append(trusted.recall_snapshot(data)))
        if is_current == [True]:
            trusted.check_snapshot()
            return
        version = trusted.file_of(SNAPSHOT)
        data = self._get(SNAPSHOT, version, trusted.timestamp.snapshot_meta.length)
        if data is None:
            raise self._missing(SNAPSHOT, version)
        trusted.update_snapshot(data)
        trusted.check_snapshot()
        self._keep(SNAPSHOT, data, kept)

    def _recalled(self, role: str, recall: Callable[[bytes], object]) -> bytes | None:
        """The file of the last time; one that is no longer to be believed counts for nothing, and is replaced."""
        kept = self._memory.read(metadata_name(role, None), max_bytes=max_bytes(role))
        if kept is not None:
            try:
                recall(kept)
            except RegistryError:
                if self._offline:
                    raise
        return kept

    # Targets

    def _role(self, role: str, delegator: str) -> Targets:
        trusted = self.trusted
        found = trusted.delegate(role, delegator)
        if found is not None:
            return found
        with self._loading[role]:
            return self._load(trusted, role, delegator)

    def _load(self, trusted: Trusted, role: str, delegator: str) -> Targets:
        """The role as it was kept, if that is the one that counts now; else fetched."""
        found = trusted.delegate(role, delegator)
        if found is not None:
            return found
        name = metadata_name(role, None)
        kept = self._memory.read(name)
        if kept is not None:
            try:
                return trusted.update_targets(kept, role, delegator)
            except RegistryError:
                if self._offline:
                    raise
        version = trusted.file_of(role)
        data = self._get(role, version, trusted.named(role).length)
        if data is None:
            raise self._missing(role, version)
        targets = trusted.update_targets(data, role, delegator)
        self._keep(role, data, kept)
        return targets

    def _load_bins(self, roles: Sequence[str]) -> None:
        trusted = self.trusted
        wanted = [role for role in roles if trusted.delegate(role, TARGETS) is None]
        in_parallel(lambda role: self._role(role, TARGETS), wanted, jobs=self._jobs)

    # The world

    def _get(self, role: str, version: int | None, length: int | None = None) -> bytes | None:
        if self._offline:
            return None
        return self._fetch(metadata_name(role, version), length or max_bytes(role))

    def _keep(self, role: str, data: bytes, instead_of: bytes | None) -> None:
        self._memory.keep(metadata_name(role, None), data, instead_of=instead_of)

    def _missing(self, role: str, version: int | None) -> RegistryError:
        name = metadata_name(role, version)
        if self._offline:
            return RegistryError.of("E710", registry=self._registry, file=name)
        return RegistryError.of(
            "E705", place=Place(file=f"{self._registry}/{METADATA}{name}"), registry=self._registry, file=name
        )


class VerifiedBackend:
    """Another backend, with an index that is verified. It is read only: writing is `signing`'s."""

    def __init__(
        self,
        real: Backend,
        *,
        pin: RootPin,
        now: str,
        memory: Memory | None = None,
        offline: bool = False,
        tolerant: bool = False,
        limits: Limits = LIMITS,
        jobs: int = JOBS,
    ) -> None:
        """`memory` is that of the process alone, unless given. For the rest see `TrustedReader`."""
        self._real = real
        self._memory = memory if memory is not None else BriefMemory()
        self._limits = limits
        self._offline = offline
        self._jobs = jobs
        self.reader = TrustedReader(
            lambda name, most: real.get(METADATA + name, max_bytes=most),
            self._memory,
            pin=pin,
            registry=real.label,
            now=now,
            offline=offline,
            tolerant=tolerant,
            jobs=jobs,
        )
        self._verified: dict[str, bytes | None] = {}

    @property
    def label(self) -> str:
        return self._real.label

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings: what is expired and used all the same, without a network."""
        return self.reader.problems

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        if key != CONFIG and not key.startswith(INDEX):
            return self._real.get(key, max_bytes=max_bytes)
        if key not in self._verified:
            self._verified[key] = self._read(key, max_bytes)
        return self._verified[key]

    def list(self, prefix: str) -> Iterator[str]:
        if prefix.startswith(INDEX):
            yield from sorted(path for path in self.reader.targets() if path.startswith(prefix))
        else:
            yield from self._real.list(prefix)

    def prefetch(self, names: Iterable[str]) -> None:
        """Have the index files of these packs ready, many at a time."""
        keys = [key for name in names if (key := index_path(name)) not in self._verified]
        if not keys:
            return
        self.reader.prefetch(keys)
        in_parallel(lambda key: self.get(key, max_bytes=self._limits.index_bytes), keys, jobs=self._jobs)

    def put_if_absent(self, key: str, data: bytes) -> bool:  # noqa: ARG002 - never written to
        raise RuntimeError("a verified registry is only read")

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:  # noqa: ARG002 - the same
        raise RuntimeError("a verified registry is only read")

    def _read(self, key: str, most: int) -> bytes | None:
        target = self.reader.find(key)
        if target is None:
            return None
        digest = target.hashes.get("sha256", "")
        kept_as = f"index/{digest}"
        data = self._memory.read(kept_as, max_bytes=most)
        if data is not None and hashlib.sha256(data).hexdigest() == digest:
            return data
        data = None if self._offline else self._fetched(key, digest, min(most, target.length))
        if data is None:
            code = "E710" if self._offline else "E705"
            raise RegistryError.of(code, place=Place(file=f"{self.label}/{key}"), registry=self.label, file=key)
        self.reader.check(target, data)
        self._memory.keep(kept_as, data, instead_of=None)
        return data

    def _fetched(self, key: str, digest: str, most: int) -> bytes | None:
        # config.json never changes, and has one name for those who verify and those who don't
        return self._real.get(key if key == CONFIG else target_key(key, digest), max_bytes=most)


def in_parallel(work: Callable[[str], object], keys: Sequence[str], *, jobs: int) -> None:
    """Do the work for each key, some at a time. Its errors are left to whoever asks for the one thing later."""

    def quietly(key: str) -> None:
        try:
            work(key)
        except SkillctlError:
            return

    if len(keys) < 2 or jobs < 2:
        for key in keys:
            quietly(key)
        return
    with ThreadPoolExecutor(max_workers=min(jobs, len(keys))) as pool:
        list(pool.map(quietly, keys))


def first_root(backend: Backend) -> bytes | None:
    """The first root of a registry, which `registry add` shows and pins; None if it is not signed."""
    return backend.get(f"{METADATA}{metadata_name(ROOT, 1)}", max_bytes=max_bytes(ROOT))

"""A signed registry as a backend: what it gives of the index is verified, whatever it is read from.

`TrustedReader` is the client of the TUF specification around the rules of `trust`: it fetches and keeps, and says in
one breath what it will ask for where the order leaves it free. `VerifiedBackend` puts it before any backend, so that a
`RegistrySource` works over it unchanged: `get("index/ar/arcgis")` gives signed bytes or an error, never anything else.

What is not signed needs no signature: a blob is checked against the digest in its index line, and the catalog is
advisory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import InstallError, RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl_registry.backends import Backend
from skillctl_registry.config import CONFIG
from skillctl_registry.index import INDEX
from skillctl_registry.remembered import BriefMemory, Memory
from skillctl_registry.trust.files import (
    MAX_ROOT_ROTATIONS,
    MAX_TARGETS_BYTES,
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

Fetch = Callable[[str, int], "bytes | None"]
"""The file of metadata with that name, of so many bytes at most; None if there is none."""
Announce = Callable[[Collection[str], Callable[[str], object]], None]
"""Is told the names of files that will be fetched, and tells each of them when it is there, if it likes."""

_REFRESHES = 3


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
        announce: Announce | None = None,
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
        self._announce = announce
        self._trusted: Trusted | None = None

    @property
    def trusted(self) -> Trusted:
        """What is believed of the registry as a whole. RegistryError E700 to E708 if it can't be."""
        if self._trusted is None:
            self._trusted = self._refreshed()
        return self._trusted

    def refresh(self) -> Trusted:
        """Look at the registry, if that was not done yet."""
        return self.trusted

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings about what was believed so far; without a network, since when it is."""
        if self._trusted is None:
            return ()
        if not self._offline or self._trusted.problems:  # what is expired tells of the time itself
            return self._trusted.problems
        return (problem("W240", severity="note", registry=self._registry, since=self.since),)

    @property
    def since(self) -> str:
        """When the registry was in order last, before this look at it; `never`, or RFC 3339."""
        return self._trusted.since if self._trusted is not None else self._memory.checked() or "never"

    def find(self, path: str) -> TargetFile | None:
        """What is signed of that target, None if nothing is."""
        return self.trusted.find(path, self._role)

    def check(self, target: TargetFile, data: bytes) -> None:
        """The bytes are those that were signed. RegistryError E706 if not."""
        self.trusted.check_target(target, data)

    def top(self) -> Targets:
        """The role that delegates to all others."""
        return self._role(TARGETS, ROOT)

    def role(self, name: str) -> Targets:
        """A role that the top one delegates to."""
        return self._role(name, TARGETS)

    def bin_of(self, path: str) -> str:
        """The bin of a target; empty in a registry without bins."""
        delegations = self.top().delegations
        roles = delegations.succinct_roles if delegations is not None else None
        return "" if roles is None else roles.get_role_for_target(path)

    def bins(self) -> list[str]:
        """Every bin of the registry, in order."""
        delegations = self.top().delegations
        roles = delegations.succinct_roles if delegations is not None else None
        return [] if roles is None else list(roles.get_roles())

    def prefetch(self, paths: Iterable[str]) -> None:
        """Load the bins of these targets, many at a time. What fails here fails again for whoever asks."""
        self._load_bins(sorted({role for path in paths if (role := self.bin_of(path))}))

    def targets(self) -> dict[str, TargetFile]:
        """Every target of the registry, by path."""
        found = dict(self.top().targets)
        bins = self.bins()
        self._load_bins(bins)
        for role in bins:
            found.update(self.role(role).targets)
        return found

    # Refreshing, in the order of the specification (5.3 to 5.6)

    def _refreshed(self) -> Trusted:
        """Refresh, and once more if it failed while keys were being changed: the next root tells so."""
        for attempt in range(_REFRESHES):
            trusted = self._begun()
            try:
                self._refresh(trusted)
            except RegistryError as error:
                # only signatures look wrong while keys are changed; the next root then lies there
                last = attempt == _REFRESHES - 1 or error.code != "E701"
                if last or self._get(ROOT, trusted.root.version + 1) is None:
                    raise
            else:
                if not self._offline:
                    self._memory.mark_checked(self._now)
                return trusted
        raise RuntimeError("the last attempt returns or raises")

    def _refresh(self, trusted: Trusted) -> None:
        self._update_root(trusted)
        trusted.check_root()
        self._update_timestamp(trusted)
        self._update_snapshot(trusted)
        self._load(trusted, TARGETS, ROOT)

    def _begun(self) -> Trusted:
        """With the root of the last time, or the pinned one. RegistryError E708 if the registry doesn't have that."""
        kept = self._memory.read(metadata_name(ROOT, None), max_bytes=max_bytes(ROOT))
        if kept is not None:
            with suppress(RegistryError):  # a damaged file is as good as none
                return self._trusting(kept)
        found = self._pin.data or self._pinned_root()
        if found is None:
            shown = self._get(ROOT, 1)
            nothing = "nothing of it is kept here" if self._offline else "it shows none"
            seen = f"its first is {sha256_digest(shown)}" if shown is not None else nothing
            raise RegistryError.of("E708", registry=self._registry, sha256=self._pin.sha256, seen=seen)
        trusted = self._trusting(found)
        self._keep(ROOT, found, kept)
        return trusted

    def _trusting(self, root: bytes) -> Trusted:
        return Trusted(
            root,
            registry=self._registry,
            now=self._now,
            since=self._memory.checked(),
            offline=self._offline or self._tolerant,
        )

    def _pinned_root(self) -> bytes | None:
        for version in range(1, MAX_ROOT_ROTATIONS + 1):
            data = self._get(ROOT, version)
            if data is None or sha256_digest(data) == self._pin.sha256:
                return data
        return None

    def _update_root(self, trusted: Trusted) -> None:
        self._expect([metadata_name(ROOT, trusted.root.version + 1), metadata_name(TIMESTAMP, None)])
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
        return self._load(self.trusted, role, delegator)

    def _load(self, trusted: Trusted, role: str, delegator: str) -> Targets:
        """The role as it was kept, if that is the one that counts now; else fetched."""
        believed = trusted.delegate(role, delegator)
        if believed is not None:
            return believed
        kept = self._memory.read(metadata_name(role, None))
        found = self._recalled_role(trusted, role, delegator, kept)
        if found is not None:
            return found
        version = trusted.file_of(role)
        data = self._get(role, version, trusted.named(role).length)
        if data is None:
            raise self._missing(role, version)
        targets = trusted.update_targets(data, role, delegator)
        self._keep(role, data, kept)
        return targets

    def _recalled_role(self, trusted: Trusted, role: str, delegator: str, kept: bytes | None) -> Targets | None:
        if kept is None:
            return None
        try:
            return trusted.update_targets(kept, role, delegator)
        except RegistryError:
            if self._offline:
                raise
            return None

    def _load_bins(self, roles: Sequence[str]) -> None:
        trusted = self.trusted
        missing: dict[str, str] = {}
        for role in roles:
            if trusted.delegate(role, TARGETS) is not None:
                continue
            with suppress(SkillctlError):
                kept = self._memory.read(metadata_name(role, None))
                if self._recalled_role(trusted, role, TARGETS, kept) is None:
                    missing[metadata_name(role, trusted.file_of(role))] = role

        def load(name: str) -> None:
            with suppress(SkillctlError):
                self.role(missing[name])

        self._expect(missing, load)
        for name in missing:
            load(name)

    # The world

    def _expect(self, names: Collection[str], then: Callable[[str], object] = lambda _: None) -> None:
        """Say what will be fetched."""
        if names and self._announce is not None and not self._offline:
            self._announce(names, then)

    def _get(self, role: str, version: int | None, length: int | None = None) -> bytes | None:
        if self._offline:
            return None
        name = metadata_name(role, version)
        most = length or max_bytes(role)
        try:
            data = self._fetch(name, most)
        except (InstallError, RegistryError) as error:
            if not _is_too_long(error):
                raise
            raise self._too_long(name) from error
        if data is not None and len(data) > most:  # what was expected came with the largest limit of all
            raise self._too_long(name)
        return data

    def _too_long(self, name: str) -> RegistryError:
        return RegistryError.of(
            "E703",
            place=Place(file=f"{self._registry}/{METADATA}{name}"),
            registry=self._registry,
            file=name,
            what="it is longer than what was signed",
            since=self.since,
        )

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
    ) -> None:
        """`memory` is that of the process alone, unless given. For the rest see `TrustedReader`."""
        self._real = real
        self._memory = memory if memory is not None else BriefMemory()
        self._limits = limits
        self._offline = offline
        self.reader = TrustedReader(
            lambda name, most: real.get(METADATA + name, max_bytes=most),
            self._memory,
            pin=pin,
            registry=real.label,
            now=now,
            offline=offline,
            tolerant=tolerant,
            announce=self._announce,
        )
        self._verified: dict[str, bytes | None] = {}

    @property
    def label(self) -> str:
        return self._real.label

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings, among them what is expired and used all the same, without a network."""
        return (*self._real.problems, *self.reader.problems)

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

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        signed = [key for key in keys if key.startswith(INDEX) and key not in self._verified]
        wanted = {key: key for key in keys if not key.startswith(INDEX) and key not in self._verified}
        if signed:
            with suppress(SkillctlError):  # it fails again for whoever asks
                self.reader.prefetch(signed)
                wanted |= self._to_fetch(signed)

        def tell(file: str) -> None:
            if then is not None:
                then(wanted[file])

        if wanted and not self._offline:
            self._real.prefetch(wanted, max_bytes=max_bytes, then=tell)

    def _announce(self, names: Collection[str], then: Callable[[str], object]) -> None:
        keys = [METADATA + name for name in names]
        self._real.prefetch(keys, max_bytes=MAX_TARGETS_BYTES, then=lambda key: then(key.removeprefix(METADATA)))

    def put_if_absent(self, key: str, data: bytes) -> bool:  # noqa: ARG002 - never written to
        raise RuntimeError("a verified registry is only read")

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:  # noqa: ARG002 - the same
        raise RuntimeError("a verified registry is only read")

    def _read(self, key: str, most: int) -> bytes | None:
        target = self.reader.find(key)
        if target is None:
            return None
        kept = self._kept(target)
        if kept is not None and len(kept) <= most:
            return kept
        digest = target.hashes.get("sha256", "")
        data = None if self._offline else self._fetched(key, digest, min(most, target.length))
        if data is None:
            code = "E710" if self._offline else "E705"
            raise RegistryError.of(code, place=Place(file=f"{self.label}/{key}"), registry=self.label, file=key)
        self.reader.check(target, data)
        self._memory.keep(_kept_as(target), data, instead_of=None)
        return data

    def _kept(self, target: TargetFile) -> bytes | None:
        """The file as it was kept, if it is what was signed."""
        data = self._memory.read(_kept_as(target), max_bytes=self._limits.index_bytes)
        return data if data is not None and hashlib.sha256(data).hexdigest() == target.hashes.get("sha256") else None

    def _to_fetch(self, keys: Iterable[str]) -> dict[str, str]:
        """Where the files lie that are signed and not kept here, each with its key; what is kept is ready then."""
        found: dict[str, str] = {}
        for key in keys:
            with suppress(SkillctlError):
                target = self.reader.find(key)
                if target is None:
                    self._verified[key] = None
                elif (kept := self._kept(target)) is not None:
                    self._verified[key] = kept
                else:
                    found[target_key(key, target.hashes.get("sha256", ""))] = key
        return found

    def _fetched(self, key: str, digest: str, most: int) -> bytes | None:
        # config.json never changes, and has one name for those who verify and those who don't
        name = key if key == CONFIG else target_key(key, digest)
        try:
            return self._real.get(name, max_bytes=most)
        except (InstallError, RegistryError) as error:
            if not _is_too_long(error):
                raise
            raise RegistryError.of(
                "E706",
                place=Place(file=f"{self.label}/{name}"),
                file=key,
                registry=self.label,
                what="it is longer than what was signed",
                since=self.reader.since,
            ) from error


def _is_too_long(error: SkillctlError) -> bool:
    """Whether a file of the disk, or an answer of a server, went on behind its limit."""
    return error.code in ("E454", "E284")


def _kept_as(target: TargetFile) -> str:
    return f"index/{target.hashes.get('sha256', '')}"


def first_root(backend: Backend) -> bytes | None:
    """The first root of a registry, which `registry add` shows and pins; None if it is not signed."""
    return backend.get(f"{METADATA}{metadata_name(ROOT, 1)}", max_bytes=max_bytes(ROOT))

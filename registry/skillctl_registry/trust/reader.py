"""The client of the TUF specification around the rules of `trusted`: what it asks for and keeps, in which order.

It sees nothing of the world itself: `Fetch` gives it a file, `Memory` has what was verified before, and the time comes
in as a text. In one breath it tells `Announce` what it will ask for where the order leaves it free.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import InstallError, RegistryError, SkillctlError
from skillctl.core.value import dataclass
from skillctl_registry.backends import is_too_long
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
)
from skillctl_registry.trust.trusted import Trusted

if TYPE_CHECKING:
    from tuf.api.metadata import SuccinctRoles, TargetFile, Targets

Fetch = Callable[[str, int], "bytes | None"]
"""The file of metadata with that name, of so many bytes at most; None if there is none."""
Announce = Callable[[Collection[str], Callable[[str], object]], None]
"""Is told the names of files that will be fetched, and tells each of them when it is there, if it likes."""

_REFRESHES = 3


class Memory(Protocol):
    """Where a client keeps what it verified."""

    def read(self, name: str, *, max_bytes: int = MAX_TARGETS_BYTES) -> bytes | None:
        """The file of that name, None if there is none that can be read."""

    def keep(self, name: str, data: bytes, *, instead_of: bytes | None) -> None:
        """Keep the bytes, if what is there is still what was read. That they can't be kept is no error."""

    def checked(self) -> str:
        """When the registry was in order last, RFC 3339; empty if never."""

    def mark_checked(self, now: str) -> None:
        """The registry is in order now."""


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

    def succinct(self) -> SuccinctRoles | None:
        """How the top role delegates to bins; None in a registry without them."""
        delegations = self.top().delegations
        return delegations.succinct_roles if delegations is not None else None

    def bin_of(self, path: str) -> str:
        """The bin of a target; empty in a registry without bins."""
        roles = self.succinct()
        return "" if roles is None else roles.get_role_for_target(path)

    def bins(self) -> list[str]:
        """Every bin of the registry, in order."""
        roles = self.succinct()
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
            if not is_too_long(error):
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

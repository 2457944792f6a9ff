"""A signed registry as a backend: what it gives of the index is verified, whatever it is read from.

`VerifiedBackend` puts a `TrustedReader` before any backend, so that a `RegistrySource` works over it unchanged:
`get("index/ar/arcgis")` gives signed bytes or an error, never anything else.

What is not signed needs no signature: a blob is checked against the digest in its index line, and the catalog is
advisory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import InstallError, RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl_registry.backends import Backend, is_too_long
from skillctl_registry.config import CONFIG, whole_config
from skillctl_registry.index import INDEX
from skillctl_registry.remembered import BriefMemory
from skillctl_registry.trust.files import (
    MAX_ROOT_ROTATIONS,
    MAX_TARGETS_BYTES,
    METADATA,
    ROOT,
    max_bytes,
    metadata_key,
    target_key,
)
from skillctl_registry.trust.reader import Memory, RootPin, TrustedReader, pin_root

if TYPE_CHECKING:
    from tuf.api.metadata import TargetFile

BEFORE_ALL = "1970-01-01T00:00:00Z"
"""A time when nothing has expired yet."""


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
            if not is_too_long(error):
                raise
            raise RegistryError.of(
                "E706",
                place=Place(file=f"{self.label}/{name}"),
                file=key,
                registry=self.label,
                what="it is longer than what was signed",
                since=self.reader.since,
            ) from error


def _kept_as(target: TargetFile) -> str:
    return f"index/{target.hashes.get('sha256', '')}"


def first_root(backend: Backend) -> bytes | None:
    """The first root of a registry, which `registry add` shows and pins; None if it is not signed."""
    return backend.get(metadata_key(ROOT, 1), max_bytes=max_bytes(ROOT))


def check_root(backend: Backend, sha256: str, *, registry: str) -> None:
    """The registry is the signed one with that root, pinned as `sha256:<hex>`. RegistryError E708 if it is not.

    This is for whoever writes there with keys of his own, and for a word about what there is in place of it: it
    verifies no signature.
    """
    first = first_root(backend)
    config = whole_config(backend)
    if first is None or (config is not None and not config.signed):
        raise RegistryError.of("E708", registry=registry, sha256=sha256, seen="what is there is not signed")
    root: bytes | None = first
    for version in range(2, MAX_ROOT_ROTATIONS + 1):
        if root is None or sha256_digest(root) == sha256:
            break
        root = backend.get(metadata_key(ROOT, version), max_bytes=max_bytes(ROOT))
    if root is None:
        seen = f"its first is {sha256_digest(first)}"
        raise RegistryError.of("E708", registry=registry, sha256=sha256, seen=seen)


def own_view(backend: Backend, *, limits: Limits = LIMITS) -> VerifiedBackend:
    """A signed registry as its own first root has it, however old it is: whether its files belong together.

    It tells damage, and is no proof against forgery. RegistryError E705 if there is no root.
    """
    root = first_root(backend)
    if root is None:
        key = metadata_key(ROOT, 1)
        raise RegistryError.of("E705", place=Place(file=f"{backend.label}/{key}"), registry=backend.label, file=key)
    return VerifiedBackend(backend, pin=pin_root(root), now=BEFORE_ALL, limits=limits)

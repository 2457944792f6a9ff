"""Signed registries to test with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.signing.founding import Wishes, found_signed
from skillctl_registry.signing.keys import KeyStore
from skillctl_registry.signing.writer import SignedBackend, SignedWriter
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.reader import Memory, RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import NOW


class Signed:
    """A signed registry in a directory, with its keys beside it."""

    def __init__(self, directory: Path, *, wishes: Wishes | None = None, now: str = NOW) -> None:
        self.root = directory / "registry"
        self.keys = KeyStore(directory / "keys")
        self.directory = DirectoryBackend(self.root)
        self.now = now
        founded = found_signed(self.directory, self.keys, wishes or Wishes(), now=now, new_id="test-registry")
        self.pin = RootPin(founded.root_sha256)
        self.writer = SignedWriter(self.directory, self.keys, now=lambda: self.now, exclusive=self.directory.exclusive)
        self.backend = SignedBackend(self.writer)

    def view(self, memory: Memory | None = None, *, offline: bool = False) -> VerifiedBackend:
        """What somebody sees who looks at the registry now."""
        return VerifiedBackend(self.directory, pin=self.pin, memory=memory, now=self.now, offline=offline)

    def source(self, memory: Memory | None = None, *, offline: bool = False) -> RegistrySource:
        """The registry as one that packs are installed from."""
        return RegistrySource(self.view(memory, offline=offline), label="acme")


def open_writer(directory: Path, now: Callable[[], str]) -> SignedBackend:
    """The writer's side of a registry that another process made."""
    backend = DirectoryBackend(directory / "registry")
    return SignedBackend(SignedWriter(backend, KeyStore(directory / "keys"), now=now, exclusive=backend.exclusive))

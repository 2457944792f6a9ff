"""Registries whose archives lie in an OCI registry, and what can come between the steps of a publish there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

from skillctl.core.diagnostics import Problem
from skillctl.core.release import Release
from skillctl.edges.http import Http
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.backends.forwarding import Forwarding
from skillctl_registry.backends.object_store import open_object_store
from skillctl_registry.blobs import Blobs, OpenBlobs
from skillctl_registry.index import INDEX
from skillctl_registry.oci import OciRepository, archive_in, parse_reference
from skillctl_registry.publish import Written
from skillctl_registry.signing.checking import Checked, check
from skillctl_registry.signing.founding import Wishes, found_unsigned
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.verified import VerifiedBackend
from tests.edges.faults_of_the_web import CALM
from tests.registry.making import NOW, pack_files, publish_files
from tests.registry.trust.killed import Killed
from tests.registry.trust.signed import Signed
from tests.support.docker_registry import DockerRegistry, logged_in, user
from tests.support.object_store import S3

NUMBERS = itertools.count()


class Registry:
    """A registry whose archives lie at a place of its own in the OCI registry, with packs of its own."""

    def __init__(self, kind: str, room: Path, docker: DockerRegistry, bucket: S3 | None = None) -> None:
        self.docker = docker
        self.number = next(NUMBERS)
        self.place = docker.reference(f"registries/{self.number}")
        self.signed: Signed | None = None
        self.raw: Backend
        if kind == "signed":
            self.signed = Signed(room, wishes=Wishes(bits=3, blobs=self.place))
            self.raw = self.signed.directory
        else:
            self.raw = DirectoryBackend(room / "registry")
            if bucket is not None:
                self.raw = open_object_store(bucket.address(f"elsewhere-{self.number}"))
            found_unsigned(self.raw, new_id="test-registry", blobs=self.place)

    @property
    def backend(self) -> Backend:
        """Its writer's side."""
        return self.signed.backend if self.signed else self.raw

    def files(self, name: str, version: str = "1.0.0", **more: str) -> dict[str, bytes]:
        """A pack that no other registry of the tests has."""
        return pack_files(name, version, place__md=str(self.number), **more)

    def publish(
        self,
        name: str,
        version: str = "1.0.0",
        *,
        backend: Backend | None = None,
        elsewhere: OpenBlobs = logged_in,
        **more: str,
    ) -> Written:
        return publish_files(backend or self.backend, self.files(name, version, **more), elsewhere=elsewhere)

    def view(self, backend: Backend | None = None) -> Backend:
        """A reader's side of it, or of a mirror."""
        raw = backend or self.raw
        return VerifiedBackend(raw, pin=self.signed.pin, now=NOW) if self.signed else raw

    def source(self, elsewhere: OpenBlobs = logged_in) -> RegistrySource:
        return RegistrySource(self.view(), label="acme", elsewhere=elsewhere)

    def fetched(self, release: Release, source: RegistrySource | None = None) -> Mapping[str, bytes]:
        """The files of the release as somebody installs them."""
        return {each.path: each.data for each in (source or self.source()).fetch(release).members}

    def checked(self, backend: Backend | None = None, elsewhere: OpenBlobs = logged_in) -> Checked:
        view = self.view(backend)
        return check(backend or self.raw, view if isinstance(view, VerifiedBackend) else None, elsewhere=elsewhere)

    def tagged(self, name: str, version: str = "1.0.0") -> str:
        """The archive that the version's tag names; empty if there is no such tag."""
        found = self.repository(name).manifest(version)
        return archive_in(found[0], name) if found else ""

    def repository(self, name: str) -> OciRepository:
        return OciRepository(Http(patience=CALM), parse_reference(f"{self.place}/{name}"), login=user)


class Overtaken(Forwarding):
    """A backend where something happens around the first change of an index file."""

    def __init__(self, real: Backend, event: Callable[[], object], *, after: bool = False) -> None:
        super().__init__(real)
        self._event: Callable[[], object] | None = event
        self._after = after

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        event, self._event = (self._event, None) if key.startswith(INDEX) else (None, self._event)
        if event is not None and not self._after:
            event()
        done = super().compare_and_set(key, expected, new)
        if event is not None and self._after:
            event()
        return done


class Dying:
    """Archives whose publisher is killed at one step, before or after it is done."""

    problems: tuple[Problem, ...] = ()

    def __init__(self, real: Blobs, step: str, *, after: bool) -> None:
        self._real = real
        self._step = step
        self._after = after

    def get(self, release: Release) -> bytes | None:
        return self._real.get(release)

    def prefetch(self, releases: object) -> None:
        raise NotImplementedError

    def put(self, release: Release, archive: bytes) -> None:
        if self._step == "put" and not self._after:
            die()
        self._real.put(release, archive)
        if self._step == "put":
            die()

    def settle(self, release: Release) -> tuple[Problem, ...]:
        if self._step == "settle" and not self._after:
            die()
        told = self._real.settle(release)
        if self._step == "settle":
            die()
        return told

    def unsettled(self, release: Release) -> tuple[Problem, ...]:
        raise NotImplementedError

    def remove(self, release: Release) -> tuple[Problem, ...]:
        raise NotImplementedError

    def place(self, release: Release) -> str:
        return self._real.place(release)


def die() -> None:
    raise Killed

"""Archives beside the index, each under its digest, and the choice between this and another place."""

from __future__ import annotations

from collections.abc import Collection

from skillctl.core.diagnostics import Problem
from skillctl.core.digests import is_sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.web import is_web, leads_here
from skillctl_registry.backends import Backend
from skillctl_registry.backends.lasting import put_lasting
from skillctl_registry.blobs import Blobs, OpenBlobs
from skillctl_registry.config import RegistryConfig, read_config
from skillctl_registry.index import blob_path


class BlobsBeside:
    """The archives that lie among the registry's own files."""

    problems: tuple[Problem, ...] = ()
    """The backend tells its own."""

    def __init__(self, backend: Backend, *, limits: Limits = LIMITS) -> None:
        self._backend = backend
        self._limits = limits

    def get(self, release: Release) -> bytes | None:
        return self._backend.get(blob_path(release.archive), max_bytes=self._limits.archive_bytes)

    def prefetch(self, releases: Collection[Release]) -> None:
        keys = [blob_path(each.archive) for each in releases if is_sha256_digest(each.archive)]
        self._backend.prefetch(keys, max_bytes=self._limits.archive_bytes)

    def put(self, release: Release, archive: bytes) -> None:
        put_lasting(self._backend, blob_path(release.archive), archive)

    def settle(self, release: Release) -> tuple[Problem, ...]:  # noqa: ARG002  the digest is the only name
        return ()

    def unsettled(self, release: Release) -> tuple[Problem, ...]:  # noqa: ARG002  likewise
        return ()

    def remove(self, release: Release) -> tuple[Problem, ...]:
        from skillctl_registry.signing.tidying import Tidy  # only a server deletes

        if isinstance(self._backend, Tidy):
            self._backend.remove_older(blob_path(release.archive), float("inf"))
        return ()

    def place(self, release: Release) -> str:
        return f"{self._backend.label}/{blob_path(release.archive)}"


def blobs_of(
    backend: Backend, elsewhere: OpenBlobs, *, config: RegistryConfig | None = None, limits: Limits = LIMITS
) -> Blobs:
    """Where the registry keeps its archives. RegistryError E765 for a place that such a registry may not name.

    A mirror has them beside the index, whatever the config says that it was copied with.
    """
    from skillctl_registry.mirror_scope import has_blobs_here  # few registries are asked

    found = config or read_config(backend, limits=limits)
    if found is None or not found.blobs or has_blobs_here(backend, limits=limits):
        return BlobsBeside(backend, limits=limits)
    host = f"https://{found.blobs.partition('://')[2]}"
    if is_web(backend.label) and leads_here(host) and not leads_here(backend.label):
        raise RegistryError.of("E765", registry=backend.label, blobs=found.blobs)
    return elsewhere(found.blobs)

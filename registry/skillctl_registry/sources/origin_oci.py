"""A release in an OCI registry as a place that packs come from: its archive, known by its sha256."""

from __future__ import annotations

from skillctl.archive.foreign import read_foreign
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.source import Origin
from skillctl_registry.oci import parse_reference, read_archive, read_release
from skillctl_registry.sources.origin import Around, Snapshot


def read_reference(origin: Origin, around: Around) -> Snapshot:
    """The files of the release; what a lock names is asked for by its digest, wherever the tag leads by now.

    RegistryError E756 to E761.
    """
    reference = parse_reference(origin.location)
    if around.offline:
        raise RegistryError.of("E254", origin=origin.location)
    http, login = around.oci_http(), around.oci_login
    if origin.sha256:
        data = read_archive(http, reference, origin.sha256, login=login, limits=around.limits)
    else:
        data = read_release(http, reference, login=login, limits=around.limits)
    files = read_foreign(data, file=origin.location, limits=around.limits)
    return Snapshot(files=files, pin={"sha256": sha256_digest(data)})

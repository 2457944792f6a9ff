"""An archive as a place that packs come from: a file of this machine, or one on the web, known by its sha256."""

from __future__ import annotations

from pathlib import Path

from skillctl.archive.foreign import read_foreign
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.source import Origin
from skillctl.core.web import masked
from skillctl.edges.disk.files import read_bytes
from skillctl_registry.sources.origin import Around, Snapshot


def read_archive_at(origin: Origin, around: Around) -> Snapshot:
    """The archive's files. RegistryError E252 if there is none, E253 if it is not the one that is meant,
    E254 without a network; E287, E291 or E295 for a server that does not give it.
    """
    data = _downloaded(origin, around) if "://" in origin.location else _read(origin, around)
    found = sha256_digest(data)
    if origin.sha256 and origin.sha256 != found:
        raise RegistryError.of("E253", origin=masked(origin.location), expected=origin.sha256, found=found)
    files = read_foreign(data, file=masked(origin.location), limits=around.limits)
    return Snapshot(files=files, pin={"sha256": found})


def _read(origin: Origin, around: Around) -> bytes:
    written = origin.location.replace("\\", "/")
    path = Path(around.base, written)
    data = read_bytes(path, max_bytes=around.limits.archive_bytes)
    if data is None:
        raise RegistryError.of("E252", origin=str(origin), path=str(path), reason="there is no such file")
    return data


def _downloaded(origin: Origin, around: Around) -> bytes:
    if around.offline:
        raise RegistryError.of("E254", origin=masked(origin.location))
    from skillctl.core.web import Request

    request = Request(url=origin.location, max_bytes=around.limits.archive_bytes, raw=True)
    transport = around.transport()
    answer = transport.send(request)
    if answer.status != 200:
        raise transport.refusal(answer)
    return answer.body

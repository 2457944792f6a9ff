"""New versions of signed files: made of the old ones, signed, and put under the next number that nobody has taken.

A number may be taken by a publish that was interrupted or lost a race. Nothing refers to such a file, and nothing ever
will: the next number is used, and `registry gc` takes the file away some day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from skillctl.core.errors import RegistryError
from skillctl_registry.backends import Backend
from skillctl_registry.trust.files import SNAPSHOT, TIMESTAMP, metadata_key
from skillctl_registry.trust.trusted import moment

if TYPE_CHECKING:
    from securesystemslib.signer import Signer
    from tuf.api.metadata import Root, Signed, Snapshot, Targets, Timestamp

_NUMBERS = 10_000


def signed_bytes(signed: Root | Timestamp | Snapshot | Targets, signers: Iterable[Signer]) -> bytes:
    """The file of the signed part with a signature of each signer."""
    from tuf.api.metadata import Metadata

    metadata: Metadata[Any] = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def renewed(signed: Signed, now: str, days: int) -> None:
    """Let the signed part be good for so many days from now."""
    signed.expires = moment(now).replace(microsecond=0) + timedelta(days=days)


def put_numbered(
    backend: Backend, role: str, signed: Root | Snapshot | Targets, signers: Sequence[Signer], *, after: int
) -> bytes:
    """Sign and put the file under the first free number after that one, which its version becomes."""
    for version in range(after + 1, after + _NUMBERS):
        signed.version = version
        data = signed_bytes(signed, signers)
        if backend.put_if_absent(metadata_key(role, version), data):
            return data
    raise RegistryError.of("E713", registry=backend.label, attempts=_NUMBERS)


def commit(
    backend: Backend,
    *,
    snapshot: Snapshot,
    timestamp: Timestamp,
    expected: bytes | None,
    signers: Callable[[str], Sequence[Signer]],
    days: Mapping[str, int],
    now: str,
) -> bool:
    """Put the snapshot and set the timestamp to it, if it is still the expected one; whether that was so."""
    from tuf.api.metadata import MetaFile

    renewed(snapshot, now, days[SNAPSHOT])
    data = put_numbered(backend, SNAPSHOT, snapshot, signers(SNAPSHOT), after=timestamp.snapshot_meta.version)
    timestamp.version += 1
    timestamp.snapshot_meta = MetaFile.from_data(snapshot.version, data, ["sha256"])
    renewed(timestamp, now, days[TIMESTAMP])
    return backend.compare_and_set(metadata_key(TIMESTAMP), expected, signed_bytes(timestamp, signers(TIMESTAMP)))

"""Putting what must not go away: bytes under their digest, in any backend."""

from __future__ import annotations

from skillctl.core.limits import LIMITS
from skillctl_registry.backends import Backend


def put_lasting(backend: Backend, key: str, data: bytes) -> None:
    """Put bytes under their digest. What was there already is written anew: as young, `registry gc` leaves it alone.

    It also mends what a power cut left torn.
    """
    if not backend.put_if_absent(key, data):
        present = backend.get(key, max_bytes=max(len(data) * 2, LIMITS.archive_bytes))
        backend.compare_and_set(key, present, data)

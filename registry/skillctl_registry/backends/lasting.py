"""Putting what must not go away: bytes under their digest, in any backend."""

from __future__ import annotations

from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl_registry.backends import Backend

_ATTEMPTS = 8


def put_lasting(backend: Backend, key: str, data: bytes) -> None:
    """Put bytes under their digest. What was there already is written anew: as young, `registry gc` leaves it alone.

    It also mends what a power cut left torn. Where somebody takes the file away just then, or writes it, it is put once
    more: object stores know no lock that would keep a tidier off. RegistryError E713 if that never ends.
    """
    for _ in range(_ATTEMPTS):
        if backend.put_if_absent(key, data):
            return
        present = backend.get(key, max_bytes=max(len(data) * 2, LIMITS.archive_bytes))
        if present is not None and backend.compare_and_set(key, present, data):
            return
    raise RegistryError.of("E713", registry=backend.label, attempts=_ATTEMPTS)


def put_missing(backend: Backend, key: str, data: bytes) -> None:
    """Have bytes under their key that something refers to; what is there and whole is left as it is."""
    if backend.get(key, max_bytes=max(len(data) * 2, LIMITS.archive_bytes)) != data:
        put_lasting(backend, key, data)

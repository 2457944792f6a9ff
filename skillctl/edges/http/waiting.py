"""How long the network is waited for: patience, and waits that end when the time of their request does.

httpx's own time-outs begin anew with each byte that comes. So its network is wrapped, and each wait asks when the
request has to be done whose thread it is in: each request runs in one thread from beginning to end.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a request is waited for, in seconds, and how often it is tried."""

    connect: float = 10.0
    idle: float = 20.0
    """The longest silence."""
    total: float = 300.0
    """Everything: attempts, pauses, redirections, body."""
    rate: int = 1024
    """Bytes a second, over the whole body, once it has come for `grace` seconds."""
    grace: float = 10.0
    attempts: int = 4
    pause: float = 0.25
    """Before the second attempt, at most; doubled for each that follows."""
    longest_pause: float = 20.0
    """The longest Retry-After that is waited for."""
    redirects: int = 5


PATIENCE = Patience()


class LateError(Exception):
    """The time of a request is over; raised where it would have waited on."""


class _Until(threading.local):
    """When the request of this thread has to be done; each runs in one thread from beginning to end."""

    deadline: float | None = None


_until = _Until()


@contextmanager
def ending(deadline: float) -> Iterator[None]:
    """Every wait for the network in the block ends at the deadline."""
    before, _until.deadline = _until.deadline, deadline
    try:
        yield
    finally:
        _until.deadline = before


@contextmanager
def _waiting(timeout: float | None) -> Iterator[float | None]:
    """The seconds that may be waited in the block. `LateError` if there are none, or were too few."""
    import httpcore

    deadline = _until.deadline
    if deadline is None:
        yield timeout
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise LateError
    try:
        yield left if timeout is None else min(timeout, left)
    except httpcore.TimeoutException as error:
        if time.monotonic() >= deadline:
            raise LateError from error
        raise


class Backend:
    """httpcore's network, with waits that end: its own time-outs begin anew with each byte that comes."""

    def __init__(self, inner: _AnyBackend) -> None:
        self._inner = inner

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: object) -> Stream:
        with _waiting(timeout) as seconds:
            return Stream(self._inner.connect_tcp(host, port, timeout=seconds, **options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class Stream:
    """One connection."""

    def __init__(self, inner: _AnyStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _waiting(timeout) as seconds:
            return self._inner.read(max_bytes, timeout=seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _waiting(timeout) as seconds:
            self._inner.write(buffer, timeout=seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        with _waiting(timeout) as seconds:
            return Stream(self._inner.start_tls(ssl_context, server_hostname=server_hostname, timeout=seconds))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _AnyStream(Protocol):
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes: ...
    def write(self, buffer: bytes, timeout: float | None = None) -> None: ...
    def close(self) -> None: ...
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _AnyStream: ...
    def get_extra_info(self, info: str) -> object: ...


class _AnyBackend(Protocol):
    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: object) -> _AnyStream: ...
    def sleep(self, seconds: float) -> None: ...

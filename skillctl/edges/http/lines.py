"""Connections to servers: made as the environment wants them, used by one request at a time, and kept for the next."""

from __future__ import annotations

import os
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skillctl.core.errors import RegistryError
from skillctl.core.web import origin_of
from skillctl.edges.http.faults import plain
from skillctl.edges.http.waiting import Backend, LateError, Patience

if TYPE_CHECKING:
    import httpcore
    import httpx

CONNECTIONS = 16
"""How many requests run at once: more threads are no faster, and servers don't like it."""
_WITH_BODIES = frozenset({"POST", "PUT", "PATCH"})
_PLAIN = re.compile(r"https?://[^/?#\\]+(?P<path>(?:/[A-Za-z0-9_~@-][A-Za-z0-9._~@-]*)+)")
"""An address whose path is sent as it is: nothing to escape, no `..`, no query."""


class Answer:
    """An answer of which no body was read yet; whoever asked closes it."""

    __slots__ = ("_response", "headers", "status")

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response
        self.status = response.status
        self.headers: dict[str, str] = {}
        """By names in lower case; what came several times is put together with commas (RFC 9110, section 5.3)."""
        for name, value in response.headers:
            key, text = name.decode("latin-1").lower(), _text(value)
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def chunks(self) -> Iterator[bytes]:
        """The body as it was sent."""
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class Line:
    """One connection to one origin, by way of a proxy where the environment has one for it.

    httpx knows the environment, and httpcore below it speaks. What httpx adds to a request (cookies, redirections, ways
    to sign in, a request and an answer of many parts) is not wanted here, and costs half as much again as the request.
    """

    def __init__(self, origin: str, transport: httpx.BaseTransport, patience: Patience) -> None:
        import httpx

        self.origin = origin
        self._transport = transport
        self._pool: httpcore.ConnectionPool = transport._pool  # type: ignore[attr-defined] # noqa: SLF001  no public way
        self._pool._network_backend = Backend(self._pool._network_backend)  # noqa: SLF001
        self._address = httpx.URL(origin)
        waits = httpx.Timeout(patience.idle, connect=patience.connect, pool=patience.total)
        self._extensions = {"timeout": waits.as_dict()}

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """What the server answers to a request for an address of this origin."""
        import httpcore

        address = self._address
        sent = [(b"host", address.netloc), *((name.encode("ascii"), text.encode()) for name, text in headers.items())]
        if body is not None or method in _WITH_BODIES:
            sent.append((b"content-length", str(len(body or b"")).encode("ascii")))
        where = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=_target(url))
        request = httpcore.Request(method, where, headers=sent, content=body, extensions=self._extensions)
        return Answer(self._pool.handle_request(request))

    def close(self) -> None:
        self._transport.close()


def _target(url: str) -> bytes:
    """Path and query as they are sent: httpx knows what has to be escaped, but is not asked where nothing has."""
    plain_path = _PLAIN.fullmatch(url)
    if plain_path:
        return plain_path["path"].encode("ascii")
    import httpx

    return httpx.URL(url).raw_path


def _text(value: bytes) -> str:
    """The value of a header. Nothing says how it is written: what is no UTF-8 is read as Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


class _Roads:
    """What leads to the servers of one scheme: proxies by the environment, and for https:// certificates.

    Both are dear to find out, so it is done once, and by who asks without encryption without the certificates.
    """

    def __init__(self, *, encrypted: bool) -> None:
        import httpx

        try:
            self._certificates = httpx.create_ssl_context(verify=encrypted)
        except (OSError, ssl.SSLError) as error:
            raise RegistryError.of(
                "E281", host="any server", reason=plain(error), advice="look at SSL_CERT_FILE and SSL_CERT_DIR"
            ) from error
        self._limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        self._client = self._new_client()

    def to(self, origin: str) -> httpx.BaseTransport:
        """A new way there, for one connection."""
        import httpx

        url = httpx.URL(origin)
        if self._client._transport_for_url(url) is self._client._transport:  # noqa: SLF001  no public way to either
            return httpx.HTTPTransport(verify=self._certificates, limits=self._limits)
        return self._new_client()._transport_for_url(url)  # noqa: SLF001

    def _new_client(self) -> httpx.Client:
        import httpx

        # what is on this machine is asked directly, whatever proxy there is
        direct: dict[str, httpx.BaseTransport | None] = dict.fromkeys(
            ("all://localhost", "all://127.0.0.1", "all://[::1]"), None
        )
        try:
            return httpx.Client(verify=self._certificates, limits=self._limits, mounts=direct)
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            raise RegistryError.of("E293", host="any server", reason=plain(error)) from error


class Lines:
    """The connections of one `Http`: each is used by one request at a time, and kept for the next to its origin.

    One pool for all of them would look at each of its connections before and behind every request, a quarter of all
    the work that requests make.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._roads: dict[bool, _Roads] = {}
        """By whether they are encrypted."""
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[Line] = []
        self._turns = threading.Semaphore(CONNECTIONS)

    @contextmanager
    def taken(self, url: str, deadline: float) -> Iterator[Line]:
        """A connection for the block. `LateError` if none gets free in time."""
        if self._process != os.getpid():  # a fork must not speak on its parent's connections
            self._begin()
        turns = self._turns
        if not turns.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise LateError
        try:
            line = self._chosen(origin_of(url))
            try:
                yield line
            finally:
                self._kept(line)
        finally:
            turns.release()

    def close(self) -> None:
        """Give those back that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _chosen(self, origin: str) -> Line:
        encrypted = origin.startswith("https:")
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):  # the one that was used last is the likeliest to be open
                if self._idle[place].origin == origin:
                    return self._idle.pop(place)
            if encrypted not in self._roads:
                self._roads[encrypted] = _Roads(encrypted=encrypted)
            roads = self._roads[encrypted]
        return Line(origin, roads.to(origin), self._patience)

    def _kept(self, line: Line) -> None:
        with self._lock:
            self._idle.append(line)
            oldest = self._idle.pop(0) if len(self._idle) > CONNECTIONS else None
        if oldest is not None:
            oldest.close()

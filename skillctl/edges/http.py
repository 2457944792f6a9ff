"""The web, asked through one door: the only importer of httpx. What comes out is an answer or a RegistryError.

1. Every request ends: it has a time by which all of it must be there, every attempt and pause included; a time for the
   answer to begin; a silence after which it is given up; and, once it has run a while, a rate below which it is.
2. Nothing is larger than it may be: bodies are counted while they arrive, compressed ones while they are unpacked.
   Answers are asked for as they are (`identity`); a server that compresses nevertheless is understood.
3. Reads alone are tried again, a few times, with pauses that grow and are uneven, so that many clients don't come back
   at once: after 5xx, 429 and 408 (as late as Retry-After says, if that is bearable), a reset, a refused connection and
   an answer that broke off. A write may have been done although its answer was lost, so it is never sent twice.
4. Redirections are followed a few times, by `core.web.redirected`'s rules. A token is worked out for each address anew
   from its origin, so it never goes to another one; and never over http:// beyond this machine.
5. Proxies and certificates come from the environment as for other programs: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY,
   NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR. This machine itself is never asked through a proxy.
6. A web page where data belongs (a network that wants its guests to sign in first) is recognised and never data.
"""

from __future__ import annotations

import os
import random
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from skillctl.core.about import __version__
from skillctl.core.errors import RegistryError
from skillctl.core.value import dataclass
from skillctl.core.web import (
    Request,
    Response,
    Secret,
    check_address,
    host_of,
    is_loopback,
    masked,
    origin_of,
    redirected,
)

if TYPE_CHECKING:
    import httpx

CONNECTIONS = 16
"""How many requests run at once: more threads are no faster, and servers don't like it."""

_SAID = {"user-agent": f"skillctl/{__version__}", "accept": "*/*", "accept-encoding": "identity"}
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 530})
_MOVED = frozenset({301, 302, 303, 307, 308})
_SIGN_IN = 511
_TOO_MANY = 429  # to a write: it was not done, and what the server says of it is for who asked
_BODY_OF_REFUSAL = 64 * 1024  # bytes; what a server says beside a status that is no success
_CHUNK = 64 * 1024
_PAGE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|meta|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_CUT = ("without sending", "incomplete", "disconnected", "closed connection")


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


class Transport(Protocol):
    """What sends requests: `Http`, and in tests what they put in its place."""

    def send(self, request: Request) -> Response:
        """The answer. RegistryError E280 to E297 if there is none that can be used."""

    def refusal(self, response: Response) -> RegistryError:
        """The error that an answer without success is: E287, E291 or E295."""


class Http:
    """The web for one command. Used by several threads at once; connections are kept until it goes away."""

    def __init__(
        self,
        *,
        token: Callable[[str], Secret | None] = lambda _: None,
        insecure: Callable[[str], bool] = lambda _: False,
        patience: Patience = PATIENCE,
    ) -> None:
        """`token` gives the token of an origin; `insecure` says whether an origin may be asked over http://."""
        self._token = token
        self._insecure = insecure
        self._patience = patience
        self._lines = _Lines(patience)

    def send(self, request: Request) -> Response:
        """The answer: any status but those that stand for a server that can't answer now, which are E286."""
        check_address(request.url, insecure=self._insecure(origin_of(request.url)))
        deadline = time.monotonic() + self._patience.total
        attempt = 1
        while True:
            try:
                return self._followed(request, deadline, attempt)
            except _AgainError as again:
                pause = self._pause(again, attempt)
                if not request.is_read or attempt >= self._patience.attempts or pause is None:
                    raise again.error from again.__cause__
                if time.monotonic() + pause >= deadline:
                    raise again.error from again.__cause__
                time.sleep(pause)
                attempt += 1

    def read(
        self, url: str, *, max_bytes: int, raw: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        """What lies under the address. RegistryError E287, E291 or E295 if the server does not give it."""
        response = self.send(Request(url=url, max_bytes=max_bytes, raw=raw, headers=headers or {}))
        if response.status != 200:
            raise self.refusal(response)
        return response

    def refusal(self, response: Response) -> RegistryError:
        """The error that an answer without success is."""
        url, status = masked(response.url), response.status
        host = host_of(response.url)
        if status in (401, 403):
            origin = origin_of(response.url)
            known = self._token(origin) is not None
            advice = (
                f"the token that was shown is not accepted, or may not do this; `skillctl login {origin}` keeps another"
                if known
                else f"`skillctl login {origin}` keeps a token for it; in CI: SKILLCTL_TOKEN with SKILLCTL_REGISTRY"
            )
            return RegistryError.of("E287", host=host, url=url, status=status, advice=advice)
        if status in (404, 410, 451):
            return RegistryError.of("E291", url=url, status=status)
        return RegistryError.of("E295", host=host, url=url, status=status)

    def close(self) -> None:
        """Give the connections back."""
        self._lines.close()

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def _pause(self, again: _AgainError, attempt: int) -> float | None:
        """Seconds until the next attempt; None if the server wants us to stay away for too long."""
        if again.after is not None:
            return None if again.after > self._patience.longest_pause else again.after
        longest = min(self._patience.pause * 2 ** (attempt - 1), self._patience.longest_pause)
        return random.uniform(longest / 2, longest)

    def _followed(self, request: Request, deadline: float, attempt: int) -> Response:
        """The answer behind the redirections of one attempt."""
        url = request.url
        for _ in range(self._patience.redirects + 1):
            sent = self._once(request, url, deadline, attempt)
            if isinstance(sent, Response):
                return sent
            if not request.is_read:
                raise RegistryError.of(
                    "E288", url=masked(url), target=masked(sent.location), reason="a change is not sent elsewhere"
                )
            url = redirected(url, sent.location, insecure=self._insecure)
        reason = f"{self._patience.redirects} redirections led to another one"
        raise RegistryError.of("E288", url=masked(request.url), target=masked(url), reason=reason)

    def _once(self, request: Request, url: str, deadline: float, attempt: int) -> Response | _Moved:
        patience = self._patience
        begins = patience.connect + patience.idle if request.is_read else patience.total
        with (
            _named_faults(url, deadline, attempt, patience),
            self._lines.taken(url, deadline) as line,
            _ending(min(deadline, time.monotonic() + begins)),
        ):
            answer = line.ask(request.method, url, self._headers(request, url), request.body)
            try:
                status = answer.status_code
                headers = {name.lower(): value for name, value in answer.headers.items()}
                if status in _MOVED and "location" in headers:
                    return _Moved(headers["location"])
                if status in _AGAIN and (request.is_read or status != _TOO_MANY):
                    error = RegistryError.of(
                        "E286", host=host_of(url), status=status, url=masked(url), attempts=attempt
                    )
                    raise _AgainError(error, after=_seconds_of(headers.get("retry-after", "")))
                if status >= 500 and status != _SIGN_IN:
                    raise RegistryError.of("E286", host=host_of(url), status=status, url=masked(url), attempts=attempt)
                with _ending(deadline):
                    body = _body(answer, request, url, headers, patience)
            finally:
                answer.close()
        if status == _SIGN_IN or (status == 200 and _is_page(body, headers)):
            raise RegistryError.of("E289", url=masked(url))
        return Response(status=status, url=url, headers=headers, body=body)

    def _headers(self, request: Request, url: str) -> dict[str, str]:
        headers = {**_SAID, **request.headers}
        origin = origin_of(url)
        if url is not request.url and origin != origin_of(request.url):
            headers.pop("authorization", None)
        token = self._token(origin)
        if token and (url.lower().startswith("https://") or is_loopback(url)):
            headers["authorization"] = f"Bearer {token.reveal()}"
        return headers


@dataclass(frozen=True, slots=True)
class _Moved:
    location: str


class _AgainError(Exception):
    """What may be different the next time."""

    def __init__(self, error: RegistryError, *, after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.after = after


class _LateError(Exception):
    """The time of a request is over; raised where it would have waited on."""


# Bodies


def _body(answer: httpx.Response, request: Request, url: str, headers: Mapping[str, str], patience: Patience) -> bytes:
    """The body, unpacked where the server packed it; of an answer without success only as much as tells why."""
    if request.method == "HEAD" or answer.status_code == 304:
        # there is none, but only who has looked for it may use the connection again
        return b"".join(answer.iter_raw())
    is_success = answer.status_code < 300
    limit = request.max_bytes if is_success else min(request.max_bytes, _BODY_OF_REFUSAL)
    length = headers.get("content-length", "")
    if is_success and length.isdigit() and int(length) > limit:
        raise RegistryError.of("E284", url=masked(url), limit=request.max_bytes)
    if answer.status_code == 200 and not request.raw and not length and "transfer-encoding" not in headers:
        # such an answer ends where the connection does, so half of one can't be told from all of it
        raise RegistryError.of("E294", host=host_of(url), url=masked(url), reason="it does not say where it ends")
    coding = "" if request.raw else headers.get("content-encoding", "").strip().lower()
    unpack = _unpacker(coding, url) if is_success else _as_it_is
    kept = bytearray()
    for chunk in unpack(_timely(answer, url, patience), limit):
        kept += chunk
        if len(kept) > limit:
            if not is_success:
                break
            raise RegistryError.of("E284", url=masked(url), limit=request.max_bytes)
    return bytes(kept)


def _timely(answer: httpx.Response, url: str, patience: Patience) -> Iterator[bytes]:
    """The chunks of the body as they come. RegistryError E283 if they come too slowly."""
    began, received = time.monotonic(), 0
    for chunk in answer.iter_raw():
        yield chunk
        received += len(chunk)
        elapsed = time.monotonic() - began
        if elapsed > patience.grace and received < patience.rate * elapsed:
            reason = f"less than {patience.rate} bytes a second arrived"
            raise RegistryError.of("E283", url=masked(url), reason=reason)


_Unpack = Callable[[Iterator[bytes], int], Iterator[bytes]]


def _unpacker(coding: str, url: str) -> _Unpack:
    if coding in ("", "identity"):
        return _as_it_is
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise RegistryError.of("E296", url=masked(url), reason=f"it is packed as `{coding}`")

    def inflated(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
        inflater = zlib.decompressobj(wbits=47)  # gzip or zlib, as its header says
        try:
            for chunk in chunks:
                rest = chunk
                while rest and not inflater.eof:
                    yield inflater.decompress(rest, min(_CHUNK, limit + 1))
                    rest = inflater.unconsumed_tail
            while not inflater.eof and (more := inflater.decompress(b"", _CHUNK)):
                yield more
        except zlib.error as error:
            raise RegistryError.of("E296", url=masked(url), reason=str(error)) from error
        if not inflater.eof:
            raise RegistryError.of("E296", url=masked(url), reason="it ends in the middle")

    return inflated


def _as_it_is(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:  # noqa: ARG001  as its sibling
    return chunks


def _is_page(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether it is a web page: it begins like one, or is called one and begins with a tag."""
    start = body[:1024]
    called = "html" in headers.get("content-type", "").lower()
    return _PAGE.match(start) is not None or (called and start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"))


def _seconds_of(text: str) -> float | None:
    """What Retry-After says, in seconds; None for nothing and for what can't be understood."""
    if text.strip().isdigit() and len(text.strip()) < 9:
        return float(text.strip())
    from email.utils import parsedate_to_datetime

    with suppress(ValueError, TypeError):
        from skillctl.edges import clock

        return max(0.0, parsedate_to_datetime(text).timestamp() - clock.seconds())
    return None


# Faults


@contextmanager
def _named_faults(url: str, deadline: float, attempt: int, patience: Patience) -> Iterator[None]:
    """What is raised in the block becomes ours, or `_AgainError` around one of ours."""
    import httpx

    try:
        yield
    except (_LateError, httpx.TimeoutException) as error:
        raise _waited(error, url, deadline, patience) from error
    except (httpx.NetworkError, httpx.ProtocolError, httpx.ProxyError, ssl.SSLError) as error:
        raise _broken(error, url, attempt) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise RegistryError.of("E297", url=masked(url), reason=_plain(error)) from error
    except ImportError as error:  # SOCKS needs a library of its own
        raise RegistryError.of("E293", host=host_of(url), reason=_plain(error)) from error


def _waited(error: Exception, url: str, deadline: float, patience: Patience) -> Exception:
    """What a wait that ended means."""
    import httpx

    host = host_of(url)
    if isinstance(error, _LateError):
        return _late(url, deadline, patience)
    if isinstance(error, httpx.ConnectTimeout):
        return RegistryError.of("E280", host=host, reason="it does not answer the attempt to connect")
    return RegistryError.of("E282", host=host, seconds=f"{patience.idle:g}")


def _broken(error: Exception, url: str, attempt: int) -> Exception:
    """What a connection that failed means."""
    import httpx

    host, said = host_of(url), _plain(error)
    if isinstance(error, httpx.ProxyError):
        return RegistryError.of("E293", host=host, reason=said)
    if isinstance(error, httpx.ConnectError):
        return _unreached(error, host)
    if isinstance(error, httpx.ProtocolError) and not any(each in said for each in _CUT):
        return RegistryError.of("E294", host=host, url=masked(url), reason=said)
    reason = "the connection was reset" if isinstance(error, httpx.NetworkError) else said
    return _AgainError(_broken_off(url, reason, attempt))


def _late(url: str, deadline: float, patience: Patience) -> RegistryError:
    if time.monotonic() >= deadline:
        return RegistryError.of("E283", url=masked(url), reason=f"it was not there after {patience.total:g} seconds")
    seconds = f"{patience.connect + patience.idle:g}"
    return RegistryError.of("E283", url=masked(url), reason=f"it had not begun after {seconds} seconds")


def _broken_off(url: str, reason: str, attempt: int) -> RegistryError:
    return RegistryError.of("E285", host=host_of(url), url=masked(url), reason=reason, attempts=attempt)


def _unreached(error: Exception, host: str) -> Exception:
    """Why no connection came about: the first cause that tells."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _distrusted(cause, host)
        if isinstance(cause, socket.gaierror):
            return RegistryError.of("E280", host=host, reason="its name has no address")
        if isinstance(cause, ConnectionRefusedError):
            return _AgainError(RegistryError.of("E280", host=host, reason="nothing listens there"))
        if isinstance(cause, ConnectionError):
            return _AgainError(RegistryError.of("E280", host=host, reason="the connection was reset"))
        if isinstance(cause, OSError) and cause.strerror:
            return RegistryError.of("E280", host=host, reason=cause.strerror)
    return RegistryError.of("E280", host=host, reason=_plain(error) or "no connection came about")


def _distrusted(error: ssl.SSLError, host: str) -> RegistryError:
    """What was wrong with the certificate, or with the server's way of encryption."""
    reason = getattr(error, "verify_message", "") or error.reason or "the handshake failed"
    said = str(reason).replace("_", " ").lower()
    if "not yet valid" in said or "expired" in said:
        advice = "look at this machine's clock first; if it is right, the server's certificate has to be renewed"
    elif "self" in said or "issuer" in said:
        advice = "a company's own authority is made known with SSL_CERT_FILE"
    else:
        advice = "check the address; a proxy in between needs its authority in SSL_CERT_FILE"
    return RegistryError.of("E281", host=host, reason=said, advice=advice)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _plain(error: Exception) -> str:
    """The first line of what a foreign error says."""
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__


# Connections


class _Line:
    """One connection to one origin, by way of a proxy where the environment has one for it.

    httpx knows the environment, and its transports speak; its client is not asked for each request, since what it adds
    (cookies, redirections, ways to sign in) is not wanted here, and costs as much as the request itself.
    """

    def __init__(self, origin: str, transport: httpx.BaseTransport, patience: Patience) -> None:
        import httpx

        self.origin = origin
        self._transport = transport
        waits = httpx.Timeout(patience.idle, connect=patience.connect, pool=patience.total)
        self._extensions = {"timeout": waits.as_dict()}
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001  no public way to it

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> httpx.Response:
        """The answer, of which no body was read; whoever asked closes it."""
        import httpx

        request = httpx.Request(method, url, headers=headers, content=body, extensions=self._extensions)
        answer = self._transport.handle_request(request)
        answer.request = request
        return answer

    def close(self) -> None:
        self._transport.close()


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
                "E281", host="any server", reason=_plain(error), advice="look at SSL_CERT_FILE and SSL_CERT_DIR"
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
            raise RegistryError.of("E293", host="any server", reason=_plain(error)) from error


class _Lines:
    """The connections of one `Http`: each is used by one request at a time, and kept for the next to its origin.

    One pool for all of them would look at each of its connections before and behind every request, which is more work
    than the requests are.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._roads: dict[bool, _Roads] = {}
        """By whether they are encrypted."""
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[_Line] = []
        self._turns = threading.Semaphore(CONNECTIONS)

    @contextmanager
    def taken(self, url: str, deadline: float) -> Iterator[_Line]:
        """A connection for the block. `_LateError` if none gets free in time."""
        if self._process != os.getpid():  # a fork must not speak on its parent's connections
            self._begin()
        turns = self._turns
        if not turns.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise _LateError
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

    def _chosen(self, origin: str) -> _Line:
        encrypted = origin.startswith("https:")
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):  # the one that was used last is the likeliest to be open
                if self._idle[place].origin == origin:
                    return self._idle.pop(place)
            if encrypted not in self._roads:
                self._roads[encrypted] = _Roads(encrypted=encrypted)
            roads = self._roads[encrypted]
        return _Line(origin, roads.to(origin), self._patience)

    def _kept(self, line: _Line) -> None:
        with self._lock:
            self._idle.append(line)
            oldest = self._idle.pop(0) if len(self._idle) > CONNECTIONS else None
        if oldest is not None:
            oldest.close()


class _Until(threading.local):
    """When the request of this thread has to be done; each runs in one thread from beginning to end."""

    deadline: float | None = None


_until = _Until()


@contextmanager
def _ending(deadline: float) -> Iterator[None]:
    """Every wait for the network in the block ends at the deadline."""
    before, _until.deadline = _until.deadline, deadline
    try:
        yield
    finally:
        _until.deadline = before


@contextmanager
def _waiting(timeout: float | None) -> Iterator[float | None]:
    """The seconds that may be waited in the block. `_LateError` if there are none, or were too few."""
    import httpcore

    deadline = _until.deadline
    if deadline is None:
        yield timeout
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise _LateError
    try:
        yield left if timeout is None else min(timeout, left)
    except httpcore.TimeoutException as error:
        if time.monotonic() >= deadline:
            raise _LateError from error
        raise


class _Backend:
    """httpcore's network, with waits that end: its own time-outs begin anew with each byte that comes."""

    def __init__(self, inner: _AnyBackend) -> None:
        self._inner = inner

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: object) -> _Stream:
        with _waiting(timeout) as seconds:
            return _Stream(self._inner.connect_tcp(host, port, timeout=seconds, **options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream:
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
    ) -> _Stream:
        with _waiting(timeout) as seconds:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname=server_hostname, timeout=seconds))

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

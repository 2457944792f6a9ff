"""The web, asked through one door: the only importer of httpx and httpcore.

What comes out is an answer or a RegistryError.

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

import random
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Protocol

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
from skillctl.edges.http.faults import AgainError, named_faults
from skillctl.edges.http.lines import CONNECTIONS, Answer, Lines
from skillctl.edges.http.waiting import PATIENCE, Patience, ending

__all__ = ["CONNECTIONS", "PATIENCE", "Http", "Patience", "Transport"]

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
        self._lines = Lines(patience)

    def send(self, request: Request) -> Response:
        """The answer: any status but those that stand for a server that can't answer now, which are E286."""
        check_address(request.url, insecure=self._insecure(origin_of(request.url)))
        deadline = time.monotonic() + self._patience.total
        attempt = 1
        while True:
            try:
                return self._followed(request, deadline, attempt)
            except AgainError as again:
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
        if response.is_absent:
            return RegistryError.of("E291", url=url, status=status)
        return RegistryError.of("E295", host=host, url=url, status=status)

    def close(self) -> None:
        """Give the connections back."""
        self._lines.close()

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def _pause(self, again: AgainError, attempt: int) -> float | None:
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
            named_faults(url, deadline, attempt, patience),
            self._lines.taken(url, deadline) as line,
            ending(min(deadline, time.monotonic() + begins)),
        ):
            answer = line.ask(request.method, url, self._headers(request, url), request.body)
            try:
                status, headers = answer.status, answer.headers
                if status in _MOVED and "location" in headers:
                    return _Moved(headers["location"])
                if error := _cannot_now(status, url, attempt, is_read=request.is_read):
                    is_final = status not in _AGAIN
                    raise error if is_final else AgainError(error, after=_seconds_of(headers.get("retry-after", "")))
                with ending(deadline):
                    body = _body(answer, request, url, patience)
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


def _cannot_now(status: int, url: str, attempt: int, *, is_read: bool) -> RegistryError | None:
    """The error of a server that can't answer now; None if the status is an answer."""
    is_answer = status < 500 or status == _SIGN_IN
    if (status in _AGAIN and (is_read or status != _TOO_MANY)) or not is_answer:
        return RegistryError.of("E286", host=host_of(url), status=status, url=masked(url), attempts=attempt)
    return None


# Bodies


def _body(answer: Answer, request: Request, url: str, patience: Patience) -> bytes:
    """The body, unpacked where the server packed it; of an answer without success only as much as tells why."""
    if request.method == "HEAD" or answer.status == 304:
        # there is none, but only who has looked for it may use the connection again
        return b"".join(answer.chunks())
    headers, is_success = answer.headers, answer.status < 300
    limit = request.max_bytes if is_success else min(request.max_bytes, _BODY_OF_REFUSAL)
    length = headers.get("content-length", "")
    if is_success and length.isdigit() and int(length) > limit:
        raise RegistryError.of("E284", url=masked(url), limit=request.max_bytes)
    if answer.status == 200 and not request.raw and not length and "transfer-encoding" not in headers:
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


def _timely(answer: Answer, url: str, patience: Patience) -> Iterator[bytes]:
    """The chunks of the body as they come. RegistryError E283 if they come too slowly."""
    began, received = time.monotonic(), 0
    for chunk in answer.chunks():
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

"""Requests and answers of the web as values, and what an address says: its origin, and whether it may be asked.

An origin is scheme, host and port, `https://packs.acme.example` or `http://127.0.0.1:8000`: what credentials belong to.
Addresses are held to a form here, since much of what names them comes from others: `https://` alone, `http://` where
nobody can listen on the way (the machine itself) or where the user said so, and never a password in the address, which
would end up in files, logs and messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from skillctl.core.errors import RegistryError, UsageError
from skillctl.core.value import dataclass, field

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|::1)\Z")
_HERE = re.compile(r"(?:[^/]*\.)?localhost\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_VISIBLE = re.compile(r"[!-~]+\Z")
_TOKEN = re.compile(r"[!-~]{1,4096}\Z")


class Secret:
    """A text that is not to be seen: it shows itself to nobody who prints it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def reveal(self) -> str:
        """The text, for the one place that has to know it."""
        return self._text


def checked_token(text: str, *, called: str = "the token") -> Secret:
    """The token, which is sent in one line of a request. UsageError E037, without its text, for what is none."""
    if not text:
        raise UsageError.of("E037", token=called, reason="no letters")
    if not _TOKEN.match(text):
        raise UsageError.of("E037", token=called, reason="characters that no token has")
    return Secret(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One question to a server."""

    url: str
    max_bytes: int
    """The largest answer that is taken, counted as it is used: behind a decompression, if there is one."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    raw: bool = False
    """Take the body as it comes, for what is compared with a digest: some servers call a .tar.gz compressed text."""

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing, so that it can be asked again."""
        return self.method in ("GET", "HEAD")


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What the server answered: every status below 500 but those that stand for an error of the transport."""

    status: int
    url: str
    """Of the answer, behind all redirections."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    @property
    def is_absent(self) -> bool:
        """Whether the server says that there is nothing under the address: never was, no more, or not for us."""
        return self.status in (404, 410, 451)


def is_web(location: str) -> bool:
    """Whether it is an address that a web server answers."""
    return location.lower().startswith(("https://", "http://"))


def origin_of(url: str) -> str:
    """Scheme, host and port of the address; the port only where it is not the scheme's own."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower().rstrip(".")
    shown = f"[{host}]" if ":" in host else host
    port = parts.port
    return f"{scheme}://{shown}" if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{scheme}://{shown}:{port}"


def host_of(url: str) -> str:
    """Host and port as the address has them, for a message."""
    return origin_of(url).partition("://")[2]


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine, so that nobody on the way can listen."""
    return bool(_LOOPBACK.match((urlsplit(url).hostname or "").lower()))


def leads_here(url: str) -> bool:
    """Whether this machine itself would answer, by any of the names that a system takes for it.

    Wider than `is_loopback`, which allows something: here belongs whatever could be meant. A number in another form
    (`127.1`, `0x7f000001`, `2130706433`) is read by some systems only, and named by nobody who means well.
    """
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    if _HERE.match(host):
        return True
    import ipaddress  # only redirections need it

    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _NUMBER.match(host.rpartition(".")[2]) is not None
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified or address in ipaddress.ip_network("0.0.0.0/8")


def masked(url: str) -> str:
    """The address for a message: without user, password, query and fragment, where secrets lie."""
    head, separator, rest = url.partition("://")
    if not separator:
        return url
    authority, slash, path = rest.partition("/")
    authority = authority.rpartition("@")[2]
    path = re.split("[?#]", path)[0]
    return f"{head}://{re.split('[?#]', authority)[0]}{slash}{path}"


def check_address(url: str, *, insecure: bool = False) -> str:
    """The address, if it may be asked. RegistryError E290 for http:// beyond this machine, E297 for what is none."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise RegistryError.of("E297", url=masked(url), reason="host or port can't be read") from None
    if not host or not _VISIBLE.match(url) or parts.scheme.lower() not in _DEFAULT_PORTS:
        raise RegistryError.of("E297", url=masked(url), reason="it is no https:// address")
    if parts.username is not None or parts.password is not None:
        raise RegistryError.of("E297", url=masked(url), reason="it holds a user or a password")
    if parts.scheme.lower() == "http" and not insecure and not is_loopback(url):
        raise RegistryError.of("E290", url=masked(url))
    return url


def joined(base: str, key: str) -> str:
    """The address of a file below a base address, with or without a `/` at its end."""
    return f"{base.rstrip('/')}/{key}"


def redirected(source: str, location: str, *, insecure: Callable[[str], bool] = lambda _: False) -> str:
    """Where a redirection leads. RegistryError E288 where it must not be followed.

    To https:// alone; from http:// (this machine, or by the user's will) also to http://; never from elsewhere to this
    machine, whose own services trust who calls them from here. `insecure` tells of an origin whether the user said so.
    """
    try:
        target = urljoin(source, location)
        to, came = urlsplit(target), urlsplit(source)
        is_open = is_loopback(target) or insecure(origin_of(target))
        allowed = {"https", "http"} if came.scheme == "http" else {"https"}
        reason = ""
        if to.scheme not in allowed or (to.scheme == "http" and not is_open):
            reason = f"it leads to {to.scheme or 'no'}://"
        elif leads_here(target) and not leads_here(source):
            reason = "it leads to this machine itself"
        else:
            check_address(target, insecure=is_open)
    except (ValueError, RegistryError):
        target, reason = location, "where it leads is no address"
    if reason:
        raise RegistryError.of("E288", url=masked(source), target=masked(target), reason=reason)
    return target

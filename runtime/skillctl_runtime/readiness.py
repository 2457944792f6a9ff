"""When a server counts as started, and asking it something over HTTP, also where it has a network of its own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from skillctl.core.value import dataclass
from skillctl.edges import ports
from skillctl.edges.process.streaming import Running
from skillctl_runtime.plan import Ready

_HOST = "127.0.0.1"
_ASK_SECONDS = 5.0
_OTHER_SERVERS_ERROR = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A program that runs, as far as its callers from outside know it."""

    running: Running
    root: str
    expected: int = 0
    """The port that it was told; 0: none."""
    own_network: bool = False

    def port(self) -> int:
        """The port that it listens on, the expected one before others; 0 while there is none."""
        found = self.running.ports()
        if self.expected in found:
            return self.expected
        if found:
            return found[0]
        can_look = os.path.isdir("/proc/self")
        return self.expected if self.expected and not can_look and ports.listens(self.expected) else 0

    def answer(self, target: str, *, timeout: float = _ASK_SECONDS) -> tuple[int, str]:
        """Status and text of a GET of a path on its port, or of a URL; 0 where nobody answers."""
        place = urlsplit(target) if "://" in target else None
        host = (place.hostname or _HOST) if place else _HOST
        port = (place.port or 80) if place else self.port()
        path = (place.path + (f"?{place.query}" if place.query else "")) if place else f"/{target.lstrip('/')}"
        if not port:
            return 0, ""
        if self.own_network:
            return self._answer_inside(host, port, path, timeout)
        status, body = ports.answer("127.0.0.1" if host == "localhost" else host, port, path, timeout=timeout)
        if status == 0 and host in ("localhost", _HOST):
            status, body = ports.answer("::1", port, path, timeout=timeout)
        return status, body.decode("utf-8", "replace")

    def _answer_inside(self, host: str, port: int, path: str, timeout: float) -> tuple[int, str]:
        from skillctl.edges.process.inside import asked_inside

        members = self.running.members()
        if not members:
            return 0, ""
        said = asked_inside(members[-1].pid, [ports.__file__ or "", host, str(port), path, str(timeout)], timeout + 5)
        try:
            status, body = json.loads(said)
        except ValueError:
            return 0, ""
        return int(status), str(body)


def is_ready(server: Server, ready: Ready | None) -> bool:
    """Does all hold that `ready` asks for? Without it: does the program listen anywhere?"""
    wanted = ready or Ready()
    if wanted.file and not os.path.exists(os.path.join(server.root, wanted.file)):
        return False
    if wanted.log and wanted.log not in server.running.said().decode("utf-8", "replace"):
        return False
    if wanted.http:
        status, _ = server.answer(wanted.http)
        return status == wanted.status if wanted.status else 0 < status < _OTHER_SERVERS_ERROR
    if wanted.port and wanted.port != server.expected:
        return wanted.port in server.running.ports() or ports.listens(wanted.port)
    return bool(wanted.log or wanted.file) or server.port() != 0


def wanted_words(ready: Ready | None) -> str:
    """What is waited for, as words."""
    wanted = ready or Ready()
    parts = [
        f"an answer from `{wanted.http}`" if wanted.http else "",
        f"port {wanted.port}" if wanted.port else "",
        f"`{wanted.log}` in its output" if wanted.log else "",
        f"the file `{wanted.file}`" if wanted.file else "",
    ]
    return " and ".join(each for each in parts if each) or "it listens on no port"


def is_port_taken(output: str) -> bool:
    """Does a program say that its port is in use?"""
    return bool(_TAKEN.search(output))


def asks_for_input(output: str) -> bool:
    """Did it end because it wanted to read what nobody writes?"""
    return bool(_INPUT.search(output))


_TAKEN = re.compile(
    r"EADDRINUSE|address already in use|port \d+ is (?:already )?in use|only one usage of each socket address"
    r"|port \d+ was already in use|bind: .*in use",
    re.IGNORECASE,
)
_INPUT = re.compile(
    r"EOFError|EOF when reading a line|NoSuchElementException: No line found|unexpected end of file.*stdin"
)


def last_lines(data: bytes, count: int = 20) -> str:
    """The end of an output."""
    lines: Sequence[str] = data.decode("utf-8", "replace").strip().splitlines()
    return "\n".join(lines[-count:])

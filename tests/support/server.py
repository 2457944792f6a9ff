"""A web server on loopback for tests: healthy for a directory, or at fault in every way that a network has.

It lives as long as its `with` block: the listening socket is closed, and every connection it ever had with it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

Answer = Callable[["Asked"], None]

_HANDSHAKE = b"\x16"  # the first byte of who begins with TLS, which nothing here speaks
_PATIENCE = 10.0  # seconds: nothing here waits longer, whatever a client does


@dataclass(frozen=True)
class Asked:
    """A request, and the connection to answer it on."""

    method: str
    path: str
    headers: Mapping[str, str]
    connection: socket.socket
    body: bytes = b""

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def say(
        self, status: int, body: bytes = b"", *, headers: Mapping[str, str] | None = None, length: int | None = None
    ) -> None:
        """A whole answer; `length` is what is said of it, where that is a lie."""
        lines = [f"HTTP/1.1 {status} Something"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if status not in (204, 304):
            lines.append(f"content-length: {len(body) if length is None else length}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if self.method == "HEAD" else body))

    def reset(self) -> None:
        """End the connection as a crash does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def hang_up(self) -> None:
        """End the connection in good order."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@dataclass
class Server:
    """What answers, and what it was asked."""

    answer: Answer
    delay: float = 0.0
    """Seconds before each answer."""
    encrypted: ssl.SSLContext | None = None
    seen: list[Asked] = field(default_factory=list)
    url: str = ""
    _listening: socket.socket | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _ended: bool = False

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def paths(self) -> list[str]:
        return [each.path for each in self.seen]

    def serve(self, listening: socket.socket) -> None:
        while not self._ended:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.settimeout(_PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def end(self) -> None:
        """Be gone: who asks from now on is refused at once, as by a machine where nothing listens."""
        self._ended = True
        if self._listening is not None:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next connection
            self._listening.close()
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _converse(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            spoken = self.encrypted.wrap_socket(connection, server_side=True) if self.encrypted else connection
            with spoken, spoken.makefile("rb") as lines:
                while not self._ended and (asked := _asked(spoken, lines)) is not None:
                    self.seen.append(asked)
                    if self.delay:
                        time.sleep(self.delay)
                    self.answer(asked)
                    if spoken.fileno() < 0:
                        return
        self._open.discard(connection)


def _asked(connection: socket.socket, lines: object) -> Asked | None:
    if lines.peek(1)[:1] == _HANDSHAKE:  # type: ignore[attr-defined]
        return None
    read = lines.readline  # type: ignore[attr-defined]
    first = read(65536).decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := read(65536).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = lines.read(length) if length else b""  # type: ignore[attr-defined]
    return Asked(method=first[0], path=first[1], headers=headers, connection=connection, body=body)


@contextmanager
def serving(answer: Answer, *, delay: float = 0.0, encrypted: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server on a port of its own for the block."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        url = f"{'https' if encrypted else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
        server = Server(answer, delay=delay, encrypted=encrypted, url=url, _listening=listening)
        thread = threading.Thread(target=server.serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.end()
            thread.join(_PATIENCE)


def files_of(root: Path) -> Answer:
    """What a plain web server makes of a directory: files with an ETag, and 304 for those who have them."""

    def answer(asked: Asked) -> None:
        path = root / unquote(asked.path.partition("?")[0]).lstrip("/")
        if not path.is_file() or ".." in asked.path:
            asked.say(404, b"nothing here")
            return
        data = path.read_bytes()
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if asked.headers.get("if-none-match") == tag:
            asked.say(304, headers={"etag": tag})
        else:
            asked.say(200, data, headers={"etag": tag, "content-type": "application/octet-stream"})

    return answer


def tunnel_to(port: int) -> Answer:
    """What a proxy does that is asked to CONNECT: whatever name it is told, it leads to that port of this machine."""

    def answer(asked: Asked) -> None:
        with socket.create_connection(("127.0.0.1", port)) as there:
            asked.send(b"HTTP/1.1 200 connected\r\n\r\n")
            onward = threading.Thread(target=_pump, args=(asked.connection, there), daemon=True)
            onward.start()
            _pump(there, asked.connection)
            onward.join(_PATIENCE)
        asked.hang_up()

    return answer


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def page(text: str = "Welcome to our network, please sign in") -> bytes:
    return f"<!DOCTYPE html>\n<html><body>{text}</body></html>".encode()


@cache
def bomb() -> bytes:
    return gzip.compress(b"0" * 30_000_000)

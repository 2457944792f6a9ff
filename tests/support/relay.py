"""What carries every byte between a client and a server on loopback, and can end the client at any of them."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PATIENCE = 20.0  # seconds: nothing here waits longer
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Cut:
    """Where it ends: in the message of that request, or in its answer, when this part of it was carried on."""

    request: bytes
    """How its first line begins."""
    of: str
    """`request` or `answer`."""
    part: float
    """0: nothing of it; 1: all of it."""


@dataclass
class Relay:
    """Carries until the cut, calls `end` there, and carries whatever is asked afterwards."""

    port: int
    cut: Cut
    end: Callable[[], None]
    url: str = ""
    happened: threading.Event = field(default_factory=threading.Event)

    def converse(self, client: socket.socket) -> None:
        """Carry requests one after the other, each with its answer."""
        with suppress(OSError, EOFError), client, socket.create_connection(("127.0.0.1", self.port)) as server:
            server.settimeout(_PATIENCE)
            while True:
                asked = _message(client)
                meant = asked.startswith(self.cut.request) and not self.happened.is_set()
                self._carry(asked, server, cut=meant and self.cut.of == "request")
                self._carry(_message(server), client, cut=meant and self.cut.of == "answer")

    def _carry(self, message: bytes, target: socket.socket, *, cut: bool) -> None:
        if not cut:
            target.sendall(message)
            return
        target.sendall(message[: round(len(message) * self.cut.part)])
        self.end()
        self.happened.set()
        raise EOFError


def _message(source: socket.socket) -> bytes:
    """A head and the body that it promises, as both programs speak that are between these tests."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(source)
    head = data.index(b"\r\n\r\n") + 4
    length = _LENGTH.search(data[:head])
    while len(data) < head + (int(length[1]) if length else 0):
        data += _more(source)
    return data


def _more(source: socket.socket) -> bytes:
    found = source.recv(65536)
    if not found:
        raise EOFError
    return found


@contextmanager
def relaying(port: int, cut: Cut, end: Callable[[], None]) -> Iterator[Relay]:
    """A relay to that port for a block; `end` is called once, at the cut."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        relay = Relay(port, cut, end, url=f"http://127.0.0.1:{listening.getsockname()[1]}")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    connection.settimeout(_PATIENCE)
                    threading.Thread(target=relay.converse, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(_PATIENCE)

"""Load: the same requests over and over, on a few connections that are kept, and how many are answered in a second.

It is a process of its own, so that it shares no interpreter with what it asks: `python -m tests.bench.load HOST PORT
CONNECTIONS SECONDS PATH...` prints the rate. It reads whole answers, and takes none but 200 for one. Being Python it
tires at some ten thousand requests a second: of servers that are quicker it measures itself.
"""

from __future__ import annotations

import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from urllib.parse import urlsplit

CONNECTIONS = 8
_PATIENCE = 30.0  # seconds beyond its own that the process may take


def answered(url: str, paths: Sequence[str], *, seconds: float) -> float:
    """Requests a second that the server below the address answers."""
    parts = urlsplit(url)
    argv = [sys.executable, "-m", "tests.bench.load", str(parts.hostname), str(parts.port)]
    argv += [str(CONNECTIONS), str(seconds), *paths]
    told = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, timeout=seconds + _PATIENCE).stdout
    return float(told)


class _Line:
    """One connection, with the answer that is coming."""

    def __init__(self, address: tuple[str, int], requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._come = bytearray()
        self._whole = 0

    def ask(self) -> None:
        self._come.clear()
        self._whole = 0
        self.socket.sendall(next(self._requests))

    def hear(self) -> bool:
        """Whether the answer is complete."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server hung up")
        self._come += data
        if not self._whole:
            end = self._come.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self._come[:end]).lower()
            if not head.startswith(b"http/1.1 200"):
                raise ValueError(head.decode("latin-1"))
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
            self._whole = end + 4 + int(length.partition(b":")[2])
        return len(self._come) >= self._whole


def main() -> None:
    """Ask until the time is over."""
    host, port, connections, seconds, *paths = sys.argv[1:]
    asked = cycle([f"GET /{path} HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode() for path in paths])
    count = 0
    with selectors.DefaultSelector() as ready:
        for _ in range(int(connections)):
            line = _Line((host, int(port)), asked)
            ready.register(line.socket, selectors.EVENT_READ, line)
            line.ask()
        began = time.perf_counter()
        while (elapsed := time.perf_counter() - began) < float(seconds):
            for key, _ in ready.select(timeout=10):
                if key.data.hear():
                    count += 1
                    key.data.ask()
        for key in list(ready.get_map().values()):
            key.data.socket.close()
    print(count / elapsed)


if __name__ == "__main__":
    main()

"""TCP ports of this machine: is one free, which one is, and what does a server on one answer.

`answer` speaks as much HTTP as a check needs, over a socket of its own. The module is also a program
(`python -I ports.py HOST PORT PATH SECONDS`), since a server in a network of its own must be asked from inside it.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress

_LARGEST = 1024 * 1024


def is_free(port: int) -> bool:
    """Could a server listen on it, on every address as well as on this machine's own?"""
    import socket

    for address in ("127.0.0.1", ""):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                probe.listen(1)  # with an address that is used again only this tells
            except (OSError, OverflowError):
                return False
    return True


def free_port() -> int:
    """A port that nobody listens on now."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def listens(port: int, *, host: str = "127.0.0.1", timeout: float = 0.5) -> bool:
    """Does somebody accept a connection there?"""
    import socket

    with suppress(OSError), socket.create_connection((host, port), timeout):
        return True
    return False


def answer(host: str, port: int, path: str, *, timeout: float) -> tuple[int, bytes]:
    """Status and body of a GET; (0, b"") where nobody answers in time."""
    import socket

    data = b""
    try:
        with socket.create_connection((host, port), timeout) as server:
            told = f"{host}:{port}"
            server.sendall(
                f"GET {path or '/'} HTTP/1.1\r\nHost: {told}\r\nAccept: */*\r\nUser-Agent: skillctl\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            while len(data) < _LARGEST and not _is_whole(data) and (more := server.recv(65536)):
                data += more
    except OSError:
        if not data:
            return 0, b""
    return _read(data)


def _is_whole(data: bytes) -> bool:
    """Has the body come that the head promises? Servers may keep the connection open all the same."""
    head, _, body = data.partition(b"\r\n\r\n")
    fields = _fields(head)
    if b"content-length" in fields and fields[b"content-length"].isdigit():
        return len(body) >= int(fields[b"content-length"])
    return b"chunked" in fields.get(b"transfer-encoding", b"") and body.endswith(b"0\r\n\r\n")


def _read(data: bytes) -> tuple[int, bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        return 0, b""
    chunked = b"chunked" in _fields(head).get(b"transfer-encoding", b"")
    return int(words[1]), _unchunked(body) if chunked else body


def _fields(head: bytes) -> dict[bytes, bytes]:
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.strip().lower(): value.strip().lower() for name, _, value in lines}


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError:
            break
        if length == 0:
            break
        whole += rest[:length]
        body = rest[length + 2 :]
    return whole


if __name__ == "__main__":
    _status, _body = answer(sys.argv[1], int(sys.argv[2]), sys.argv[3], timeout=float(sys.argv[4]))
    sys.stdout.write(json.dumps([_status, _body.decode("utf-8", "replace")]))

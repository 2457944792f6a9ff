"""Git repositories for tests, and a host that serves them over http on this machine, by git's own server program."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_NAMES = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com"}
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    **_NAMES,
}
"""Of a git that knows nothing of the user who runs the tests."""


class Repository:
    """A repository with a working tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", ".")

    @property
    def url(self) -> str:
        return f"file://{self.root}"

    def git(self, *words: str) -> str:
        call = ["git", *words]
        done = subprocess.run(call, cwd=self.root, env=ENVIRONMENT, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def commit(self, files: Mapping[str, bytes | str | None] | None = None, *, message: str = "one") -> str:
        """The commit of these files: bytes are written, a text is where a link points, None takes the file away."""
        for path, data in (files or {}).items():
            place = self.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if data is None or place.is_symlink():
                place.unlink()
            if isinstance(data, bytes):
                place.write_bytes(data)
            elif data is not None:
                place.symlink_to(data)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


class Host:
    """A running host of repositories."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[str] = []
        """What was asked for, as `GET /repo/info/refs`."""
        self.heard: Callable[[str], None] = lambda _: None
        """Told of each request before it is answered."""
        self.credentials = ""
        """`user:password` that is wanted of everybody; empty: of nobody."""
        self.speaks_old = False
        """Whether only the protocol of version 0 is spoken, in which a server may refuse hashes."""


@contextmanager
def serving(folder: Path) -> Iterator[Host]:
    """The repositories below the folder, by their working trees' names. The host is gone after the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    host = Host(f"http://127.0.0.1:{server.server_address[1]}")
    server.host, server.folder = host, folder  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def plainly_serving(folder: Path) -> Iterator[str]:
    """The folder by a server that knows nothing of git; gives its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    """One request, answered by `git http-backend` (CGI)."""

    server: Any

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _answer(self, body: bytes) -> None:
        host: Host = self.server.host
        path, _, query = self.path.partition("?")
        host.requests.append(f"{self.command} {path}")
        host.heard(self.command)
        given = self.headers.get("Authorization", "")
        wanted = f"Basic {base64.b64encode(host.credentials.encode()).decode()}"
        if host.credentials and given != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="test"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        environment = {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": "" if host.speaks_old else self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, timeout=60, check=False
        )
        self._send(done.stdout)

    def _send(self, said: bytes) -> None:
        head, _, body = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

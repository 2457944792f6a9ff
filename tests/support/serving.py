"""The real server as a process of its own on loopback, and what asks it, for as long as a block."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from skillctl.archive.writer import write_archive
from skillctl.core.limits import LIMITS
from skillctl.core.web import Request, Response, Secret
from skillctl.edges.http import Http
from skillctl_registry.endpoints.releases import Taken, publish_request, taken_response
from skillctl_registry.endpoints.tokens import TokenWish, create_token_request, token_response
from tests.support.packs import pack

ADMIN = "skl_token-of-the-tests-administrator"


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str
    root: str
    """The digest that clients pin."""
    id: str
    process: subprocess.Popen[str]

    def http(self, token: str = ADMIN) -> Http:
        """The web with that token."""
        return Http(token=lambda _: Secret(token) if token else None)

    def publish(self, name: str, version: str = "1.0.0", *, token: str = ADMIN, text: str = "") -> Taken:
        """Publish a pack of that name."""
        archive = write_archive(pack(name, version, text=text))
        return taken_response(self.http(token).send(publish_request(self.url, archive)))

    def user(self, name: str, *scopes: str) -> str:
        """A token for that user."""
        wish = TokenWish(user=name, scopes=scopes or ("publish", "yank", "owner"))
        request = create_token_request(self.url, wish)
        return token_response(self.http().send(request)).token.reveal()

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, token: str = "") -> Response:
        """What lies under the path."""
        url = f"{self.url}/{path}"
        return self.http(token).send(Request(url=url, max_bytes=LIMITS.archive_bytes, raw=True, headers=headers or {}))

    def kill(self) -> None:
        """End it at once, without a word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(
    room: Path,
    *options: str,
    database: str = "",
    storage: str = "",
    environment: Mapping[str, str] | None = None,
    rate: int = 100_000,
) -> Iterator[Served]:
    """A server over the directory `room`, which may be one of several, started with these options besides."""
    command = [sys.executable, "-m", "skillctl", "registry", "serve", "--port", "0", "--rate", str(rate)]
    command += ["--storage", storage or str(room / "files"), "--keys", str(room / "keys")]
    room.mkdir(exist_ok=True)
    command += [*options, "--db", database or f"sqlite:///{room / 'registry.db'}"]
    inherited = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    own = {"HOME": str(room), "SKILLCTL_DATA_DIR": str(room), "SKILLCTL_ADMIN_TOKEN": ADMIN}
    process = subprocess.Popen(
        ["timeout", "--signal=KILL", "300", *command],
        env={**inherited, **own, **(environment or {})},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline() + process.stderr.readline()
        assert "serving" in said, said + process.stderr.read()
        words = said.split()
        yield Served(url=words[5], id=words[3], root=words[7], process=process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.stderr is not None:
            process.stderr.close()

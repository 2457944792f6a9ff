"""The real docker-registry on loopback, with a user and a password, for as long as its block."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from skillctl.core.web import Secret
from skillctl.edges.http import Http
from skillctl.edges.ports import free_port
from skillctl_registry.blobs.oci import OciBlobs
from skillctl_registry.oci import Login
from tests.edges.faults_of_the_web import CALM
from tests.support.programs import SECONDS, wait_for_port

USER, PASSWORD = "alice", "no-secret-of-anybody"

_LIFE = 600  # seconds, after which it stops by itself, whatever became of the tests
_CONFIG = """version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}/data}}, delete: {{enabled: {deletes}}}}}
http: {{addr: "127.0.0.1:{port}", secret: tests}}
auth: {{htpasswd: {{realm: packs, path: {root}/users}}}}
"""


class RegistryMissingError(Exception):
    """The program can't be had here; the message is the plain reason."""


@dataclass(frozen=True)
class DockerRegistry:
    """A running registry, empty at first."""

    host: str
    root: Path

    def reference(self, place: str) -> str:
        """The reference of a repository, a tag or a digest."""
        return f"oci://{self.host}/{place}"

    def file_of(self, digest: str) -> Path:
        """The file that has the blob, one for all repositories."""
        digits = digest.partition(":")[2]
        return self.root / "data/docker/registry/v2/blobs/sha256" / digits[:2] / digits / "data"

    def log_in(self, directory: Path, *, password: str = PASSWORD) -> None:
        """Write what `docker login` writes into that directory."""
        directory.mkdir(parents=True, exist_ok=True)
        auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
        (directory / "config.json").write_text(json.dumps({"auths": {self.host: {"auth": auth}}}), encoding="utf-8")


@contextmanager
def running_docker_registry(root: Path, *, deletes: bool = True) -> Iterator[DockerRegistry]:
    """The registry over that directory. RegistryMissingError where its programs are not installed.

    `deletes`: it lets one remove by the protocol, which it does not unless it is told to.
    """
    programs = [shutil.which(name) for name in ("timeout", "docker-registry", "htpasswd")]
    timeout, program, htpasswd = programs
    if timeout is None or program is None or htpasswd is None:
        raise RegistryMissingError("docker-registry or htpasswd is not here")
    root.mkdir(parents=True, exist_ok=True)
    # the cheapest hash that it takes: it is reckoned anew for every request
    users = subprocess.run(
        [htpasswd, "-Bbn", "-C", "4", USER, PASSWORD], check=True, capture_output=True, text=True
    ).stdout
    (root / "users").write_text(users, encoding="utf-8")
    port = free_port()
    (root / "config.yml").write_text(
        _CONFIG.format(root=root, port=port, deletes=str(deletes).lower()), encoding="utf-8"
    )
    process = subprocess.Popen(
        [timeout, str(_LIFE), program, "serve", str(root / "config.yml")],
        env={"OTEL_TRACES_EXPORTER": "none"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        yield DockerRegistry(f"127.0.0.1:{port}", root)
    finally:
        process.terminate()
        process.wait(SECONDS)


def user(_: str) -> Login:
    """Who may."""
    return Login(USER, Secret(PASSWORD))


def logged_in(place: str) -> OciBlobs:
    """The archives at that place, for who may read and write there; nothing is kept of them."""
    return OciBlobs(Http(patience=CALM), place, login=user)


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """One registry for all tests of a process, each of which takes a place of its own."""
    try:
        with running_docker_registry(tmp_path_factory.mktemp("docker-registry")) as running:
            yield running
    except RegistryMissingError as missing:
        pytest.skip(str(missing))

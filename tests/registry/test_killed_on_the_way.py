"""Real commands killed at every step of their talk with a registry's server: a publish, and a reader's fetch.

Whatever was carried by then, the registry verifies and agrees with its database, the publish is repeated by the same
command, and the reader's cache holds nothing but what is whole.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from skillctl.archive.writer import write_archive
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.cache import REGISTRIES, AnswerCache
from skillctl_registry.endpoints.releases import publish_request, taken_response
from skillctl_registry.index import blob_path
from skillctl_registry.server.agreement import known_registry
from skillctl_registry.server.serving import Parts
from skillctl_registry.signing.checking import check
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import write_pack
from tests.support.machine import Machine
from tests.support.packs import pack
from tests.support.relay import Cut, relaying
from tests.support.serving import ADMIN, Served, serving

SECONDS = 60
PUBLISH = b"POST /api/v1/releases"
SENDING = [("request", part) for part in (0.0, 0.0005, 0.5, 0.999, 1.0)] + [
    ("answer", part) for part in (0.0, 0.5, 1.0)
]
TREES = ["alder", "birch", "cedar", "hazel", "larch", "maple", "rowan", "willow"]


class Scene:
    """A server, and a user's machine."""

    def __init__(self, room: Path, served: Served) -> None:
        self.room = room
        self.served = served
        self.machine = Machine(room / "machine")

    @property
    def port(self) -> int:
        return int(self.served.url.rpartition(":")[2])

    def start(self, words: Sequence[str], url: str) -> subprocess.Popen[str]:
        """The command, with the administrator's token for that address."""
        more = {"SKILLCTL_REGISTRY_ACME": url, "SKILLCTL_TOKEN_ACME": ADMIN, "PATH": os.environ["PATH"]}
        inherited = {key: os.environ[key] for key in ("PYTHONPATH",) if key in os.environ}
        return subprocess.Popen(
            ["timeout", "--signal=KILL", str(SECONDS), sys.executable, "-m", "skillctl", *words],
            env={**inherited, **self.machine.environment, **more},
            cwd=self.machine.project,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, words: Sequence[str], url: str) -> None:
        """The command to its good end."""
        _, told = (process := self.start(words, url)).communicate()
        assert process.returncode == 0, told

    @contextmanager
    def killed(self, words: Sequence[str], cut: Cut) -> Iterator[str]:
        """After the command was killed at the cut; the address that it knew the server by, which leads there now."""
        started: list[subprocess.Popen[str]] = []
        with relaying(self.port, cut, lambda: os.killpg(started[0].pid, signal.SIGKILL)) as relay:
            self.machine.configure(registries=[self.entry(relay.url)])
            started.append(self.start(words, relay.url))
            _, told = started[0].communicate()
            assert relay.happened.is_set(), told
            assert started[0].returncode == -signal.SIGKILL
            yield relay.url

    def entry(self, url: str) -> dict[str, str]:
        """The registry in the user's configuration."""
        return {"name": "acme", "location": url, "root_sha256": self.served.root}

    def is_whole(self) -> bool:
        files = DirectoryBackend(self.room / "server" / "files")
        view = VerifiedBackend(files, pin=RootPin(self.served.root), now=clock.now())
        return check(files, view).problems == ()

    def agrees(self) -> bool:
        room = self.room / "server"
        parts = Parts(
            database=f"sqlite:///{room / 'registry.db'}",
            backend=DirectoryBackend(room / "files"),
            keys=room / "keys",
            now=clock.now,
            seconds=clock.seconds,
        )
        with known_registry(parts) as known:
            return known.differences() == []


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    room = tmp_path_factory.mktemp("killed")
    with serving(room / "server") as served:
        yield Scene(room, served)


def bulky(name: str) -> dict[str, bytes]:
    """A pack that does not go over in one piece."""
    return {**pack(name), "references/numbers.md": random.Random(name).randbytes(150_000).hex().encode()}


@pytest.mark.slow
@pytest.mark.parametrize(("of", "part", "name"), [(*step, name) for step, name in zip(SENDING, TREES, strict=True)])
def test_a_publisher_who_is_killed_at_any_step_repeats_the_publish(
    scene: Scene, of: str, part: float, name: str
) -> None:
    directory = write_pack(scene.room / "packs", name, bulky(name))
    words = ["publish", str(directory), "--registry", "acme"]
    with scene.killed(words, Cut(PUBLISH, of, part)) as url:
        assert scene.is_whole()
        scene.run(words, url)
    assert scene.is_whole()
    assert scene.agrees()
    lines = scene.served.get(f"api/v1/downloads?name={name}").body
    assert lines.count(b'"1.0.0"') == 1


FETCHES = [
    (request, part)
    for request in ("config.json", "metadata/timestamp.json", "metadata/1.targets.json", "index/", "blobs/")
    for part in (0.0, 0.5, 1.0)
]


@pytest.mark.slow
@pytest.mark.parametrize(("what", "part"), FETCHES)
def test_a_reader_who_is_killed_while_he_fetches_has_a_cache_that_is_whole(
    scene: Scene, tmp_path: Path, what: str, part: float
) -> None:
    request = publish_request(scene.served.url, write_archive(bulky("harbour")))
    archive = taken_response(scene.served.http().send(request)).release.archive
    reader = Scene(tmp_path, scene.served)
    path = blob_path(archive) if what == "blobs/" else what
    words = ["install", "harbour", "--registry", "acme", "--agent", "claude-code"]
    with reader.killed(words, Cut(f"GET /{path}".encode(), "answer", part)) as url:
        assert damaged(reader.machine) == 0
        reader.run(words, url)
    assert reader.machine.skill("harbour").is_file()
    assert damaged(reader.machine) == 0


def damaged(machine: Machine) -> int:
    """How many files of the cache are not what they should be."""
    found = 0
    for registry in (machine.cache / REGISTRIES).glob("*"):
        cache = AnswerCache(registry)
        for path in (registry / "files").rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                cache.answer(str(path.relative_to(registry / "files")), max_bytes=10**9)
        for path in (registry / "blobs").glob("[0-9a-f]*"):
            cache.blob(path.name, max_bytes=10**9)
        found += cache.damaged
    return found

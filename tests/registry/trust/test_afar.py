"""A signed registry on a web server: what it is asked for, in how many breaths, and what of it is kept where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skillctl.edges.http import Http
from skillctl_registry.opening import World, open_source
from skillctl_registry.signing import upkeep
from skillctl_registry.signing.founding import Wishes
from skillctl_registry.signing.keys import KeyStore
from skillctl_registry.sources import Source
from tests.edges.faults_of_the_web import CALM
from tests.registry.making import publish_pack
from tests.registry.trust.signed import Signed
from tests.support.server import Answer, Asked, Server, files_of, serving


class Afar:
    """A signed registry behind an address, and a user who reads it."""

    def __init__(self, room: Path) -> None:
        self.signed = Signed(room, wishes=Wishes(bits=2))
        self.room = room
        self.http = Http(patience=CALM)
        self.answer: Answer = files_of(self.signed.root)
        self.server: Server

    def source(self, *, offline: bool = False) -> Source:
        """The registry as a new command sees it."""
        world = World(
            http=self.http,
            cache=str(self.room / "cache"),
            state=str(self.room / "state"),
            now=lambda: self.signed.now,
            offline=offline,
        )
        return open_source(self.server.url, label="acme", root_sha256=self.signed.pin.sha256, world=world)

    def versions(self, name: str = "arcgis", *, offline: bool = False) -> list[str]:
        return [str(each.version) for each in self.source(offline=offline).releases(name) or ()]

    def asked(self) -> list[str]:
        """The paths that were asked for since the last time."""
        found = sorted(each.path for each in self.server.seen)
        self.server.seen.clear()
        return found


@pytest.fixture
def afar(tmp_path: Path) -> Iterator[Afar]:
    made = Afar(tmp_path)
    publish_pack(made.signed.backend, "arcgis")
    with serving(lambda asked: made.answer(asked)) as server:
        made.server = server
        yield made
        made.http.close()


def test_who_knows_all_asks_three_things_at_once(afar: Afar) -> None:
    assert afar.versions() == ["1.0.0"]
    afar.asked()
    assert afar.versions() == ["1.0.0"]
    assert afar.asked() == ["/config.json", "/metadata/2.root.json", "/metadata/timestamp.json"]


def test_what_is_signed_is_kept_once_by_who_verifies_it(afar: Afar) -> None:
    source = afar.source()
    source.prefetch(["arcgis", "nothing"])
    assert source.releases("arcgis")
    kept = [path.name for path in (afar.room / "cache").rglob("*") if path.is_file()]
    assert kept == ["config.json"]
    assert afar.versions(offline=True) == ["1.0.0"]


def test_keys_that_are_changed_between_two_answers_are_no_reason_to_fail(afar: Afar) -> None:
    signed = afar.signed
    (old,) = signed.keys.signing.keys["timestamp"]
    upkeep.rotate(signed.writer, "timestamp")
    (signed.keys.directory / old.file).unlink()
    signed.writer.keys = KeyStore(signed.keys.directory)
    publish_pack(signed.backend, "arcgis", "1.1.0")
    root = "/metadata/2.root.json"
    files = files_of(afar.signed.root)

    def answer(asked: Asked) -> None:
        """The next root comes a moment after the timestamp that it is for."""
        late = asked.path == root and [each.path for each in afar.server.seen].count(root) == 1
        asked.say(404) if late else files(asked)

    afar.answer = answer
    assert afar.versions() == ["1.0.0", "1.1.0"]

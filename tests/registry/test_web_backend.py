"""Reading a registry on the web: what is asked, what is kept, and what is used when nobody answers."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl.core.value import replace
from skillctl.edges.http import Http
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.cache import REGISTRIES
from skillctl_registry.index import blob_path, parse_index
from skillctl_registry.opening import World, open_source
from skillctl_registry.sources.registry import RegistrySource
from tests.edges.faults_of_the_web import CALM, FAULTS, Fault
from tests.registry.making import NOW, publish_pack
from tests.support.server import Answer, Asked, Server, files_of, serving

SMALL = replace(LIMITS, index_bytes=100_000, archive_bytes=100_000, manifest_bytes=100_000)


class Web:
    """A registry on a server, and a user who reads it."""

    def __init__(self, room: Path) -> None:
        self.root = room / "registry"
        self.cache = room / "cache"
        self.state = room / "state"
        self.files = DirectoryBackend(self.root)
        self.answer: Answer = files_of(self.root)
        self.now = NOW
        self.patience = CALM
        self.server: Server
        self.https: list[Http] = []

    def source(self, *, offline: bool = False, at: str = "") -> RegistrySource:
        """The registry as a new command sees it."""
        http = Http(patience=self.patience)
        self.https.append(http)
        world = World(http=http, cache=str(self.cache), state=str(self.state), now=lambda: self.now, offline=offline)
        source = open_source(at or self.server.url, label="acme", world=world, limits=SMALL)
        assert isinstance(source, RegistrySource)
        return source

    def asked(self) -> list[str]:
        """The paths that were asked for since the last time."""
        found = [each.path for each in self.server.seen]
        self.server.seen.clear()
        return sorted(found)

    def kept(self) -> dict[str, bytes]:
        """The files of the cache."""
        root = self.cache / REGISTRIES
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    made = Web(tmp_path)
    publish_pack(made.files, "arcgis")
    publish_pack(made.files, "arcgis", "1.1.0")
    publish_pack(made.files, "other")
    with serving(lambda asked: made.answer(asked)) as server:
        made.server = server
        yield made
        for http in made.https:
            http.close()


def code_of(work: Callable[[], object]) -> str:
    try:
        work()
    except RegistryError as error:
        return error.code if str(error) else "no words"
    return ""


def test_what_did_not_change_is_not_sent_again(web: Web) -> None:
    web.source().releases("arcgis")
    assert web.asked() == ["/index/ar/arcgis"]
    web.server.seen.clear()
    releases = web.source().releases("arcgis") or ()
    assert len(releases) == 2
    assert "if-none-match" in web.server.seen[0].headers


def test_each_file_is_asked_for_once_in_a_command(web: Web) -> None:
    source = web.source()
    for _ in range(3):
        source.prefetch(["arcgis", "other", "nothing"])
        source.releases("arcgis")
        source.releases("nothing")
        source.yanked("other")
    assert web.asked() == ["/config.json", "/index/ar/arcgis", "/index/no/nothing", "/index/ot/other"]


def test_an_archive_is_fetched_once_for_all_time(web: Web) -> None:
    release = (web.source().releases("arcgis") or ())[0]
    web.source().fetch(release)
    web.asked()
    web.source().fetch(release)
    assert web.asked() == ["/config.json"]  # which says where archives are kept


def test_a_server_that_gives_no_etag_is_asked_by_date(web: Web) -> None:
    def answer(asked: Asked) -> None:
        if asked.headers.get("if-modified-since") == "Sun, 22 Nov 2026 10:00:00 GMT":
            asked.say(304)
        else:
            data = (web.root / asked.path.lstrip("/")).read_bytes()
            asked.say(200, data, headers={"last-modified": "Sun, 22 Nov 2026 10:00:00 GMT"})

    web.answer = answer
    assert web.source().releases("arcgis") == web.source().releases("arcgis")
    assert "if-modified-since" in web.server.seen[-1].headers


def test_without_network_the_copies_are_used_and_that_is_said(web: Web) -> None:
    source = web.source()
    releases = source.releases("arcgis") or ()
    assert source.id == "test-registry"
    source.fetch(releases[0])
    assert source.releases("nothing") is None
    web.asked()
    web.now = "2026-12-24T00:00:00Z"
    offline = web.source(offline=True)
    assert offline.releases("arcgis") == releases
    assert offline.releases("nothing") is None
    assert offline.id == "test-registry"
    assert offline.fetch(releases[0]).digest == releases[0].tree
    assert [(each.code, each.evidence) for each in offline.problems()] == [("W240", {"registry": "acme", "since": NOW})]
    assert web.asked() == []


def test_without_network_what_was_never_read_is_an_error_and_no_absence(web: Web) -> None:
    releases = web.source().releases("arcgis") or ()
    offline = web.source(offline=True)
    assert code_of(lambda: offline.releases("other")) == "E292"
    assert code_of(lambda: offline.fetch(releases[0])) == "E292"


def test_the_time_of_the_copies_is_that_of_the_last_answer(web: Web) -> None:
    web.source().releases("arcgis")
    web.now = "2026-12-01T00:00:00Z"
    web.source().releases("arcgis")
    offline = web.source(offline=True)
    offline.releases("arcgis")
    assert offline.problems()[0].evidence["since"] == web.now


def test_a_wrong_address_has_no_names_that_could_fall_to_another_registry(web: Web) -> None:
    source = web.source(at=f"{web.server.url}/wrong")
    assert code_of(lambda: source.releases("arcgis")) == "E232"
    assert code_of(lambda: source.names()) == "E232"


def test_a_server_that_can_not_be_reached_is_tried_once(web: Web) -> None:
    web.answer = lambda asked: asked.hang_up()
    source = web.source()
    source.prefetch(["arcgis"])
    first = len(web.asked())
    for name in ("arcgis", "other", "nothing"):
        assert code_of(lambda name=name: source.releases(name)) in ("E285", "E286")  # type: ignore[misc]
    web.answer = lambda asked: asked.say(500)
    source = web.source()
    assert code_of(lambda: source.releases("arcgis")) == "E286"
    web.asked()
    assert code_of(lambda: source.releases("other")) == "E286"
    assert web.asked() == []
    assert first > 0


def test_an_unreachable_registry_is_no_reason_to_use_old_copies_silently(web: Web) -> None:
    web.source().releases("arcgis")
    web.answer = lambda asked: asked.say(500)
    assert code_of(lambda: web.source().releases("arcgis")) == "E286"


def entries(web: Web) -> list[Path]:
    return sorted(path for path in (web.cache / REGISTRIES).rglob("*") if path.is_file())


def test_every_flipped_bit_of_the_cache_is_found_and_read_again(web: Web) -> None:
    source = web.source()
    releases = source.releases("arcgis") or ()
    tree = source.fetch(releases[0]).digest
    _ = source.id
    generator = random.Random(7)
    for number in range(200):
        path = generator.choice([each for each in entries(web) if "damaged" not in each.parts])
        data = bytearray(path.read_bytes())
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        path.write_bytes(bytes(data))
        source = web.source()
        assert source.releases("arcgis") == releases
        assert source.fetch(releases[0]).digest == tree
        assert source.id == "test-registry"
        assert [each.code for each in source.problems()] == ["W241"], number
    web.asked()
    assert web.source().problems() == []


def test_a_damaged_copy_is_not_used_without_network_either(web: Web) -> None:
    web.source().releases("arcgis")
    for path in entries(web):
        path.write_bytes(path.read_bytes()[:-1])
    assert code_of(lambda: web.source(offline=True).releases("arcgis")) == "E292"


def test_many_commands_at_once_share_one_cache(web: Web) -> None:
    results: list[object] = []

    def command() -> None:
        source = web.source()
        source.prefetch(["arcgis", "other"])
        release = (source.releases("arcgis") or ())[1]
        results.append((len(source.releases("other") or ()), source.fetch(release).digest == release.tree))

    threads = [threading.Thread(target=command) for _ in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert results == [(1, True)] * 12
    assert web.source(offline=True).releases("arcgis")


def test_a_cache_that_can_not_be_written_is_no_obstacle(web: Web) -> None:
    web.cache.write_text("a file where the directory would be")
    source = web.source()
    release = (source.releases("arcgis") or ())[0]
    assert source.fetch(release).digest == release.tree


def prefetched(source: RegistrySource) -> RegistrySource:
    source.prefetch(["arcgis", "other"])
    return source


READS: dict[str, Callable[[RegistrySource], object]] = {
    "the config": lambda source: source.id,
    "an index": lambda source: source.releases("arcgis"),
    "an index of many": lambda source: prefetched(source).releases("arcgis"),
    "the catalog": lambda source: source.names(),
}
# what the transport can't see, the reader does: bytes that are no index, a status that is no error for a cache
TOLD_LATER = {
    "204 where there should be data": ("E295",),
    "404": ("E232",),
    "410": ("E232",),
}


@pytest.mark.slow
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_leaves_a_trace_in_the_cache(web: Web, name: str, read: str) -> None:
    fault: Fault = FAULTS[name]
    if read == "the catalog":
        web.source().names()
    good = web.source()
    expected = (good.releases("arcgis"), good.id)
    before = web.kept()
    healthy, web.answer, web.patience = web.answer, fault.answer, fault.patience
    found = code_of(lambda: READS[read](web.source()))
    web.patience = CALM
    assert found in TOLD_LATER.get(name, fault.codes), found
    changed = {path for path, data in web.kept().items() if before.get(path) != data}
    absences = {path for path in changed if b'"found": false' in web.kept()[path]}
    assert changed == absences
    assert bool(absences) <= (name in ("404", "410"))
    web.answer = healthy
    well = web.source()
    assert (well.releases("arcgis"), well.id) == expected
    assert well.problems() == []


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_makes_an_archive_of_something_else(web: Web, name: str) -> None:
    release = (web.source().releases("arcgis") or ())[0]
    fault = FAULTS[name]
    web.patience = fault.patience
    source = web.source()
    assert source.id  # its config is read while all is well: it says where archives are kept
    healthy, web.answer = web.answer, fault.answer
    found = code_of(lambda: source.fetch(release))
    web.patience = CALM
    expected = {
        "404": ("E232",),
        "410": ("E232",),
        "a bomb": ("E231", "E284"),
        "packed in an unknown way": ("E231",),
        "packed and damaged": ("E231",),
        "two lengths": ("E294",),
    }.get(name, fault.codes_for("a read of bytes with a digest"))
    assert found in (*expected, "E239"), found
    assert not any("blobs" in path for path in web.kept())
    web.answer = healthy
    assert web.source().fetch(release).digest == release.tree


def test_what_is_kept_is_what_the_server_said(web: Web) -> None:
    web.source().releases("arcgis")
    [(path, data)] = web.kept().items()
    assert path.endswith("files/index/ar/arcgis")
    _, facts, body = data.split(b"\n", 2)
    assert json.loads(facts)["seen"] == NOW
    assert parse_index(body, name="arcgis", file="").releases
    release = (web.source().releases("arcgis") or ())[0]
    web.source().fetch(release)
    assert any(path.endswith(blob_path(release.archive)[-64:]) for path in web.kept())

"""One registry, read from every place that it can lie in: a directory, file://, web servers, object stores, and a
server over each kind of database and storage, with archives beside the index or in an OCI registry. All behave alike.

What differs between places is in their own files: `test_directory_backend.py`, `test_web_backend.py`,
`test_object_store.py`, `server/`.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore

from skillctl.archive.writer import write_archive
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import replace
from skillctl.core.versions import parse_version
from skillctl.edges import clock
from skillctl.edges.http import Http
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.backends.object_store import ObjectStoreBackend, open_object_store
from skillctl_registry.endpoints.owners import add_owner_request, owners_response
from skillctl_registry.endpoints.releases import publish_request, taken_response, yank_request
from skillctl_registry.index import blob_path
from skillctl_registry.opening import World, open_source
from skillctl_registry.publish import yank
from skillctl_registry.signing.founding import Wishes, found_signed, found_unsigned
from skillctl_registry.signing.keys import KeyStore
from skillctl_registry.signing.writer import SignedBackend, SignedWriter
from skillctl_registry.sources import Source
from skillctl_registry.sources.registry import RegistrySource
from tests.edges.faults_of_the_web import CALM
from tests.registry.making import NOW, pack_files, publish_files, publish_pack
from tests.support.docker_registry import DockerRegistry, docker, logged_in
from tests.support.nginx import NginxMissingError, running_nginx
from tests.support.object_store import S3
from tests.support.postgresql import Postgres
from tests.support.server import files_of
from tests.support.server import serving as web_serving
from tests.support.serving import Served, serving

__all__ = ["docker"]

PACKS = [
    *(("@acme/tools", "2.0.0"), ("arcgis", "1.0.0"), ("arcgis", "1.1.0")),
    *(("growing", "1.0.0"), ("rusty", "1.0.0"), ("rusty", "2.0.0")),
]


class Place(ABC):
    """A registry with some packs, written as this place is written, and read as it is read."""

    id = "test-registry"

    @abstractmethod
    def publish(self, name: str, version: str) -> None:
        """One release more."""

    @abstractmethod
    def yank(self, name: str, version: str, reason: str) -> None:
        """One release less to choose from."""

    @abstractmethod
    def source(self) -> Source:
        """The registry as a new command sees it."""


class Files(Place):
    """A place that is written file by file."""

    def __init__(self, files: Backend, read: Callable[[], Source]) -> None:
        self._files = files
        self._read = read

    def publish(self, name: str, version: str) -> None:
        publish_files(self._files, pack_files(name, version), elsewhere=logged_in)

    def yank(self, name: str, version: str, reason: str) -> None:
        yank(self._files, name, parse_version(version), reason, elsewhere=logged_in)

    def source(self) -> Source:
        return self._read()


class Behind(Place):
    """A place that a server stands before."""

    def __init__(self, served: Served, world: Callable[[], World]) -> None:
        self._served = served
        self._world = world
        self.id = served.id
        owners_response(served.http().send(add_owner_request(served.url, "@acme", "admin")))

    def publish(self, name: str, version: str) -> None:
        archive = write_archive(pack_files(name, version))
        taken_response(self._served.http().send(publish_request(self._served.url, archive)))

    def yank(self, name: str, version: str, reason: str) -> None:
        taken_response(self._served.http().send(yank_request(self._served.url, name, version, reason)))

    def source(self) -> Source:
        root = self._served.root
        return open_source(self._served.url, label="acme", world=self._world(), root_sha256=root, elsewhere=logged_in)


def _world(room: Path, now: Callable[[], str] = lambda: NOW) -> World:
    return World(http=Http(patience=CALM), cache=str(room / "cache"), state=str(room / "state"), now=now)


def _read(room: Path, location: str, root: str = "") -> Callable[[], Source]:
    return lambda: open_source(location, label="acme", world=_world(room), root_sha256=root, elsewhere=logged_in)


def _in_files(kind: str, room: Path, stack: ExitStack, blobs: str = "") -> Place:
    root = room / "a registry"
    found_unsigned(DirectoryBackend(root), blobs=blobs, new_id=Place.id)
    match kind:
        case "directory":
            location = str(root)
        case "file":
            location = root.as_uri()
        case "web":
            location = stack.enter_context(web_serving(files_of(root))).url
        case _:
            try:
                location = stack.enter_context(running_nginx(root, room / "nginx"))
            except NginxMissingError as missing:
                pytest.skip(str(missing))
    return Files(DirectoryBackend(root), _read(room, location))


def _in_a_store(kind: str, room: Path, request: pytest.FixtureRequest, stack: ExitStack) -> Place:
    if kind == "memory":
        memory = ObjectStoreBackend(MemoryStore(), label="memory")
        return Files(memory, lambda: RegistrySource(memory, label="acme"))
    if kind == "local store":  # which can't compare and set, so that only reading is its own
        root = room / "a registry"
        root.mkdir()
        local = ObjectStoreBackend(LocalStore(root), label="local")
        return Files(DirectoryBackend(root), lambda: RegistrySource(local, label="acme"))
    running: S3 = request.getfixturevalue("s3")
    environment = stack.enter_context(pytest.MonkeyPatch.context())
    for name, value in running.environment.items():
        environment.setenv(name, value)
    address = running.address(f"every-{secrets.token_hex(6)}")
    store = open_object_store(address)
    if kind == "s3":
        return Files(store, _read(room, address))
    docker: DockerRegistry = request.getfixturevalue("docker")
    keys = KeyStore(room / "keys")
    wishes = Wishes(bits=3, blobs=docker.reference(f"every/{secrets.token_hex(6)}"))
    pin = found_signed(store, keys, wishes, now=NOW, new_id=Place.id).root_sha256
    signed = SignedBackend(SignedWriter(store, keys, now=lambda: NOW))
    return Files(signed, _read(room, address, pin))


def _behind_a_server(kind: str, room: Path, request: pytest.FixtureRequest, stack: ExitStack) -> Place:
    database, storage, options = "", "", list[str]()
    environment: dict[str, str] = {}
    if kind != "server on sqlite":
        postgres: Postgres = request.getfixturevalue("postgres")
        database = postgres.database(f"every_{secrets.token_hex(6)}")
    if kind == SERVER_ON_ALL:
        store: S3 = request.getfixturevalue("s3")
        docker: DockerRegistry = request.getfixturevalue("docker")
        docker.log_in(room / "docker")
        environment = {**store.environment, "DOCKER_CONFIG": str(room / "docker")}
        storage = store.address(f"every-{secrets.token_hex(6)}")
        options = ["--blobs", docker.reference(f"every/{secrets.token_hex(6)}")]
    made = serving(room / "server", *options, database=database, storage=storage, environment=environment)
    served = stack.enter_context(made)
    return Behind(served, lambda: _world(room, clock.now))


STORES = ("memory", "local store", "s3", "s3, signed, archives in OCI")
SERVER_ON_ALL = "server on postgresql, s3 and OCI"
SERVERS = ("server on sqlite", "server on postgresql", SERVER_ON_ALL)
SLOW = pytest.param(SERVER_ON_ALL, marks=pytest.mark.slow)
ARCHIVES_IN_OCI = {"archives in OCI, index in a directory": "directory", "archives in OCI, index on the web": "web"}


@pytest.fixture(
    scope="module", params=["directory", "file", "web", "nginx", *ARCHIVES_IN_OCI, *STORES, *SERVERS[:-1], SLOW]
)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One of each kind; tests that change it change packs of their own."""
    with ExitStack() as stack:
        kind, room = request.param, tmp_path_factory.mktemp("place")
        if kind in SERVERS:
            made = _behind_a_server(kind, room, request, stack)
        elif kind in STORES:
            made = _in_a_store(kind, room, request, stack)
        elif kind in ARCHIVES_IN_OCI:
            running: DockerRegistry = request.getfixturevalue("docker")
            blobs = running.reference(f"every/{secrets.token_hex(6)}")
            made = _in_files(ARCHIVES_IN_OCI[kind], room, stack, blobs)
        else:
            made = _in_files(kind, room, stack)
        for name, version in PACKS:
            made.publish(name, version)
        yield made


def test_releases_are_those_that_were_published(place: Place) -> None:
    source = place.source()
    assert [str(each.version) for each in source.releases("arcgis") or ()] == ["1.0.0", "1.1.0"]
    assert [str(each.version) for each in source.releases("@acme/tools") or ()] == ["2.0.0"]
    assert source.id == place.id
    assert source.problems() == []


def test_a_name_that_it_does_not_have_is_none(place: Place) -> None:
    assert place.source().releases("nothing") is None


def test_files_are_those_that_were_published(place: Place) -> None:
    source = place.source()
    for release in source.releases("arcgis") or ():
        assert source.fetch(release).digest == release.tree


def test_what_is_made_ready_is_what_is_given(place: Place) -> None:
    source = place.source()
    source.prefetch(["arcgis", "@acme/tools", "nothing"])
    releases = source.releases("arcgis") or ()
    source.prefetch_files(releases)
    assert [source.fetch(each).digest for each in releases] == [each.tree for each in releases]
    assert source.releases("nothing") is None


def test_a_yank_is_seen_by_the_next_command_and_not_by_this_one(place: Place) -> None:
    source = place.source()
    assert source.releases("rusty")
    place.yank("rusty", "1.0.0", "broken")
    assert [each.yanked for each in source.releases("rusty") or ()] == [None, None]
    assert place.source().yanked("rusty") == {parse_version("1.0.0"): "broken"}


def test_a_release_is_seen_by_the_next_command(place: Place) -> None:
    assert len(place.source().releases("growing") or ()) == 1
    place.publish("growing", "1.1.0")
    assert len(place.source().releases("growing") or ()) == 2


def test_a_release_that_is_there_is_neither_doubled_nor_replaced(place: Place) -> None:
    place.publish("arcgis", "1.1.0")
    assert len(place.source().releases("arcgis") or ()) == 2


def test_names_and_catalog_tell_of_every_pack(place: Place) -> None:
    source = place.source()
    assert source.names() == sorted({name for name, _ in PACKS})
    assert [(each.name, str(each.latest), each.description) for each in source.catalog()][:2] == [
        ("@acme/tools", "2.0.0", "About @acme/tools."),
        ("arcgis", "1.1.0", "About arcgis."),
    ]


class Written:
    """An unsigned registry in a directory, and what reads it there or by the web: what is damaged shows alike."""

    def __init__(self, root: Path, location: str, world: World) -> None:
        self.root = root
        self.location = location
        self.world = world

    def source(self, limits: Limits = LIMITS) -> Source:
        return open_source(self.location, label="acme", world=self.world, limits=limits)


@pytest.fixture(params=["directory", "file", "web"])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Written]:
    root = tmp_path / "a registry"
    backend = DirectoryBackend(root)
    publish_pack(backend, "arcgis")
    publish_pack(backend, "arcgis", "1.1.0")
    with ExitStack() as stack:
        world = _world(tmp_path)
        match request.param:
            case "directory":
                location = str(root)
            case "file":
                location = root.as_uri()
            case _:
                location = stack.enter_context(web_serving(files_of(root))).url
        yield Written(root, location, world)


def test_an_archive_that_is_missing_is_an_error(written: Written) -> None:
    source = written.source()
    release = (source.releases("arcgis") or ())[0]
    (written.root / blob_path(release.archive)).unlink()
    with pytest.raises(RegistryError) as caught:
        written.source().fetch(release)
    assert caught.value.code == "E239"


@pytest.mark.parametrize("change", [b"", b"x", b"\x1f\x8b"], ids=["empty", "other bytes", "a beginning"])
def test_an_archive_that_is_another_is_refused(written: Written, change: bytes) -> None:
    release = (written.source().releases("arcgis") or ())[0]
    (written.root / blob_path(release.archive)).write_bytes(change)
    with pytest.raises(RegistryError) as caught:
        written.source().fetch(release)
    assert caught.value.code == "E231"


def test_an_index_that_is_damaged_is_an_error_with_its_line(written: Written) -> None:
    path = written.root / "index/ar/arcgis"
    path.write_bytes(path.read_bytes() + b"not json\n")
    with pytest.raises(RegistryError) as caught:
        written.source().releases("arcgis")
    assert caught.value.code == "E220"
    where = caught.value.problems[0].place
    assert where is not None
    assert where.line == 3


def test_an_index_that_is_too_large_is_an_error(written: Written) -> None:
    with pytest.raises(Exception, match=r"E454|E284"):
        open_source(
            written.location, label="acme", world=written.world, limits=replace(LIMITS, index_bytes=100)
        ).releases("arcgis")


def test_a_config_of_a_newer_kind_is_an_error(written: Written) -> None:
    (written.root / "config.json").write_text('{"format": "3.0", "id": "test-registry"}')
    with pytest.raises(RegistryError):
        _ = written.source().id

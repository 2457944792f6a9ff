"""One registry, read from every place that it can lie in: a directory, file://, and a web server, behave alike.

What differs between places is in their own files: `test_directory_backend.py`, `test_web_backend.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl.core.value import replace
from skillctl.core.versions import parse_version
from skillctl.edges.http import Http
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.index import blob_path
from skillctl_registry.opening import World, open_source
from skillctl_registry.publish import yank
from skillctl_registry.sources import Source
from tests.edges.faults_of_the_web import CALM
from tests.registry.making import NOW, publish_pack
from tests.support.server import files_of, serving


class Place:
    """A registry with some packs, and what reads it there."""

    def __init__(self, root: Path, location: str, world: World) -> None:
        self.files = DirectoryBackend(root)
        self.root = root
        self.location = location
        self.world = world

    def source(self) -> Source:
        """The registry as a new command sees it."""
        return open_source(self.location, label="acme", world=self.world)


@pytest.fixture(params=["directory", "file", "web"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    root = tmp_path / "a registry"
    backend = DirectoryBackend(root)
    publish_pack(backend, "arcgis")
    publish_pack(backend, "arcgis", "1.1.0")
    publish_pack(backend, "@acme/tools", "2.0.0")
    with ExitStack() as stack:
        http = Http(patience=CALM)
        stack.callback(http.close)
        world = World(http=http, cache=str(tmp_path / "cache"), state=str(tmp_path / "state"), now=lambda: NOW)
        match request.param:
            case "directory":
                location = str(root)
            case "file":
                location = root.as_uri()
            case _:
                location = stack.enter_context(serving(files_of(root))).url
        yield Place(root, location, world)


def test_releases_are_those_that_were_published(place: Place) -> None:
    source = place.source()
    assert [str(each.version) for each in source.releases("arcgis") or ()] == ["1.0.0", "1.1.0"]
    assert [str(each.version) for each in source.releases("@acme/tools") or ()] == ["2.0.0"]
    assert source.id == "test-registry"
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
    assert source.releases("arcgis")
    yank(place.files, "arcgis", parse_version("1.0.0"), "broken")
    assert [each.yanked for each in source.releases("arcgis") or ()] == [None, None]
    assert place.source().yanked("arcgis") == {parse_version("1.0.0"): "broken"}


def test_a_release_is_seen_by_the_next_command(place: Place) -> None:
    assert len(place.source().releases("arcgis") or ()) == 2
    publish_pack(place.files, "arcgis", "1.2.0")
    assert len(place.source().releases("arcgis") or ()) == 3


def test_names_and_catalog_tell_of_every_pack(place: Place) -> None:
    source = place.source()
    assert source.names() == ["@acme/tools", "arcgis"]
    assert [(each.name, str(each.latest), each.description) for each in source.catalog()] == [
        ("@acme/tools", "2.0.0", "About @acme/tools."),
        ("arcgis", "1.1.0", "About arcgis."),
    ]


def test_an_archive_that_is_missing_is_an_error(place: Place) -> None:
    source = place.source()
    release = (source.releases("arcgis") or ())[0]
    (place.root / blob_path(release.archive)).unlink()
    with pytest.raises(RegistryError) as caught:
        place.source().fetch(release)
    assert caught.value.code == "E239"


@pytest.mark.parametrize("change", [b"", b"x", b"\x1f\x8b"], ids=["empty", "other bytes", "a beginning"])
def test_an_archive_that_is_another_is_refused(place: Place, change: bytes) -> None:
    release = (place.source().releases("arcgis") or ())[0]
    (place.root / blob_path(release.archive)).write_bytes(change)
    with pytest.raises(RegistryError) as caught:
        place.source().fetch(release)
    assert caught.value.code == "E231"


def test_an_index_that_is_damaged_is_an_error_with_its_line(place: Place) -> None:
    path = place.root / "index/ar/arcgis"
    path.write_bytes(path.read_bytes() + b"not json\n")
    with pytest.raises(RegistryError) as caught:
        place.source().releases("arcgis")
    assert caught.value.code == "E220"
    where = caught.value.problems[0].place
    assert where is not None
    assert where.line == 3


def test_an_index_that_is_too_large_is_an_error(place: Place) -> None:
    with pytest.raises(Exception, match=r"E454|E284"):
        open_source(place.location, label="acme", world=place.world, limits=replace(LIMITS, index_bytes=100)).releases(
            "arcgis"
        )


def test_a_config_of_a_newer_kind_is_an_error(place: Place) -> None:
    (place.root / "config.json").write_text('{"format": "2.0", "id": "test-registry"}')
    with pytest.raises(RegistryError):
        _ = place.source().id

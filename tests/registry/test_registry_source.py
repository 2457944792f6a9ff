"""A registry as a source: nothing is believed that was not checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from skillctl.archive.writer import write_archive
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.release import Release
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.index import PackStatus, blob_path, index_path, status_line
from skillctl_registry.sources.registry import RegistrySource
from tests.registry.making import pack_files, publish_pack


@pytest.fixture
def backend(tmp_path: Path) -> DirectoryBackend:
    return DirectoryBackend(tmp_path / "registry")


def source(backend: DirectoryBackend) -> RegistrySource:
    return RegistrySource(backend, label="local")


def test_a_pack_that_is_not_there_is_none_and_not_an_empty_list(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    assert source(backend).releases("qgis") is None
    (backend.root / index_path("arcgis")).write_bytes(b'{"v":9}\n')
    assert source(backend).releases("arcgis") == ()


class _BegunBetweenTwoLooks(DirectoryBackend):
    """A registry whose first release comes just after somebody looked for its config.json."""

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        data = super().get(key, max_bytes=max_bytes)
        if data is None:
            publish_pack(DirectoryBackend(self.root), "arcgis")
        return data


def test_a_registry_that_is_begun_meanwhile_is_not_taken_for_a_broken_one(tmp_path: Path) -> None:
    assert source(_BegunBetweenTwoLooks(tmp_path / "registry")).id == "test-registry"


def test_an_index_file_is_read_once(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    here = source(backend)
    before = here.releases("arcgis")
    publish_pack(backend, "arcgis", "2.0.0")
    assert here.releases("arcgis") is before
    assert len(source(backend).releases("arcgis") or ()) == 2


def test_lines_of_a_newer_format_and_a_status_are_warnings(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    path = backend.root / index_path("arcgis")
    status = status_line("arcgis", PackStatus(status="archived", reason="nobody keeps it"))
    path.write_bytes(path.read_bytes() + b'{"v":2}\n' + status)
    here = source(backend)
    assert here.problems() == []
    here.releases("arcgis")
    assert [(each.code, each.place.line if each.place else None) for each in here.problems()] == [
        ("W220", 2),
        ("W221", 0),
    ]


def test_an_active_pack_needs_no_mention(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    path = backend.root / index_path("arcgis")
    path.write_bytes(path.read_bytes() + status_line("arcgis", PackStatus(status="active")))
    here = source(backend)
    here.releases("arcgis")
    assert here.problems() == []


def test_a_lock_needs_no_index_to_fetch_what_it_holds(backend: DirectoryBackend) -> None:
    release = publish_pack(backend, "arcgis").release
    (backend.root / index_path("arcgis")).unlink()
    locked = Release(name=release.name, version=release.version, tree=release.tree, archive=release.archive)
    assert source(backend).fetch(locked).digest == release.tree


def test_a_missing_archive_is_an_error_that_names_the_way_out(backend: DirectoryBackend) -> None:
    release = publish_pack(backend, "arcgis").release
    (backend.root / blob_path(release.archive)).unlink()
    with pytest.raises(RegistryError) as caught:
        source(backend).fetch(release)
    assert caught.value.code == "E239"


def _flip(data: bytes) -> bytes:
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": _flip,
    "cut off": lambda data: data[:-1],
    "empty": lambda _: b"",
    "longer": lambda data: data + b"x",
    "another archive": lambda _: write_archive(pack_files("arcgis", evil__md="x")),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_an_archive_that_is_not_what_was_published_is_refused_with_evidence(
    backend: DirectoryBackend, case: str
) -> None:
    release = publish_pack(backend, "arcgis").release
    path = backend.root / blob_path(release.archive)
    path.write_bytes(DAMAGE[case](path.read_bytes()))
    with pytest.raises(RegistryError) as caught:
        source(backend).fetch(release)
    codes = [each.code for each in caught.value.problems]
    assert codes[0] == "E231"
    assert set(codes[1:]) == {"E209"}


def test_an_archive_that_is_as_announced_but_unpacks_to_another_tree_is_refused(backend: DirectoryBackend) -> None:
    release = publish_pack(backend, "arcgis").release
    other = write_archive(pack_files("arcgis", evil__md="x"))
    backend.put_if_absent(blob_path(sha256_digest(other)), other)
    forged = replace(release, archive=sha256_digest(other), size=len(other))
    with pytest.raises(RegistryError) as caught:
        source(backend).fetch(forged)
    assert [each.code for each in caught.value.problems] == ["E231", "E209"]
    assert caught.value.problems[1].evidence["rule"] == "tree-digest"


def test_files_that_are_no_index_files_are_no_packs(backend: DirectoryBackend) -> None:
    publish_pack(backend, "arcgis")
    (backend.root / "index/ar/README.md").write_text("x")
    (backend.root / "index/zz").mkdir()
    (backend.root / "index/zz/arcgis").write_text("")
    assert source(backend).names() == ["arcgis"]

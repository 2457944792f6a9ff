"""A directory as a backend: put once, compare and set, list; nothing half written is ever a key."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError
from skillctl.edges.disk import files
from skillctl_registry.backends.directory import LOCK, DirectoryBackend

MANY = 1000


@pytest.fixture
def backend(tmp_path: Path) -> DirectoryBackend:
    return DirectoryBackend(tmp_path / "registry")


def test_a_registry_that_is_not_there_has_nothing_and_reading_makes_nothing(backend: DirectoryBackend) -> None:
    assert backend.get("config.json", max_bytes=MANY) is None
    assert list(backend.list("index/")) == []
    assert not backend.root.exists()


def test_what_is_put_first_stays(backend: DirectoryBackend) -> None:
    assert backend.put_if_absent("blobs/a", b"one")
    assert not backend.put_if_absent("blobs/a", b"two")
    assert backend.get("blobs/a", max_bytes=MANY) == b"one"


def test_setting_needs_what_was_expected(backend: DirectoryBackend) -> None:
    assert not backend.compare_and_set("index/a/b", b"old", b"new")
    assert backend.compare_and_set("index/a/b", None, b"one")
    assert not backend.compare_and_set("index/a/b", None, b"two")
    assert not backend.compare_and_set("index/a/b", b"", b"two")
    assert backend.compare_and_set("index/a/b", b"one", b"two")
    assert backend.get("index/a/b", max_bytes=MANY) == b"two"


def test_keys_are_listed_in_order_without_what_writers_leave_behind(backend: DirectoryBackend) -> None:
    for key in ("index/qg/qgis", "index/@acme/tools", "index/ar/arcgis", "catalog/0f.jsonl"):
        assert backend.compare_and_set(key, None, b"")
    (backend.root / "index/ar/.arcgis.next").write_bytes(b"torn")
    (backend.root / "index/ar/.arcgis.1234.tmp").write_bytes(b"torn")
    assert list(backend.list("index/")) == ["index/@acme/tools", "index/ar/arcgis", "index/qg/qgis"]
    assert list(backend.list("catalog/")) == ["catalog/0f.jsonl"]
    assert (backend.root / LOCK).exists()


def test_what_is_larger_than_allowed_is_not_read(backend: DirectoryBackend) -> None:
    backend.put_if_absent("index/a/b", b"12345")
    with pytest.raises(InstallError) as caught:
        backend.get("index/a/b", max_bytes=4)
    assert caught.value.code == "E454"


def test_of_many_that_set_at_once_each_gets_its_turn(backend: DirectoryBackend) -> None:
    def add(letter: str) -> None:
        while True:
            known = backend.get("catalog/x", max_bytes=MANY)
            if backend.compare_and_set("catalog/x", known, (known or b"") + letter.encode()):
                return

    threads = [threading.Thread(target=add, args=(letter,)) for letter in "abcdefghij"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted((backend.get("catalog/x", max_bytes=MANY) or b"").decode()) == list("abcdefghij")


def test_everything_before_a_commit_is_on_the_disk_before_the_index_names_it(
    backend: DirectoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    from skillctl_registry.backends import directory

    monkeypatch.setattr(directory, "sync_filesystem", lambda _: happened.append("sync"))
    monkeypatch.setattr(directory, "move", lambda _, target: happened.append(f"rename {target.name}"))
    backend.compare_and_set("index/ar/arcgis", None, b"line\n")
    assert happened == ["sync", "rename arcgis", "sync"]
    assert files.read_bytes(backend.root / "index/ar/.arcgis.next", max_bytes=MANY) == b"line\n"


def test_a_staged_file_of_a_killed_publisher_is_in_nobodys_way(backend: DirectoryBackend) -> None:
    (backend.root / "index/ar").mkdir(parents=True)
    (backend.root / "index/ar/.arcgis.next").write_bytes(b"left behind")
    assert backend.compare_and_set("index/ar/arcgis", None, b"line\n")
    assert backend.get("index/ar/arcgis", max_bytes=MANY) == b"line\n"

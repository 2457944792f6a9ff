"""An object store as a backend: what holds of a directory holds of it, on a real store that speaks S3."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore

from skillctl.core.errors import RegistryError
from skillctl_registry.backends.forwarding import Forwarding
from skillctl_registry.backends.lasting import put_lasting
from skillctl_registry.backends.object_store import ObjectStoreBackend, is_object_store, open_object_store
from skillctl_registry.signing.founding import found_unsigned
from tests.registry.elsewhere import Overtaken
from tests.registry.making import pack_files, publish_files
from tests.support.object_store import S3

MANY = 1000
NAMES = itertools.count()


@pytest.fixture
def environment(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["memory", "s3"])
def backend(request: pytest.FixtureRequest) -> ObjectStoreBackend:
    if request.param == "memory":
        return ObjectStoreBackend(MemoryStore(), label="memory")
    request.getfixturevalue("environment")
    store: S3 = request.getfixturevalue("s3")
    return open_object_store(store.address(f"registry-{next(NAMES)}"))


def test_a_store_that_is_empty_has_nothing(backend: ObjectStoreBackend) -> None:
    assert backend.get("config.json", max_bytes=MANY) is None
    assert list(backend.list("index/")) == []


def test_what_is_put_first_stays(backend: ObjectStoreBackend) -> None:
    assert backend.put_if_absent("blobs/a", b"one")
    assert not backend.put_if_absent("blobs/a", b"two")
    assert backend.get("blobs/a", max_bytes=MANY) == b"one"


def test_what_was_written_since_then_is_not_removed(backend: ObjectStoreBackend) -> None:
    backend.put_if_absent("blobs/a", b"one")
    written = backend.written("blobs/a") or 0.0
    assert not backend.remove_older("blobs/a", written)
    assert backend.remove_older("blobs/a", written + 1)
    assert not backend.remove_older("blobs/a", written + 1)
    assert backend.written("blobs/a") is None


def test_setting_needs_what_was_expected(backend: ObjectStoreBackend) -> None:
    assert not backend.compare_and_set("index/a/b", b"old", b"new")
    assert backend.compare_and_set("index/a/b", None, b"one")
    assert not backend.compare_and_set("index/a/b", None, b"two")
    assert not backend.compare_and_set("index/a/b", b"", b"two")
    assert backend.compare_and_set("index/a/b", b"one", b"two")
    assert backend.get("index/a/b", max_bytes=MANY) == b"two"


def test_keys_are_listed_in_order_without_names_that_begin_with_a_dot(backend: ObjectStoreBackend) -> None:
    for key in ("index/qg/qgis", "index/@acme/tools", "index/ar/arcgis", "catalog/0f.jsonl", "index/ar/.torn"):
        assert backend.put_if_absent(key, b"x")
    assert list(backend.list("index/")) == ["index/@acme/tools", "index/ar/arcgis", "index/qg/qgis"]
    assert list(backend.list("catalog/")) == ["catalog/0f.jsonl"]


def test_what_is_larger_than_allowed_is_not_read(backend: ObjectStoreBackend) -> None:
    backend.put_if_absent("index/a/b", b"12345")
    with pytest.raises(RegistryError) as caught:
        backend.get("index/a/b", max_bytes=4)
    assert caught.value.code == "E755"


def test_what_was_made_ready_is_given_once_and_then_read_anew(backend: ObjectStoreBackend) -> None:
    backend.put_if_absent("index/a/b", b"one")
    backend.prefetch(["index/a/b", "index/a/c"], max_bytes=MANY)
    assert (backend.get("index/a/b", max_bytes=MANY), backend.get("index/a/c", max_bytes=MANY)) == (b"one", None)
    backend.compare_and_set("index/a/b", b"one", b"two")
    assert backend.get("index/a/b", max_bytes=MANY) == b"two"


class Tidied(Forwarding):
    """A store of which somebody takes away what is old, right when a writer has seen that it is there."""

    def __init__(self, real: ObjectStoreBackend) -> None:
        super().__init__(real)
        self._store = real
        self.removed = 0

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        if not self.removed:
            self.removed += self._store.remove_older(key, float("inf"))
        return super().get(key, max_bytes=max_bytes)

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        if self.removed < 2:
            self.removed += self._store.remove_older(key, float("inf"))
        return super().compare_and_set(key, expected, new)


def test_what_is_taken_away_while_it_is_put_again_is_there_afterwards(backend: ObjectStoreBackend) -> None:
    for name in ("a", "b"):
        backend.put_if_absent(f"blobs/{name}", b"left by a publish of the day before")
    tidied = Tidied(backend)
    put_lasting(tidied, "blobs/a", b"left by a publish of the day before")
    put_lasting(tidied, "blobs/b", b"left by a publish of the day before")
    assert tidied.removed == 2
    assert list(backend.list("blobs/")) == ["blobs/a", "blobs/b"]


class Contested(Forwarding):
    """A store where somebody else is quicker each time."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return False

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        return False


def test_who_could_not_put_an_archive_hears_of_it() -> None:
    with pytest.raises(RegistryError, match="E713"):
        put_lasting(Contested(ObjectStoreBackend(MemoryStore(), label="memory")), "blobs/a", b"one")


def test_who_publishes_is_told_that_the_archive_was_taken_away_and_brings_it_back() -> None:
    store = ObjectStoreBackend(MemoryStore(), label="memory")
    files = pack_files("arcgis", "1.0.0")
    found_unsigned(store)

    def taken_away() -> None:
        for key in store.list("blobs/"):
            store.remove_older(key, float("inf"))

    assert {"W222", "E239"} <= {each.code for each in publish_files(Overtaken(store, taken_away), files).problems}
    assert publish_files(store, files).problems == ()
    assert len(list(store.list("blobs/"))) == 1


def test_of_many_that_set_at_once_each_gets_its_turn(backend: ObjectStoreBackend) -> None:
    def add(letter: str) -> None:
        while True:
            known = backend.get("catalog/x", max_bytes=MANY)
            if backend.compare_and_set("catalog/x", known, (known or b"") + letter.encode()):
                return

    threads = [threading.Thread(target=add, args=(letter,)) for letter in "abcdefghij"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted((backend.get("catalog/x", max_bytes=MANY) or b"").decode()) == list("abcdefghij")


def test_a_store_without_conditions_can_hold_blobs_and_no_index(tmp_path: Path) -> None:
    backend = ObjectStoreBackend(LocalStore(tmp_path), label="here")
    assert backend.put_if_absent("index/a/b", b"one")
    with pytest.raises(RegistryError) as caught:
        backend.compare_and_set("index/a/b", b"one", b"two")
    assert caught.value.code == "E752"


@pytest.mark.usefixtures("environment")
class TestFaults:
    def test_a_bucket_that_is_not_there_is_said(self) -> None:
        for ask in _asked("s3://nobody-has-this/registry"):
            with pytest.raises(RegistryError) as caught:
                ask()
            assert (caught.value.code, caught.value.problems[0].evidence["reason"]) == ("E750", "NoSuchBucket")

    def test_a_wrong_key_is_said_and_not_shown(self, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-one")
        for ask in _asked(s3.address("registry")):
            with pytest.raises(RegistryError) as caught:
                ask()
            assert caught.value.code == "E751"
            assert "another-one" not in str(caught.value)

    def test_a_store_that_is_not_there_is_said(self, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with pytest.raises(RegistryError) as caught:
            open_object_store(s3.address("registry"), retries=0).get("config.json", max_bytes=MANY)
        assert (caught.value.code, caught.value.problems[0].evidence["reason"]) == ("E750", "it can't be reached")


@pytest.mark.parametrize("location", ["s3://", "az://container/folder", "memory:///", "ftp://x"])
def test_an_address_that_is_none_is_refused(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(RegistryError) as caught:
        open_object_store(location)
    assert caught.value.code == "E753"


def test_addresses_of_stores_are_told_from_others() -> None:
    assert is_object_store("S3://bucket/folder")
    assert not is_object_store("https://bucket.example")


def _asked(location: str) -> list[Callable[[], object]]:
    backend = open_object_store(location)
    return [
        lambda: backend.get("config.json", max_bytes=MANY),
        lambda: backend.put_if_absent("config.json", b"{}"),
        lambda: backend.compare_and_set("config.json", b"{}", b"{}"),
        lambda: list(backend.list("index/")),
    ]

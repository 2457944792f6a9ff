"""Files as the server gives them: of what never changes, nothing is read that was not asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.backends.object_store import ObjectStoreBackend
from skillctl_registry.index import blob_path
from skillctl_registry.server.reading import Pieces, give

DATA = bytes(range(256)) * 40
KEY = blob_path(f"sha256:{hashlib.sha256(DATA).hexdigest()}")


@pytest.fixture(params=["directory", "object store"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Pieces:
    directory = request.param == "directory"
    made = DirectoryBackend(tmp_path) if directory else ObjectStoreBackend(MemoryStore(), label="memory")
    assert made.put_if_absent(KEY, DATA)
    return made


def no_whole(store: Pieces, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(_: str, **more: object) -> bytes:
        raise AssertionError(f"the whole file is read: {more}")

    monkeypatch.setattr(store, "get", get)


def test_a_piece_a_head_and_what_the_reader_has_are_answered_without_the_whole_file(
    store: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = give(store, KEY, {})
    assert (whole.status, whole.body) == (200, DATA)
    no_whole(store, monkeypatch)
    for said, piece in (("10-19", DATA[10:20]), ("10000-", DATA[10000:]), ("-5", DATA[-5:]), ("0-99999", DATA)):
        part = give(store, KEY, {"range": f"bytes={said}"})
        assert (part.status, part.body, part.headers["content-length"]) == (206, piece, str(len(piece)))
    assert give(store, KEY, {"range": "bytes=10240-"}).status == 416
    assert give(store, KEY, {"if-none-match": whole.headers["etag"]}).status == 304
    assert give(store, KEY, {"if-none-match": '"other"'}).body == DATA
    head = give(store, KEY, {}, only_head=True)
    assert (head.status, head.headers, head.body) == (200, whole.headers, b"")


def test_what_is_not_there_is_missing_however_it_is_asked_for(store: Pieces) -> None:
    away = blob_path(f"sha256:{0:064}")
    for headers in ({}, {"if-none-match": "*"}, {"range": "bytes=0-"}):
        assert give(store, away, headers).status == 404
    assert give(store, away, {}, only_head=True).status == 404


def test_what_goes_away_between_two_looks_is_missing_and_not_given_in_part(
    store: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "piece", lambda *_: None)
    assert give(store, KEY, {"range": "bytes=0-9"}).status == 404


def test_what_changes_is_compared_by_what_is_in_it(store: Pieces) -> None:
    assert store.put_if_absent("config.json", b"{}")
    tag = give(store, "config.json", {}).headers["etag"]
    assert give(store, "config.json", {"if-none-match": tag}).status == 304
    assert store.compare_and_set("config.json", b"{}", b"[]")
    assert give(store, "config.json", {"if-none-match": tag}).status == 200

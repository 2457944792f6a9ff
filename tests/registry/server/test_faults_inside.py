"""What goes wrong inside the server: who asks is told that it did, its keeper what it was."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing

import pytest

from skillctl_registry.endpoints.asking import API
from skillctl_registry.index import blob_path
from tests.registry.server.conftest import Place
from tests.support.serving import ADMIN


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_nobody_is_told_where_the_database_is_or_what_ails_it_but_the_log(place: Place, accept: str) -> None:
    path = f"{API}whoami" if accept == "application/json" else "packs/quill"
    headers = {"authorization": f"Bearer {ADMIN}", "accept": accept}
    with place.serving() as running:
        with closing(sqlite3.connect(place.room / "registry.db")) as database:
            database.execute("DROP TABLE tokens")
            database.execute("DROP TABLE releases")
            database.execute("DROP TABLE packs")
            database.commit()
        asked = urllib.request.Request(f"{running.url}/{path}", headers=headers)
        with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(asked, timeout=20):
            pass
        with caught.value as answer:
            body = answer.read().decode()
        running.kill()
        assert running.process.stderr is not None
        assert "no such table" in running.process.stderr.read()
    assert caught.value.code == 503
    assert "E745" in body
    assert not [each for each in ("no such table", "registry.db", "sqlite") if each in body]
    if accept == "application/json":
        assert len(json.loads(body)["problems"]) == 1


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_server_whose_files_are_away_says_that_it_is_not_well(place: Place) -> None:
    with place.serving() as running:
        (place.room / "files/config.json").rename(place.room / "away")
        with (
            pytest.raises(urllib.error.HTTPError) as caught,
            urllib.request.urlopen(f"{running.url}/health", timeout=20),
        ):
            pass
        with caught.value as answer:
            told = json.loads(answer.read())
        assert (answer.code, told) == (503, {"well": False, "database": True, "storage": False})
        (place.room / "away").rename(place.room / "files/config.json")
        assert running.get("health").status == 200


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("damage", ["lost", "torn"])
def test_an_archive_that_was_lost_or_torn_comes_back_when_it_is_published_again(place: Place, damage: str) -> None:
    with place.serving() as running:
        path = blob_path(running.publish("halyard").release.archive)
        file = place.room / "files" / path
        whole = file.read_bytes()
        file.unlink() if damage == "lost" else file.write_bytes(whole[:100])
        assert running.publish("halyard").already
        assert running.get(path).body == file.read_bytes() == whole

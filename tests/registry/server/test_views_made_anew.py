"""The lists for other tools: nobody waits for what another makes, and no archive is read that was read before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import delete, func, insert, select, update

from skillctl.archive.writer import write_archive
from skillctl.core.digests import digest_hex
from skillctl.core.errors import RegistryError
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS
from skillctl.core.release import Release
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.endpoints.asking import API
from skillctl_registry.endpoints.releases import publish_request
from skillctl_registry.server import shelf
from skillctl_registry.server import views as module
from skillctl_registry.server.database import Database
from skillctl_registry.server.service import Service
from skillctl_registry.server.serving import Begun, Parts, begin
from skillctl_registry.server.tables import AUDIT, LEARNED
from skillctl_registry.server.views import Views
from skillctl_registry.views import marketplace
from skillctl_registry.views.marketplace import MARKETPLACE
from skillctl_registry.views.well_known import INDEX, ROOT
from tests.support.packs import pack
from tests.support.serving import ADMIN, Served


def test_who_asks_meanwhile_gets_the_last_list_or_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
    database.migrate()
    views = Views(cast("Service", SimpleNamespace(database=database, limits=LIMITS)))
    try:
        with views._lock, pytest.raises(RegistryError, match="E776"):
            views.file(INDEX, url="", name="x")
        first = views.file(INDEX, url="", name="x").data
        assert json.loads(first)["skills"] == []
        with database.writing() as connection:
            said = {"at": "", "who": "", "token": "", "action": "", "subject": "", "detail": ""}
            connection.execute(insert(AUDIT).values(**said))
        with views._lock:
            assert views.file(INDEX, url="", name="x").data == first
    finally:
        database.close()


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Begun]:
    """A server with two packs."""
    made = begin(
        Parts(
            database=f"sqlite:///{tmp_path / 'registry.db'}",
            backend=DirectoryBackend(tmp_path / "files"),
            keys=tmp_path / "keys",
            admin_token=ADMIN,
            now=clock.now,
            seconds=clock.seconds,
        )
    )
    caller = made.service.caller(ADMIN)
    for files in (pack("maps", skills=["draw", "read"]), pack("tools", "1.0.0", "maps ^1")):
        made.service.publish(caller, write_archive(files), (), dry_run=False)
    yield made
    made.service.database.close()


def shown(service: Service) -> list[bytes]:
    """The lists, as a process shows them that has just begun."""
    return [Views(service).file(key, url="http://localhost", name="x").data for key in (INDEX, MARKETPLACE)]


def looks(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the packs whose archives are read from now on."""
    read: list[str] = []
    unpacked = service.unpacked

    def noted(release: Release) -> object:
        read.append(release.name)
        return unpacked(release)

    monkeypatch.setattr(service, "unpacked", noted)
    return read


def test_the_marketplace_is_made_once_for_each_address_and_anew_after_a_change(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = marketplace.listing

    def listing(entries: list[JsonObject], *, name: str) -> bytes:
        made.append(name)
        return real(entries, name=name)

    monkeypatch.setattr(module, "listing", listing)
    views = Views(begun.service)
    one = [views.file(MARKETPLACE, url="http://one.example", name="one").data for _ in range(3)]
    other = views.file(MARKETPLACE, url="http://other.example", name="other").data
    assert made == ["one", "other"]
    assert one[0] == one[2] != other
    begun.service.delete(begun.service.caller(ADMIN), "tools", "1.0.0")
    after = views.file(MARKETPLACE, url="http://one.example", name="one").data
    assert [each["name"] for each in json.loads(after)["plugins"]] == ["maps"]


def test_a_server_that_was_started_again_reads_no_archive_for_its_lists(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = looks(begun.service, monkeypatch)
    index, marketplace = shown(begun.service)
    assert [each["name"] for each in json.loads(index)["skills"]] == ["draw", "read", "tools"]
    assert [each["name"] for each in json.loads(marketplace)["plugins"]] == ["maps", "tools"]
    assert read == []


def test_what_another_program_or_nobody_has_learned_is_learned_once_and_says_the_same(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown(begun.service)
    with begun.service.database.writing() as connection:
        connection.execute(update(LEARNED).values(maker="another", skills="[]"))
    read = looks(begun.service, monkeypatch)
    assert [shown(begun.service), shown(begun.service)] == [before, before]
    assert sorted(read) == ["maps", "tools"]


def test_a_release_that_is_lost_is_looked_for_once_and_not_with_every_change(
    begun: Begun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with begun.service.database.writing() as connection:
        connection.execute(delete(LEARNED))
        (lost,) = shelf.releases_of(connection, "tools")
    next(tmp_path.glob(f"files/blobs/**/{digest_hex(lost.archive)}*")).unlink()
    read = looks(begun.service, monkeypatch)
    views = Views(begun.service)
    for name in ("sextant", "lamp"):
        listed = json.loads(views.file(INDEX, url="", name="x").data)["skills"]
        assert {"draw", "tools"} & {each["name"] for each in listed} == {"draw"}
        begun.service.publish(begun.service.caller(ADMIN), write_archive(pack(name)), (), dry_run=False)
    views.file(INDEX, url="", name="x")
    assert sorted(read) == ["maps", "tools"]


def test_what_was_kept_of_one_release_and_no_longer_reads_hides_no_other(begun: Begun) -> None:
    before = shown(begun.service)
    with begun.service.database.writing() as connection:
        (torn,) = shelf.releases_of(connection, "tools")
        connection.execute(update(LEARNED).where(LEARNED.c.archive == torn.archive).values(manifest="{"))
    assert shown(begun.service) == before


def test_of_a_release_that_was_deleted_nothing_stays_that_was_learned(begun: Begun) -> None:
    begun.service.delete(begun.service.caller(ADMIN), "tools", "1.0.0")
    with begun.service.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(LEARNED)).scalar_one() == 1
    assert "tools" not in shown(begun.service)[0].decode()


def test_who_fetches_the_archives_of_all_skills_of_a_pack_has_downloaded_it_once(served: Served) -> None:
    archive = write_archive(pack("sextant", skills=["measure", "note"]))
    assert served.http().send(publish_request(served.url, archive)).status == 200
    skills = json.loads(served.get(INDEX).body)["skills"]
    for each in skills:
        answer = served.get(f"{ROOT}/{each['url']}")
        assert served.get(f"{ROOT}/{each['url']}", headers={"if-none-match": answer.headers["etag"]}).status == 304
    assert json.loads(served.get(f"{API}downloads?name=sextant").body)["versions"] == {"1.0.0": 1}

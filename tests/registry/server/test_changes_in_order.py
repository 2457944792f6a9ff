"""Changes of the database that are made at once: each is numbered when it is done, and knows all before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from skillctl.archive.writer import write_archive
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl.core.value import replace
from skillctl.core.versions import parse_version
from skillctl.edges import clock
from skillctl_registry.server import shelf
from skillctl_registry.server.serving import Begun, Parts, begin
from skillctl_registry.server.shelf import PackChange
from skillctl_registry.server.taking import arrived
from tests.registry.server.conftest import Place
from tests.registry.server.test_remembering import parts
from tests.support.packs import pack
from tests.support.serving import ADMIN


@pytest.fixture
def begun(place: Place) -> Iterator[Begun]:
    place.room.mkdir(exist_ok=True)
    made = begin(
        Parts(
            database=place.database,
            backend=place.files,
            keys=place.room / "keys",
            now=clock.now,
            seconds=clock.seconds,
            admin_token=ADMIN,
        )
    )
    yield made
    made.service.database.close()


def publish(begun: Begun, name: str, version: str = "1.0.0") -> None:
    service = begun.service
    service.publish(service.caller(ADMIN), write_archive(pack(name, version)), (), dry_run=False)


def add(begun: Begun, connection: Connection, name: str, version: str) -> PackChange:
    service = begun.service
    new = arrived(write_archive(pack(name, version)), (), now=clock.now())
    alone = service.database.one_at_a_time
    return shelf.add(connection, service.caller(ADMIN), new.release, new.entry, alone=alone, now=clock.now())


def add_at_once(begun: Begun, name: str, version: str) -> None:
    """Add it, if nobody has to be waited for."""
    with begun.service.database.writing() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
        add(begun, connection, name, version)


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
@pytest.mark.parametrize("other", ["lantern", "harbour"])
def test_a_change_that_is_made_beside_another_is_numbered_after_it(begun: Begun, other: str) -> None:
    """Else a reader who has seen the later one would never look for the earlier one."""
    publish(begun, "harbour")
    publish(begun, "lantern")
    database = begun.service.database
    with database.writing() as first:
        add(begun, first, "harbour", "2.0.0")
        with pytest.raises(RegistryError, match="E732"):
            add_at_once(begun, other, "1.1.0")
        with database.reading() as connection:
            before = shelf.last_change(connection)
    with database.writing() as second:
        add(begun, second, other, "1.1.0")
    with database.reading() as connection:
        assert shelf.last_change(connection) == before + 2
        latest = {each.name: str(each.latest) for each in shelf.entries(connection, {}).values()}
    assert latest["harbour"] == "2.0.0"


def test_no_release_makes_the_index_file_longer_than_readers_take(tmp_path: Path) -> None:
    begun = begin(replace(parts(tmp_path), limits=replace(LIMITS, index_bytes=1000)))
    for number in range(3):
        publish(begun, "harbour", f"1.{number}.0")
    with pytest.raises(RegistryError, match="E229"):
        publish(begun, "harbour", "1.3.0")
    with begun.service.database.reading() as connection:
        [(_, data)] = shelf.index_files(connection)
        [latest, *_] = reversed(shelf.releases_of(connection, "harbour"))
    assert len(data) <= 1000
    admin = begun.service.caller(ADMIN)
    with pytest.raises(RegistryError, match="E229"):
        begun.service.yank(admin, "harbour", str(latest.version), "x" * 900, dry_run=False)
    assert latest.version > parse_version("1.0.0")
    begun.service.database.close()

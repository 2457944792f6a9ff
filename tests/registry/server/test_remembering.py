"""What the database keeps of the signed files, where another process keeps the same at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert

from skillctl.archive.writer import write_archive
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.server.remembering import recalled, remember_files
from skillctl_registry.server.serving import Begun, Parts, begin, registry_writer
from skillctl_registry.server.signer import Signer
from skillctl_registry.server.tables import SIGNED
from tests.support.packs import pack
from tests.support.serving import ADMIN

FIRST = "metadata/1.root.json"


def parts(room: Path) -> Parts:
    return Parts(
        database=f"sqlite:///{room / 'registry.db'}",
        backend=DirectoryBackend(room / "files"),
        keys=room / "keys",
        now=clock.now,
        seconds=clock.seconds,
        admin_token=ADMIN,
    )


def known(begun: Begun) -> Mapping[str, bytes]:
    with begun.service.database.reading() as connection:
        return recalled(connection).files


class Race:
    """A database that has the first root of another process, who was quicker each of so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: Path, *, lost: int) -> None:
        self.begun = begin(parts(room))
        self.all = known(self.begun)
        self._lost = lost
        with self.begun.service.database.writing() as connection:
            connection.execute(delete(SIGNED).where(SIGNED.c.key != FIRST))
        self.signer = Signer(self.begun.service.database, registry_writer(parts(room), self.begun.id), seconds=float)
        monkeypatch.setattr("skillctl_registry.server.signer.remember_files", self._keep)

    def _keep(self, connection: Connection, files: Mapping[str, bytes]) -> None:
        if self._lost:
            self._lost -= 1
            connection.execute(insert(SIGNED).values(key=FIRST, data=b""))  # as who saw no such row a moment ago
        remember_files(connection, files)


def test_who_was_too_slow_keeps_what_the_quicker_one_did_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    race = Race(monkeypatch, tmp_path, lost=1)
    race.signer.remember()
    assert len(race.all) > 1
    assert known(race.begun) == race.all
    race.begun.service.database.close()


def test_what_could_not_be_kept_is_kept_at_the_next_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    race = Race(monkeypatch, tmp_path, lost=4)
    race.signer.remember()
    assert known(race.begun).keys() == {FIRST}
    race.signer.remember()
    assert known(race.begun) == race.all
    race.begun.service.database.close()


def test_what_could_not_be_counted_is_counted_the_next_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun = begin(parts(tmp_path))
    service = begun.service
    release = service.publish(service.caller(ADMIN), write_archive(pack("harbour")), (), dry_run=False).release
    service.downloaded(release.archive)
    with monkeypatch.context() as patch:
        patch.setattr("skillctl_registry.server.shelf.count_downloads", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            service.write_counts()
    service.downloaded(release.archive)
    assert service.downloads("harbour") == {"1.0.0": 2}
    service.database.close()

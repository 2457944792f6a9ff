"""Behind a server, `registry gc` leaves what the database has decided on, be it signed or not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skillctl.app.mirror import MirrorRequest, mirror_registry
from skillctl.app.registry_keeping import KeepingRequest, TidyOutcome, tidy_registry
from skillctl.archive.writer import write_archive
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import SkillctlError
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.index import blob_path
from skillctl_registry.server.serving import Begun, Parts, begin
from skillctl_registry.server.shelf import PackChange
from skillctl_registry.signing.checking import check
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import pack_files
from tests.support.machine import Machine

ADMIN = "skl_token-of-the-tests-administrator"
WAITING = write_archive(pack_files("lantern"))


class _KilledError(BaseException):
    pass


class Room:
    """A server's things, with a release that is signed and one that waits since days, since the server was killed."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.directory = machine.room / "server"
        self.files = DirectoryBackend(self.directory / "files")
        self.left = blob_path(f"sha256:{'0' * 64}")
        self.directory.mkdir(parents=True)
        begun = self.begun()
        self.root = begun.root_sha256
        service = begun.service
        admin = service.caller(ADMIN)
        service.publish(admin, write_archive(pack_files("harbour")), (), dry_run=False)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(service.signer, "settle", _killed)
            with pytest.raises(_KilledError):
                service.publish(admin, WAITING, (), dry_run=False)
        service.database.close()
        self.files.put_if_absent(self.left, b"left by a publish that was interrupted")
        age(self.files.root)

    def begun(self) -> Begun:
        return begin(
            Parts(
                database=f"sqlite:///{self.directory / 'registry.db'}",
                backend=self.files,
                keys=self.directory / "keys",
                now=clock.now,
                seconds=clock.seconds,
                admin_token=ADMIN,
            )
        )

    def tidied(self, *, database: str = "", files: Path | None = None) -> TidyOutcome:
        request = KeepingRequest(registry=str(files or self.files.root), cwd=self.machine.project)
        return tidy_registry(self.machine.settings(), request, database=database)

    def is_whole_when_signed(self) -> bool:
        """Whether nothing is missing once a server was there again."""
        begun = self.begun()
        begun.service.signer.sign_waiting()
        begun.service.database.close()
        view = VerifiedBackend(self.files, pin=RootPin(self.root), now=clock.now())
        found = check(self.files, view)
        return (found.packs, found.problems) == (2, ())


def _killed(_: PackChange) -> None:
    raise _KilledError


def age(root: Path) -> None:
    then = clock.seconds() - 3 * 24 * 3600
    for path in (each for each in root.rglob("*") if each.is_file()):
        os.utime(path, (then, then))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(Machine(tmp_path))


def test_the_archive_of_a_release_that_waits_to_be_signed_stays(room: Room) -> None:
    removed = room.tidied().removed
    assert room.left in removed
    assert blob_path(sha256_digest(WAITING)) not in removed
    assert room.is_whole_when_signed()


def test_the_database_is_the_one_that_is_named_where_none_lies_beside(room: Room) -> None:
    elsewhere = room.directory.with_name("elsewhere.db")
    room.directory.joinpath("registry.db").rename(elsewhere)
    before = sorted(room.files.list("blobs/"))
    with pytest.raises(SkillctlError) as caught:
        room.tidied()
    assert caught.value.code == "E022"
    assert sorted(room.files.list("blobs/")) == before
    assert room.left in room.tidied(database=f"sqlite:///{elsewhere}").removed
    elsewhere.rename(room.directory / "registry.db")
    assert room.is_whole_when_signed()


def test_the_database_of_another_registry_is_refused(room: Room, tmp_path: Path) -> None:
    other = Room(Machine(tmp_path / "another"))
    with pytest.raises(SkillctlError) as caught:
        room.tidied(database=f"sqlite:///{other.directory / 'registry.db'}")
    assert caught.value.code == "E733"


def test_a_mirror_of_a_served_registry_is_tidied_without_its_database(room: Room) -> None:
    mirror = room.machine.room / "mirrors" / "files"
    source = str(room.files.root)
    mirror_registry(
        room.machine.settings(),
        MirrorRequest(source=source, directory=mirror, cwd=room.machine.project, trust=room.root),
    )
    DirectoryBackend(mirror).put_if_absent(room.left, b"left by a run that was stopped")
    age(mirror)
    assert room.tidied(files=mirror).removed == (room.left,)

"""Keeping a registry in order: what is told when all of it was looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skillctl.app.registry_keeping import CheckOutcome, KeepingRequest, tidy_registry, verify_registry
from skillctl.app.signing import Keys
from skillctl.core.errors import RegistryError, UsageError
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.catalog import shard_path
from skillctl_registry.index import blob_path, index_path
from skillctl_registry.signing.founding import Wishes
from tests.registry.making import publish_pack
from tests.registry.trust.signed import Signed
from tests.support.machine import Machine

_TWO_DAYS = 2 * 24 * 3600


class Kept:
    """A signed registry that its keeper looks at, after some publishes."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.signed = Signed(machine.room, wishes=Wishes(bits=1), now=clock.now())
        self.request = KeepingRequest(
            registry=str(self.signed.root), cwd=machine.project, keys=Keys(directory=self.signed.keys.directory)
        )
        for number in range(3):
            publish_pack(self.signed.backend, "maps", f"1.{number}.0")

    def verify(self) -> CheckOutcome:
        return verify_registry(self.machine.settings(), self.request)


@pytest.fixture
def kept(machine: Machine) -> Kept:
    return Kept(machine)


def age(root: Path) -> None:
    """Let everything there have been written two days ago."""
    then = clock.seconds() - _TWO_DAYS
    for path in (each for each in root.rglob("*") if each.is_file()):
        os.utime(path, (then, then))


def test_the_states_before_the_one_of_now_are_nothing_to_see_to(kept: Kept) -> None:
    found = kept.verify()
    assert found.loose
    assert (found.packs, found.releases, found.problems) == (1, 3, ())


def test_files_that_are_of_no_use_for_days_are_told_until_they_are_tidied_away(kept: Kept) -> None:
    age(kept.signed.root)
    found = kept.verify()
    assert [each.code for each in found.problems] == ["W702"]
    gone = tidy_registry(kept.machine.settings(), kept.request)
    assert found.problems[0].evidence["count"] == len(gone.removed) == len(found.loose)
    assert kept.verify().problems == ()


def test_an_old_state_that_was_the_registrys_until_today_is_not_told(kept: Kept) -> None:
    age(kept.signed.root)
    tidy_registry(kept.machine.settings(), kept.request)
    publish_pack(kept.signed.backend, "maps", "2.0.0")
    assert kept.verify().problems == ()


def test_an_archive_that_nothing_refers_to_is_told_when_it_is_old(machine: Machine) -> None:
    files = DirectoryBackend(machine.room / "registry")
    publish_pack(files, "maps")
    files.put_if_absent(blob_path(f"sha256:{'0' * 64}"), b"left by a publish that was interrupted")
    request = KeepingRequest(registry=str(files.root), cwd=machine.project)
    assert verify_registry(machine.settings(), request).problems == ()
    age(files.root)
    assert [each.code for each in verify_registry(machine.settings(), request).problems] == ["W702"]


def test_a_name_whose_releases_were_all_deleted_is_no_pack(machine: Machine) -> None:
    files = DirectoryBackend(machine.room / "registry")
    publish_pack(files, "maps")
    files.put_if_absent(index_path("gone"), b"")
    found = verify_registry(machine.settings(), KeepingRequest(registry=str(files.root), cwd=machine.project))
    assert (found.packs, found.releases, found.problems) == (1, 1, ())


def test_a_pack_that_only_newer_readers_understand_is_one(machine: Machine) -> None:
    files = DirectoryBackend(machine.room / "registry")
    publish_pack(files, "maps")
    files.put_if_absent(index_path("charts"), b'{"v":2,"name":"charts","version":"1.0.0"}\n')
    found = verify_registry(machine.settings(), KeepingRequest(registry=str(files.root), cwd=machine.project))
    assert (found.packs, found.releases) == (2, 1)


def test_what_is_damaged_is_told_and_nothing_beside_it_is_guessed(machine: Machine) -> None:
    files = DirectoryBackend(machine.room / "registry")
    publish_pack(files, "maps")
    publish_pack(files, "charts")
    (files.root / index_path("charts")).write_bytes(b"no line\n")
    age(files.root)
    found = verify_registry(machine.settings(), KeepingRequest(registry=str(files.root), cwd=machine.project))
    assert [each.code for each in found.problems][:1] == ["E220"]
    assert "W702" not in {each.code for each in found.problems}
    assert (found.packs, found.releases) == (1, 1)


@pytest.mark.parametrize("there", ["nothing", "an empty directory", "an unsigned registry"])
def test_only_the_signed_registry_with_the_given_root_is_in_order(machine: Machine, there: str) -> None:
    files = DirectoryBackend(machine.room / "registry")
    if there == "an empty directory":
        files.root.mkdir()
    elif there == "an unsigned registry":
        publish_pack(files, "maps")
    request = KeepingRequest(registry=str(files.root), cwd=machine.project)
    with pytest.raises(RegistryError) as caught:
        verify_registry(machine.settings(), request, root=f"sha256:{'0' * 64}")
    assert caught.value.code == ("E708" if there == "an unsigned registry" else "E232")


def test_a_place_without_a_registry_is_not_in_order(machine: Machine) -> None:
    with pytest.raises(RegistryError) as caught:
        verify_registry(machine.settings(), KeepingRequest(registry="", cwd=machine.project))
    assert caught.value.code == "E232"


@pytest.mark.parametrize("trust", ["sha256:00", "0" * 63, "no-such-file"])
def test_a_root_that_is_none_is_told_before_anything_is_compared_with_it(kept: Kept, trust: str) -> None:
    with pytest.raises(UsageError) as caught:
        verify_registry(kept.machine.settings(), kept.request, root=trust)
    assert caught.value.code == "E038"


def test_a_root_is_given_as_when_a_registry_is_added(kept: Kept) -> None:
    digest = kept.signed.pin.sha256
    for trust in (digest, digest.removeprefix("sha256:"), str(kept.signed.root / "metadata" / "1.root.json")):
        assert verify_registry(kept.machine.settings(), kept.request, root=trust).root_sha256 == digest


def test_metadata_of_another_kind_than_its_name_says_is_a_damaged_file(kept: Kept) -> None:
    metadata = kept.signed.root / "metadata"
    (metadata / "99.snapshot.json").write_bytes((metadata / "1.root.json").read_bytes())
    with pytest.raises(RegistryError) as caught:
        tidy_registry(kept.machine.settings(), kept.request)
    assert caught.value.code == "E700"
    (told,) = kept.verify().problems
    assert (told.code, told.severity, told.place.file[-16:] if told.place else "") == (
        "E700",
        "error",
        "99.snapshot.json",
    )


STRANGE = {
    "signed": [
        "metadata/evil.json",
        "metadata/01.snapshot.json",
        "metadata/7.bin-zz.json",
        "metadata/sub/1.root.json",
        "index/ma/maps",
        "index/zz/evil",
        f"index/zz/{'0' * 64}.maps",
        "blobs/sha256/00/x",
        f"blobs/sha256/11/{'0' * 64}",
        "catalog/evil.jsonl",
    ],
    "unsigned": ["metadata/1.root.json", "index/zz/maps", f"index/ma/{'0' * 64}.maps", "blobs/x", "catalog/00.json"],
}


@pytest.mark.parametrize("kind", STRANGE)
def test_every_file_that_no_publish_writes_is_named_whatever_its_age(machine: Machine, kind: str) -> None:
    if kind == "signed":
        kept = Kept(machine)
        files, request = kept.signed.directory, kept.request
    else:
        files = DirectoryBackend(machine.room / "registry")
        publish_pack(files, "maps")
        request = KeepingRequest(registry=str(files.root), cwd=machine.project)
    for key in STRANGE[kind]:
        files.put_if_absent(key, b"{}\n")
    found = verify_registry(machine.settings(), request)
    assert sorted(found.strange) == sorted(STRANGE[kind])
    assert {(each.code, each.severity) for each in found.problems} == {("E718", "error")}
    assert len(found.problems) == 5
    assert not set(found.loose) & set(found.strange)


def test_what_lies_beside_a_registry_in_a_web_site_is_not_looked_at(kept: Kept) -> None:
    for key in ("README.md", "sub/y"):
        kept.signed.directory.put_if_absent(key, b"a page\n")
    assert kept.verify().problems == ()


@pytest.mark.parametrize("what", ["lost", "older", "more"])
def test_a_catalog_that_does_not_fit_the_index_is_told_to_whoever_keeps_it(kept: Kept, what: str) -> None:
    key = shard_path("maps")
    path = kept.signed.root / key
    line = path.read_bytes()
    if what == "lost":
        path.unlink()
    elif what == "older":
        path.write_bytes(line.replace(b"1.2.0", b"1.1.0"))
    else:
        path.write_bytes(line + line.replace(b'"maps"', b'"ghost"'))
    (told,) = kept.verify().problems
    assert (told.code, told.severity, told.evidence["packs"]) == (
        "W711",
        "warning",
        ["ghost" if what == "more" else "maps"],
    )


def test_the_catalog_may_tell_of_what_only_newer_readers_understand(machine: Machine) -> None:
    files = DirectoryBackend(machine.room / "registry")
    publish_pack(files, "maps")
    path = files.root / index_path("maps")
    path.write_bytes(path.read_bytes() + b'{"v":2,"name":"maps","version":"2.0.0"}\n')
    found = verify_registry(machine.settings(), KeepingRequest(registry=str(files.root), cwd=machine.project))
    assert "W711" not in {each.code for each in found.problems}


def test_where_an_index_file_of_an_unsigned_registry_is_lost_its_archives_are_not_tidied_away(machine: Machine) -> None:
    files = DirectoryBackend(machine.room / "registry")
    for name in ("maps", "routes"):
        publish_pack(files, name)
    age(files.root)
    (files.root / index_path("maps")).unlink()
    request = KeepingRequest(registry=str(files.root), cwd=machine.project)
    told = {each.code: each for each in verify_registry(machine.settings(), request).problems}
    assert (told["E789"].severity, told["E789"].evidence["packs"]) == ("error", ["maps"])
    with pytest.raises(RegistryError, match="E789"):
        tidy_registry(machine.settings(), request)
    publish_pack(files, "maps")
    assert verify_registry(machine.settings(), request).problems == ()
    assert tidy_registry(machine.settings(), request).removed == ()

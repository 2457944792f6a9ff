"""Publishing into a signed registry: signed, committed at once, and read by nobody who doesn't verify."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.versions import parse_version
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.index import blob_path, index_path
from skillctl_registry.publish import yank
from skillctl_registry.signing import upkeep
from skillctl_registry.signing.checking import check
from skillctl_registry.signing.drafts import put_numbered
from skillctl_registry.signing.founding import Wishes
from skillctl_registry.signing.keys import KeyStore
from skillctl_registry.signing.tidying import tidy
from skillctl_registry.signing.writer import Change, SignedBackend, SignedWriter
from skillctl_registry.trust.files import metadata_key, target_key
from tests.registry.making import publish_pack
from tests.registry.trust.signed import Signed, open_writer


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return Signed(tmp_path_factory.mktemp("signed"))


def versions(signed: Signed, name: str) -> list[str]:
    return [str(each.version) for each in signed.source().releases(name) or ()]


def test_what_is_published_is_read_verified(made: Signed) -> None:
    publish_pack(made.backend, "arcgis")
    assert not publish_pack(made.backend, "arcgis", "1.1.0").already
    assert publish_pack(made.backend, "arcgis", "1.1.0").already
    source = made.source()
    assert versions(made, "arcgis") == ["1.0.0", "1.1.0"]
    assert source.id == "test-registry"
    assert source.names() == ["arcgis"]
    assert source.releases("nobody") is None
    assert len(source.fetch((source.releases("arcgis") or ())[0]).members) == 3
    assert [entry.name for entry in source.catalog()] == ["arcgis"]


def test_a_yank_is_signed_too(made: Signed) -> None:
    publish_pack(made.backend, "yanked")
    yank(made.backend, "yanked", parse_version("1.0.0"), "broken")
    assert made.source().yanked("yanked") == {parse_version("1.0.0"): "broken"}
    yank(made.backend, "yanked", parse_version("1.0.0"), None)
    assert made.source().yanked("yanked") == {}


def test_the_same_version_of_other_files_is_refused(made: Signed) -> None:
    publish_pack(made.backend, "taken")
    with pytest.raises(RegistryError) as caught:
        publish_pack(made.backend, "taken", more__md="other")
    assert caught.value.code == "E226"


def test_many_changes_are_one_commit_and_those_that_came_too_late_are_told(made: Signed) -> None:
    before = made.writer.standing().reader.trusted.timestamp.version
    late = made.writer.commit(
        {
            "index/aa/aaa": Change(expected=None, new=b"1\n"),
            "index/bb/bbb": Change(expected=None, new=b"2\n"),
            "index/cc/ccc": Change(expected=b"what is not there\n", new=b"3\n"),
        }
    )
    assert late == {"index/cc/ccc"}
    assert made.writer.standing().reader.trusted.timestamp.version == before + 1
    view = made.view()
    assert [view.get(f"index/{each[:2]}/{each}", max_bytes=99) for each in ("aaa", "bbb", "ccc")] == [
        b"1\n",
        b"2\n",
        None,
    ]


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "bins", "root"])
def test_keys_are_changed_while_clients_read_on(tmp_path: Path, role: str) -> None:
    signed = Signed(tmp_path)
    publish_pack(signed.backend, "arcgis")
    before = signed.keys.signing.keys[role]
    upkeep.rotate(signed.writer, role)
    assert signed.keys.signing.keys[role] != before
    publish_pack(signed.backend, "arcgis", "1.1.0")
    assert versions(signed, "arcgis") == ["1.0.0", "1.1.0"]
    for place in before:
        (signed.keys.directory / place.file).unlink()
    signed.writer.keys = type(signed.keys)(signed.keys.directory)
    publish_pack(signed.backend, "arcgis", "1.2.0")
    assert versions(signed, "arcgis")[-1] == "1.2.0"


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_a_publish_in_the_middle_of_a_change_of_keys_is_signed_by_the_new_one_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, role: str
) -> None:
    """In a bucket, where nothing keeps publishers off meanwhile: what the old key signs alone nobody would believe."""
    signed = Signed(tmp_path, wishes=Wishes(bits=3))
    publish_pack(signed.backend, "before")
    keeper = SignedWriter(signed.directory, KeyStore(tmp_path / "keys"), now=lambda: signed.now, exclusive=nullcontext)
    publisher = SignedBackend(
        SignedWriter(signed.directory, KeyStore(tmp_path / "keys"), now=lambda: signed.now, exclusive=nullcontext)
    )
    publish_pack(publisher, "known")
    real = upkeep._put_root

    def put_root(*said: Any) -> None:
        publish_pack(publisher, f"meanwhile-{len(versions_of_root(signed))}")
        real(*said)

    monkeypatch.setattr(upkeep, "_put_root", put_root)
    upkeep.rotate(keeper, role)
    publish_pack(publisher, "after")
    assert check(signed.directory, signed.view()).problems == ()
    assert signed.source().names() == ["after", "before", "known", "meanwhile-1", "meanwhile-2"]


@pytest.mark.parametrize("role", ["root", "targets", "bins", "snapshot", "timestamp"])
def test_files_of_before_a_change_of_keys_are_signed_on_by_the_keys_of_then(tmp_path: Path, role: str) -> None:
    signed = Signed(tmp_path, wishes=Wishes(bits=3))
    publish_pack(signed.backend, "before")
    shutil.copytree(signed.root, tmp_path / "copy")
    upkeep.rotate(signed.writer, role)
    shutil.rmtree(signed.root)
    (tmp_path / "copy").rename(signed.root)
    back = open_writer(tmp_path, lambda: signed.now)
    publish_pack(back, "after")
    for each in ("root", "targets", "bins", "snapshot", "timestamp"):
        upkeep.rotate(back.writer, each)
    assert check(signed.directory, signed.view()).problems == ()
    assert signed.source().names() == ["after", "before"]


def versions_of_root(signed: Signed) -> list[str]:
    return [key for key in signed.directory.list("metadata/") if key.endswith(".root.json")]


def test_signatures_are_renewed_before_they_expire(tmp_path: Path) -> None:
    signed = Signed(tmp_path)
    publish_pack(signed.backend, "arcgis")
    signed.now = "2026-12-20T10:00:00Z"
    with pytest.raises(RegistryError) as caught:
        versions(signed, "arcgis")
    assert caught.value.code == "E704"
    assert upkeep.refresh(signed.writer).roles == ("snapshot", "timestamp")
    assert versions(signed, "arcgis") == ["1.0.0"]
    signed.now = "2027-10-01T10:00:00Z"
    done = upkeep.refresh(signed.writer)
    assert set(done.roles) == {"bins", "root", "snapshot", "targets", "timestamp"}
    assert done.wanting == ()
    assert done.expires["root"] > "2028"
    assert versions(signed, "arcgis") == ["1.0.0"]


def test_tidying_leaves_what_is_young_and_takes_what_is_old(tmp_path: Path) -> None:
    signed = Signed(tmp_path)
    for number in range(3):
        publish_pack(signed.backend, "arcgis", f"1.{number}.0")
    loose = check(signed.directory, signed.view()).loose
    assert loose
    assert tidy(signed.directory, signed=True, now=0).keys == ()
    later = 4e9
    assert set(tidy(signed.directory, signed=True, now=later, dry_run=True).keys) == set(loose)
    assert set(tidy(signed.directory, signed=True, now=later).keys) == set(loose)
    found = check(signed.directory, signed.view())
    assert found.loose == ()
    assert found.problems == ()
    assert found.releases == 3


def current_files(signed: Signed) -> dict[str, str]:
    """What the state of now cannot do without, by what it is -> its key."""
    reader = signed.view().reader
    path = index_path("arcgis")
    found = reader.targets()[path]
    return {
        "bin": metadata_key(reader.bin_of(path), reader.trusted.file_of(reader.bin_of(path))),
        "index file": target_key(path, found.hashes["sha256"]),
        "root": metadata_key("root", 1),
        "snapshot": metadata_key("snapshot", reader.trusted.snapshot.version),
        "targets": metadata_key("targets", reader.trusted.file_of("targets")),
        "timestamp": metadata_key("timestamp"),
    }


@pytest.mark.parametrize("dry_run", [False, True], ids=["in earnest", "rehearsed"])
@pytest.mark.parametrize("damage", [None, b"{}", b"torn"], ids=["lost", "empty", "torn"])
@pytest.mark.parametrize("which", ["bin", "index file", "root", "snapshot", "targets", "timestamp"])
def test_nothing_is_tidied_where_the_state_of_now_is_not_whole(
    tmp_path: Path, which: str, damage: bytes | None, dry_run: bool
) -> None:
    signed = Signed(tmp_path, wishes=Wishes(bits=1))
    publish_pack(signed.backend, "arcgis")
    publish_pack(signed.backend, "arcgis", "1.1.0")
    path = signed.root / current_files(signed)[which]
    path.unlink() if damage is None else path.write_bytes(damage)
    before = {each for each in signed.root.rglob("*") if each.is_file()}
    with pytest.raises(RegistryError) as caught:
        tidy(signed.directory, signed=True, now=4e9, dry_run=dry_run)
    assert caught.value.code in ({"E705"} if damage is None else {"E700", "E703", "E706"})
    assert {each for each in signed.root.rglob("*") if each.is_file()} >= before


def test_a_signed_registry_is_not_tidied_as_if_it_were_not_signed(tmp_path: Path) -> None:
    signed = Signed(tmp_path, wishes=Wishes(bits=1))
    publish_pack(signed.backend, "arcgis")
    with pytest.raises(RegistryError) as caught:
        tidy(signed.directory, signed=False, now=4e9)
    assert caught.value.code == "E719"
    assert versions(signed, "arcgis") == ["1.0.0"]
    assert check(signed.directory, signed.view()).problems == ()


def test_a_state_of_the_past_that_is_no_longer_whole_is_no_obstacle(tmp_path: Path) -> None:
    signed = Signed(tmp_path, wishes=Wishes(bits=1))
    publish_pack(signed.backend, "arcgis")
    lost = current_files(signed)
    publish_pack(signed.backend, "arcgis", "1.1.0")
    for which in ("bin", "index file"):
        (signed.root / lost[which]).unlink()
    tidy(signed.directory, signed=True, now=0)
    assert check(signed.directory, signed.view()).problems == ()


def test_the_state_of_now_stays_although_an_interrupted_publish_has_taken_a_higher_number(tmp_path: Path) -> None:
    signed = Signed(tmp_path, wishes=Wishes(bits=1))
    publish_pack(signed.backend, "arcgis")
    left = deepcopy(signed.writer.standing().reader.trusted.snapshot)
    put_numbered(signed.directory, "snapshot", left, signed.writer.signers("snapshot"), after=left.version + 5)
    tidy(signed.directory, signed=True, now=4e9)
    assert versions(signed, "arcgis") == ["1.0.0"]


def test_the_archive_of_a_line_for_newer_readers_stays(tmp_path: Path) -> None:
    files = DirectoryBackend(tmp_path)
    archive = sha256_digest(b"archive")
    line = {"v": 2, "name": "maps", "version": "1.0.0", "archive": archive}
    files.put_if_absent(index_path("maps"), json.dumps(line).encode() + b"\n")
    for data in (b"archive", b"left"):
        files.put_if_absent(blob_path(sha256_digest(data)), data)
    assert tidy(files, signed=False, now=4e9).keys == (blob_path(sha256_digest(b"left")),)

"""What a reader refuses of a signed registry, and what it is told: rollback, freeze, mix-and-match, wrong bytes, and
every file that is missing, damaged, or signed by nobody who may."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from obstore.store import LocalStore
from tuf.api.metadata import Metadata, MetaFile, Timestamp

from skillctl.core.digests import digest_hex, sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl_registry.backends.forwarding import Forwarding
from skillctl_registry.backends.object_store import ObjectStoreBackend
from skillctl_registry.index import index_path
from skillctl_registry.remembered import BriefMemory, DirectoryMemory, memory_directory
from skillctl_registry.signing import upkeep
from skillctl_registry.signing.drafts import signed_bytes
from skillctl_registry.signing.founding import Wishes
from skillctl_registry.trust.files import metadata_key
from skillctl_registry.trust.reader import Memory, RootPin, pin_root
from skillctl_registry.verified import VerifiedBackend, first_root
from tests.registry.making import publish_pack
from tests.registry.trust.signed import Signed

INDEX = index_path("arcgis")


@pytest.fixture
def signed(tmp_path: Path) -> Signed:
    made = Signed(tmp_path, wishes=Wishes(bits=2))
    publish_pack(made.backend, "arcgis")
    return made


def read(signed: Signed, memory: Memory | None = None, *, offline: bool = False) -> list[str]:
    return [str(each.version) for each in signed.source(memory, offline=offline).releases("arcgis") or ()]


def refused(signed: Signed, memory: Memory | None = None, *, offline: bool = False) -> str:
    with pytest.raises(SkillctlError) as caught:
        read(signed, memory, offline=offline)
    return caught.value.code


def copied(signed: Signed, name: str) -> Path:
    """The registry as it is now, kept aside."""
    return Path(shutil.copytree(signed.root, signed.root.with_name(name)))


def put_back(signed: Signed, old: Path, *names: str) -> None:
    """Bring files of an old state back: all, or those whose names end so."""
    for path in sorted(old.rglob("*.json")) + sorted((old / "index").rglob("*")):
        if path.is_file() and (not names or path.name.endswith(names)):
            shutil.copy(path, signed.root / path.relative_to(old))


# Going back in time


def test_an_old_state_is_a_rollback_for_whoever_has_seen_a_newer_one(signed: Signed, tmp_path: Path) -> None:
    old = copied(signed, "old")
    publish_pack(signed.backend, "arcgis", "1.1.0")
    memory = DirectoryMemory(tmp_path / "memory")
    assert read(signed, memory) == ["1.0.0", "1.1.0"]
    put_back(signed, old, "timestamp.json")
    with pytest.raises(RegistryError) as caught:
        read(signed, memory)
    evidence = caught.value.problems[0].evidence
    assert caught.value.code == "E702"
    assert (evidence["role"], evidence["found"], evidence["seen"]) == ("timestamp", 2, 3)
    assert evidence["since"] == signed.now
    assert read(signed, BriefMemory()) == ["1.0.0"], "who has seen nothing newer can't know"


def test_what_was_refused_is_not_kept(signed: Signed, tmp_path: Path) -> None:
    old = copied(signed, "old")
    publish_pack(signed.backend, "arcgis", "1.1.0")
    new = copied(signed, "new")
    memory = DirectoryMemory(tmp_path / "memory")
    read(signed, memory)
    put_back(signed, old, "timestamp.json")
    assert refused(signed, memory) == "E702"
    put_back(signed, new, "timestamp.json")
    assert read(signed, memory) == ["1.0.0", "1.1.0"]


def test_a_mirror_behind_another_address_has_a_memory_of_its_own(tmp_path: Path) -> None:
    one = memory_directory(str(tmp_path), "https://a.example/r", "sha256:1")
    assert one == memory_directory(str(tmp_path), "https://a.example/r/", "sha256:1")
    assert one != memory_directory(str(tmp_path), "https://b.example/r", "sha256:1")
    assert one != memory_directory(str(tmp_path), "https://a.example/r", "sha256:2")


# Standing still


@pytest.mark.parametrize(
    ("days", "role"), [(20, "timestamp"), (40, "timestamp"), (400, "root")], ids=["a fortnight", "a month", "a year"]
)
def test_a_registry_that_nobody_renews_is_frozen(signed: Signed, days: int, role: str) -> None:
    memory = BriefMemory()
    read(signed, memory)
    seen = signed.now
    signed.now = {20: "2026-12-12T10:00:00Z", 40: "2027-01-02T10:00:00Z", 400: "2027-12-30T10:00:00Z"}[days]
    with pytest.raises(RegistryError) as caught:
        read(signed, memory)
    assert caught.value.code == "E704"
    assert caught.value.problems[0].evidence["role"] == role
    assert caught.value.problems[0].evidence["since"] == seen


def test_offline_what_is_known_is_used_and_its_age_is_told(signed: Signed, tmp_path: Path) -> None:
    memory = DirectoryMemory(tmp_path / "memory")
    read(signed, memory)
    shutil.rmtree(signed.root)
    source = signed.source(memory, offline=True)
    assert source.releases("arcgis")
    assert [(each.code, each.severity, each.evidence["since"]) for each in source.problems()] == [
        ("W240", "note", signed.now)
    ]
    signed.now = "2026-12-12T10:00:00Z"
    source = signed.source(memory, offline=True)
    assert source.releases("arcgis")
    assert [(each.code, each.evidence["role"]) for each in source.problems()] == [("W700", "timestamp")]


def test_offline_what_was_never_asked_for_is_not_there(signed: Signed, tmp_path: Path) -> None:
    memory = DirectoryMemory(tmp_path / "memory")
    assert refused(signed, memory, offline=True) == "E708"
    signed.view(memory).reader.refresh()
    assert refused(signed, memory, offline=True) == "E710"


# Wrong files, one by one


def by_name(ending: str) -> Callable[[Signed], Path]:
    return lambda signed: next(path for path in signed.root.rglob("*") if path.name.endswith(ending))


def the_bin(signed: Signed) -> Path:
    reader = signed.view().reader
    role = reader.bin_of(INDEX)
    return signed.root / "metadata" / f"{reader.trusted.file_of(role)}.{role}.json"


FILES: dict[str, Callable[[Signed], Path]] = {
    "timestamp": by_name("timestamp.json"),
    "snapshot": by_name("2.snapshot.json"),
    "targets": by_name("1.targets.json"),
    "bin": the_bin,
    "index": by_name(".arcgis"),
}


def signed_part(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """What somebody without the keys does to a signed file."""

    def changed(data: bytes) -> bytes:
        value = json.loads(data)
        change(value["signed"])
        return json.dumps(value).encode()

    return changed


DAMAGES: dict[str, tuple[Callable[[bytes], bytes | None], set[str]]] = {
    "is missing": (lambda _: None, {"E705"}),
    "is empty": (lambda _: b"", {"E700", "E703", "E706"}),
    "is cut": (lambda data: data[: len(data) // 2], {"E700", "E703", "E706"}),
    "is no JSON": (lambda _: b"<html>login</html>", {"E700", "E703", "E706"}),
    "has a bit flipped": (
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        {"E700", "E701", "E703", "E706"},
    ),
    "is much too long": (lambda data: data + b" " * (6 * 1024 * 1024), {"E454", "E703", "E706"}),
    "is deeply nested": (lambda _: b"[" * 20_000, {"E700", "E703", "E706"}),
}
CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "is of another version": lambda signed: signed.update(version=signed["version"] + 1),
    "expires later": lambda signed: signed.update(expires="2099-01-01T00:00:00Z"),
    "is of another type": lambda signed: signed.update(_type="root"),
    "says more": lambda signed: signed.update(more=True),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_damaged_is_refused(signed: Signed, file: str, damage: str) -> None:
    path = FILES[file](signed)
    change, allowed = DAMAGES[damage]
    data = change(path.read_bytes())
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    assert refused(signed) in allowed


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("file", ["timestamp", "snapshot", "targets", "bin"])
def test_a_file_that_was_changed_without_the_keys_is_refused(signed: Signed, file: str, change: str) -> None:
    path = FILES[file](signed)
    path.write_bytes(signed_part(CHANGES[change])(path.read_bytes()))
    assert refused(signed) in {"E700", "E701", "E703"}


@pytest.mark.parametrize("file", ["timestamp", "snapshot", "targets", "bin"])
def test_a_file_without_signatures_is_refused(signed: Signed, file: str) -> None:
    path = FILES[file](signed)
    value = json.loads(path.read_bytes())
    path.write_bytes(json.dumps({**value, "signatures": []}).encode())
    assert refused(signed) in {"E701", "E703"}


# Files of different times, and of different registries


def test_files_of_different_times_are_not_mixed(signed: Signed) -> None:
    before = the_bin(signed).read_bytes()
    publish_pack(signed.backend, "arcgis", "1.1.0")
    the_bin(signed).write_bytes(before)
    assert refused(signed) == "E707"


def test_an_index_file_of_another_time_is_refused(signed: Signed) -> None:
    first = by_name(".arcgis")(signed)
    publish_pack(signed.backend, "arcgis", "1.1.0")
    second = next(path for path in signed.root.rglob("*.arcgis") if path != first)
    second.write_bytes(first.read_bytes())
    assert refused(signed) == "E706"


def test_an_index_file_of_another_pack_is_refused(signed: Signed) -> None:
    publish_pack(signed.backend, "qgis")
    by_name(".arcgis")(signed).write_bytes(by_name(".qgis")(signed).read_bytes())
    assert refused(signed) == "E706"


@pytest.mark.parametrize("file", [".arcgis", "3.snapshot.json"])
def test_what_was_seen_in_place_of_what_was_signed_is_told_and_since_when(signed: Signed, file: str) -> None:
    memory = BriefMemory()
    read(signed, memory)
    before = signed.now
    publish_pack(signed.backend, "arcgis", "1.1.0")
    signed.now = "2026-11-23T10:00:00Z"
    path = max((each for each in signed.root.rglob(f"*{file}")), key=lambda each: each.stat().st_size)
    good = path.read_bytes()
    other = good.swapcase()
    for data, what in (
        (good[:5], f"it has 5 bytes, and {len(good)} were signed"),
        (other, f"its sha256 is {digest_hex(sha256_digest(other))}, and {digest_hex(sha256_digest(good))} was signed"),
        (good + good, "it is longer than what was signed"),
    ):
        path.write_bytes(data)
        with pytest.raises(RegistryError) as caught:
            read(signed, copy.deepcopy(memory))
        evidence = caught.value.problems[0].evidence
        assert caught.value.code == ("E706" if file == ".arcgis" else "E703")
        assert (evidence["what"], evidence["since"]) == (what, before)


def test_a_bin_does_not_vouch_for_what_belongs_to_another_bin(signed: Signed) -> None:
    """Whoever has a bin's key signs for its names alone: a name is looked for in its own bin."""
    reader = signed.view().reader
    mine = reader.bin_of(INDEX)
    other = next(role for role in reader.bins() if role != mine)
    assert INDEX not in reader.role(other).targets
    assert reader.find("index/no/nobody") is None


def test_another_registry_under_the_address_has_another_root(signed: Signed, tmp_path: Path) -> None:
    other = Signed(tmp_path / "other", wishes=Wishes(bits=2))
    other.pin = signed.pin
    with pytest.raises(RegistryError) as caught:
        read(other)
    assert caught.value.code == "E708"
    shown = sha256_digest((other.root / "metadata" / "1.root.json").read_bytes())
    assert caught.value.problems[0].evidence["seen"] == f"its first is {shown}"


def test_a_stranger_with_a_signed_registry_of_his_own_is_not_believed(signed: Signed, tmp_path: Path) -> None:
    memory = BriefMemory()
    read(signed, memory)
    other = Signed(tmp_path / "other", wishes=Wishes(bits=2))
    publish_pack(other.backend, "arcgis", "9.0.0")
    for path in (other.root / "metadata").iterdir():
        if not path.name.endswith(".root.json"):
            shutil.copy(path, signed.root / "metadata")
    assert refused(signed, memory) == "E701"


def test_config_is_signed_too(signed: Signed) -> None:
    path = signed.root / "config.json"
    path.write_bytes(path.read_bytes().replace(b"test-registry", b"someone-elses"))
    with pytest.raises(RegistryError) as caught:
        assert signed.source().id
    assert caught.value.code == "E706"


# Roots


def test_a_root_may_be_pinned_by_its_bytes_or_its_digest(signed: Signed) -> None:
    root = first_root(signed.directory)
    assert root is not None
    assert pin_root(root).sha256 == signed.pin.sha256
    shutil.rmtree(signed.root / "metadata" / "1.root.json", ignore_errors=True)
    signed.pin = pin_root(root)
    assert read(signed) == ["1.0.0"]


def test_a_later_root_can_be_pinned(signed: Signed) -> None:
    upkeep.rotate(signed.writer, "root")
    signed.pin = pin_root((signed.root / "metadata" / "2.root.json").read_bytes())
    assert read(signed) == ["1.0.0"]
    signed.pin = RootPin(signed.pin.sha256)
    assert read(signed) == ["1.0.0"]


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "bins", "root"])
def test_who_has_a_memory_follows_a_change_of_keys(signed: Signed, tmp_path: Path, role: str) -> None:
    memory = DirectoryMemory(tmp_path / "memory")
    read(signed, memory)
    upkeep.rotate(signed.writer, role)
    assert read(signed, memory) == ["1.0.0"]
    publish_pack(signed.backend, "arcgis", "1.1.0")
    assert read(signed, memory) == ["1.0.0", "1.1.0"]


def test_a_root_signed_by_too_few_is_refused(tmp_path: Path) -> None:
    made = Signed(tmp_path, wishes=Wishes(bits=2, root_keys=3, threshold=2))
    publish_pack(made.backend, "arcgis")
    upkeep.rotate(made.writer, "timestamp")
    path = made.root / "metadata" / "2.root.json"
    value = json.loads(path.read_bytes())
    path.write_bytes(json.dumps({**value, "signatures": value["signatures"][:1]}).encode())
    with pytest.raises(RegistryError) as caught:
        read(made)
    evidence = caught.value.problems[0].evidence
    assert (caught.value.code, evidence["valid"], evidence["needed"]) == ("E701", 1, 2)


def test_a_skipped_root_is_refused(signed: Signed) -> None:
    upkeep.rotate(signed.writer, "root")
    upkeep.rotate(signed.writer, "root")
    metadata = signed.root / "metadata"
    shutil.copy(metadata / "3.root.json", metadata / "2.root.json")
    assert refused(signed) in {"E701", "E707"}


def test_keys_that_were_changed_away_sign_nothing_any_more(signed: Signed) -> None:
    old = copied(signed, "old")
    memory = BriefMemory()
    read(signed, memory)
    upkeep.rotate(signed.writer, "timestamp")
    read(signed, memory)
    put_back(signed, old, "timestamp.json")
    assert refused(signed, memory) == "E701"


# The memory


@pytest.mark.parametrize("data", [b"", b"{}", bytes(100), b'{"signed":{},"signatures":[]}'])
@pytest.mark.parametrize("name", ["root", "timestamp", "snapshot", "targets"])
def test_a_damaged_memory_is_as_good_as_none(signed: Signed, tmp_path: Path, name: str, data: bytes) -> None:
    memory = DirectoryMemory(tmp_path / "memory")
    read(signed, memory)
    (tmp_path / "memory" / f"{name}.json").write_bytes(data)
    assert read(signed, memory) == ["1.0.0"]
    assert read(signed, memory, offline=True) == ["1.0.0"]


def test_a_damaged_copy_of_an_index_file_is_fetched_again(signed: Signed, tmp_path: Path) -> None:
    memory = DirectoryMemory(tmp_path / "memory")
    read(signed, memory)
    for path in (tmp_path / "memory" / "index").iterdir():
        path.write_bytes(b"nonsense")
    assert read(signed, memory) == ["1.0.0"]


def test_what_is_kept_is_not_fetched_again(signed: Signed, tmp_path: Path) -> None:
    memory = DirectoryMemory(tmp_path / "memory")
    read(signed, memory)
    asked: list[str] = []
    get = signed.directory.get

    def counted(key: str, *, max_bytes: int) -> bytes | None:
        asked.append(key)
        return get(key, max_bytes=max_bytes)

    signed.directory.get = counted  # type: ignore[method-assign]
    read(signed, memory)
    assert asked == ["metadata/2.root.json", "metadata/timestamp.json"]


def test_what_comes_before_it_is_asked_for_is_held_to_the_same_limits(signed: Signed) -> None:
    get = signed.directory.get

    def ready(key: str, *, max_bytes: int) -> bytes | None:
        data = get(key, max_bytes=2**20)
        return data + b" " * max_bytes if data is not None and key == "metadata/timestamp.json" else data

    signed.directory.get = ready  # type: ignore[method-assign]
    assert refused(signed) == "E703"


def test_prefetching_says_in_one_breath_what_will_be_asked_for(signed: Signed) -> None:
    for name in ("qgis", "grass", "saga"):
        publish_pack(signed.backend, name)
    told: list[list[str]] = []

    def noted(keys: Collection[str], *, max_bytes: int, then: object = None) -> None:
        told.append(sorted(keys))

    signed.directory.prefetch = noted  # type: ignore[method-assign]
    source = signed.source()
    source.prefetch(["arcgis", "qgis", "grass", "saga", "nobody"])
    refreshing, bins, indexes = told
    assert refreshing == ["metadata/2.root.json", "metadata/timestamp.json"]
    assert all(key.startswith("metadata/") for key in bins)
    assert [key.rpartition(".")[2] for key in indexes] == ["json", "arcgis", "grass", "qgis", "saga"]


@pytest.mark.parametrize("file", [".arcgis", "2.snapshot.json"])
def test_what_is_too_long_is_told_alike_of_a_directory_and_of_a_bucket(signed: Signed, file: str) -> None:
    path = max((each for each in signed.root.rglob(f"*{file}")), key=lambda each: each.stat().st_size)
    path.write_bytes(path.read_bytes() * 2)
    bucket = ObjectStoreBackend(LocalStore(signed.root), label="s3://bucket")
    view = VerifiedBackend(bucket, pin=signed.pin, now=signed.now)
    with pytest.raises(RegistryError) as caught:
        view.get(INDEX, max_bytes=10**6)
    assert caught.value.code == ("E706" if file == ".arcgis" else "E703")


class _ChangingKeys(Forwarding):
    """A registry whose keeper changes a key while somebody is between its root and its timestamp."""

    def __init__(self, signed: Signed) -> None:
        super().__init__(signed.directory)
        self._signed: Signed | None = signed

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        signed, self._signed = (self._signed, None) if key == metadata_key("timestamp") else (None, self._signed)
        if signed is not None:
            upkeep.rotate(signed.writer, "timestamp")
            upkeep.refresh(signed.writer)  # by the new key alone
        return super().get(key, max_bytes=max_bytes)


def test_a_key_that_is_changed_during_a_look_is_followed(signed: Signed) -> None:
    view = VerifiedBackend(_ChangingKeys(signed), pin=signed.pin, now=signed.now)
    assert view.get(INDEX, max_bytes=10**6)


def test_a_look_without_a_network_finds_nothing_in_order(signed: Signed) -> None:
    memory = BriefMemory()
    read(signed, memory)
    before, signed.now = memory.checked(), "2026-11-23T10:00:00Z"
    read(signed, memory, offline=True)
    assert memory.checked() == before


def put_timestamp(signed: Signed, *, ahead: int, snapshot: int) -> None:
    """A timestamp by the registry's own key: so many versions ahead of the present one, naming that snapshot."""
    path = signed.root / "metadata" / "timestamp.json"
    timestamp = Metadata[Timestamp].from_bytes(path.read_bytes()).signed
    timestamp.version += ahead
    timestamp.snapshot_meta = MetaFile(snapshot)
    path.write_bytes(signed_bytes(timestamp, signed.writer.signers("timestamp")))


def test_a_newer_timestamp_with_an_older_snapshot_is_a_rollback(signed: Signed) -> None:
    memory = BriefMemory()
    publish_pack(signed.backend, "arcgis", "1.1.0")
    read(signed, memory)
    put_timestamp(signed, ahead=1, snapshot=2)
    with pytest.raises(RegistryError) as caught:
        read(signed, memory)
    assert (caught.value.code, caught.value.problems[0].evidence["role"]) == ("E702", "snapshot")


def test_another_timestamp_of_the_version_that_was_seen_is_not_used(signed: Signed) -> None:
    memory = BriefMemory()
    read(signed, memory)
    put_timestamp(signed, ahead=0, snapshot=99)
    assert read(signed, memory) == ["1.0.0"]


def test_an_index_file_that_was_never_read_is_not_there_without_a_network(signed: Signed) -> None:
    memory = BriefMemory()
    signed.view(memory).reader.targets()
    assert refused(signed, memory, offline=True) == "E710"


def test_a_kept_file_is_not_given_to_who_takes_less(signed: Signed) -> None:
    memory = BriefMemory()
    read(signed, memory)
    with pytest.raises(RegistryError) as caught:
        signed.view(memory).get(INDEX, max_bytes=10)
    assert caught.value.code == "E706"

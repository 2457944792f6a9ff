"""All of a served registry's tree but its archives can be lost, and is made again of the database and the online keys:
who read the old one goes on, and who comes new finds all.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Targets

from skillctl.archive.writer import write_archive
from skillctl.core.errors import RegistryError
from skillctl.core.value import replace
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.remembered import BriefMemory
from skillctl_registry.server.agreement import known_registry
from skillctl_registry.server.serving import Begun, Parts, begin
from skillctl_registry.signing.checking import check
from skillctl_registry.signing.founding import Wishes, found_signed
from skillctl_registry.signing.keys import KeyStore, keys_of
from skillctl_registry.signing.tidying import Tidy
from skillctl_registry.signing.upkeep import refresh, rotate
from skillctl_registry.signing.writer import SignedWriter
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.reader import Memory, RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import pack_files
from tests.registry.server.conftest import Place
from tests.support.dying import DiedError, Dying
from tests.support.serving import ADMIN

NAMES = ("harbour", "lantern")
FEW = Wishes(api=True, bits=3)
LOOSE = "9.targets.json"


def parts(room: Path, backend: DirectoryBackend | None = None) -> Parts:
    return Parts(
        database=f"sqlite:///{room / 'registry.db'}",
        backend=backend or DirectoryBackend(room / "files"),
        keys=room / "keys",
        now=clock.now,
        seconds=clock.seconds,
        admin_token=ADMIN,
    )


def writer(room: Path, registry_id: str) -> SignedWriter:
    """Somebody with the keys who doesn't ask the database."""
    return SignedWriter(DirectoryBackend(room / "files"), KeyStore(room / "keys" / registry_id), now=clock.now)


def publish(begun: Begun, *names: str) -> None:
    for name in names:
        begun.service.publish(begun.service.caller(ADMIN), write_archive(pack_files(name)), (), dry_run=False)


class World:
    """A registry, and a client that has read it."""

    def __init__(self, room: Path, root: str, registry_id: str) -> None:
        self.room, self.root, self.id = room, root, registry_id
        self.files = room / "files"
        self.metadata = self.files / "metadata"
        self.old_client = BriefMemory()
        self.read(self.old_client)

    def read(self, memory: Memory | None = None) -> list[str]:
        """Every pack whose files a client comes to by the root alone, or by what it knows."""
        files = DirectoryBackend(self.files)
        view = VerifiedBackend(files, pin=RootPin(self.root), memory=memory, now=clock.now())
        source = RegistrySource(view, label="acme")
        return [name for name in source.names() if source.fetch((source.releases(name) or ())[-1]).members]

    def rebuild(self, backend: DirectoryBackend | None = None) -> list[str]:
        """The codes of what it told."""
        with known_registry(parts(self.room, backend)) as known:
            return [each.code for each in known.rebuild()]

    def differs(self) -> bool:
        with known_registry(parts(self.room)) as known:
            return known.differences() != []

    def is_whole(self) -> bool:
        files = DirectoryBackend(self.files)
        return check(files, VerifiedBackend(files, pin=RootPin(self.root), now=clock.now())).problems == ()

    def goes_on(self) -> bool:
        """A server publishes on, and the old client and a new one see it."""
        assert self.read(self.old_client) == self.read() == [*NAMES]
        begun = begin(parts(self.room))
        publish(begun, "quay-wall")
        begun.service.database.close()
        return self.is_whole() and self.read(self.old_client) == self.read() == [*NAMES, "quay-wall"]


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A registry whose keys were all changed once, while its server ran."""
    room = tmp_path_factory.mktemp("lost") / "server"
    room.mkdir()
    # a founding that was interrupted is taken over, and this one has few bins
    found_signed(
        DirectoryBackend(room / "files"), KeyStore(room / "keys/few-bins"), FEW, now=clock.now(), new_id="few-bins"
    )
    begun = begin(parts(room))
    publish(begun, NAMES[0])
    for role in ("root", "timestamp", "bins"):
        rotate(writer(room, begun.id), role)
    publish(begun, *NAMES[1:])
    begun.service.database.close()
    away = room / "keys" / begun.id
    _sign_loose_targets(room, KeyStore(away))
    for key in (*away.glob("root-*.pem"), *away.glob("targets-*.pem")):
        key.unlink()
    return room, begun.root_sha256, begun.id


def _sign_loose_targets(room: Path, keys: KeyStore) -> None:
    """Targets as they were before the keys of the bins were changed, under a number that was never committed."""
    loose = Metadata[Targets].from_file(str(room / "files/metadata/1.targets.json"))
    loose.signed.version = int(LOOSE.partition(".")[0])
    loose.signatures.clear()
    for signer in keys.signers("targets"):
        loose.sign(signer, append=True)
    (room / LOOSE).write_bytes(loose.to_bytes())


@pytest.fixture
def world(seed: tuple[Path, str, str], tmp_path: Path) -> World:
    """A copy of it without the keys that belong elsewhere."""
    return World(Path(shutil.copytree(seed[0], tmp_path / "server")), *seed[1:])


def remove(world: World, pattern: str) -> None:
    found = sorted(world.metadata.glob(pattern))
    assert found
    for each in found:
        each.unlink()


def all_but_archives(world: World) -> None:
    for each in world.files.iterdir():
        if each.name != "blobs":
            shutil.rmtree(each) if each.is_dir() else each.unlink()


def write(world: World, name: str, data: bytes) -> None:
    (world.metadata / name).write_bytes(data)


def damage(world: World, pattern: str) -> None:
    for each in world.metadata.glob(pattern):
        each.write_bytes(each.read_bytes()[:-20])


def go_back(world: World) -> None:
    """As if an old copy had been brought back, of before what database and readers have seen."""
    earlier = (world.metadata / "timestamp.json").read_bytes()
    refresh(writer(world.room, world.id))
    begin(parts(world.room)).service.database.close()
    world.read(world.old_client)
    (world.metadata / "timestamp.json").write_bytes(earlier)


def bring_back_an_old_copy(world: World) -> None:
    """All of it, and a refresh that knows nothing of the database makes it look newer than what readers have seen."""
    copies = {each: shutil.copytree(world.files / each, world.room / f"old {each}") for each in ("metadata", "index")}
    begun = begin(parts(world.room))
    for reason in ("wrong", None) * 3:
        for name in NAMES:
            begun.service.yank(begun.service.caller(ADMIN), name, "1.0.0", reason, dry_run=False)
    begun.service.database.close()
    world.read(world.old_client)
    for each, copy in copies.items():
        shutil.rmtree(world.files / each)
        shutil.move(copy, world.files / each)
    for _ in range(19):
        refresh(writer(world.room, world.id))


def plant(world: World, name: str) -> None:
    """A file that nobody has signed, and the timestamp is lost."""
    write(world, name, b"x")
    remove(world, "timestamp.json")


HARMS: dict[str, Callable[[World], None]] = {
    "everything but archives": all_but_archives,
    "all of metadata": lambda world: shutil.rmtree(world.metadata),
    "the timestamp": lambda world: remove(world, "timestamp.json"),
    "a torn timestamp": lambda world: damage(world, "timestamp.json"),
    "the snapshots": lambda world: remove(world, "*.snapshot.json"),
    "some bins": lambda world: remove(world, "*.bin-[0-4].json"),
    "torn bins": lambda world: damage(world, "*.bin-[567].json"),
    "targets": lambda world: remove(world, "*.targets.json"),
    "the first root": lambda world: remove(world, "1.root.json"),
    "a root between": lambda world: remove(world, "2.root.json"),
    "the last root": lambda world: remove(world, "4.root.json"),
    "all roots": lambda world: remove(world, "*.root.json"),
    "what came last": go_back,
    "all that came last, and it is signed anew": bring_back_an_old_copy,
    "a torn config.json": lambda world: damage(world, "../config.json"),
    "config.json": lambda world: (world.files / "config.json").unlink(),
    "a long timestamp": lambda world: write(world, "timestamp.json", b" " * 20_000),
    "the timestamp, with a number that nobody signed": lambda world: plant(world, f"{2**63 - 1}.snapshot.json"),
    "the timestamp, with targets that nobody signed": lambda world: plant(world, "99.targets.json"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_whatever_is_lost_is_made_again_and_every_reader_goes_on(world: World, harm: str) -> None:
    HARMS[harm](world)
    assert world.differs()
    assert world.rebuild() == []
    assert not world.differs()
    assert world.is_whole()
    assert world.goes_on()


def test_targets_of_a_change_that_never_came_about_are_not_taken(world: World) -> None:
    """Somebody signed them by the keys of before, and another's commit came first."""
    remove(world, "timestamp.json")
    shutil.move(world.room / LOOSE, world.metadata / LOOSE)
    assert world.rebuild() == []
    assert world.goes_on()


def test_a_root_that_no_reader_could_follow_is_named_before_anything_is_written(world: World) -> None:
    remove(world, "timestamp.json")
    write(world, "5.root.json", b"{}")
    before = seen(world.files)
    with pytest.raises(RegistryError) as caught:
        world.rebuild()
    assert caught.value.code == "E700"
    assert seen(world.files) == before


@pytest.mark.parametrize("reads", [0, 1], ids=["at the first look", "when it is made again"])
def test_a_storage_that_does_not_answer_is_no_damage(world: World, reads: int) -> None:
    left = iter(range(reads))

    class Away(DirectoryBackend):
        def get(self, key: str, *, max_bytes: int) -> bytes | None:
            if key.endswith(".snapshot.json") and next(left, None) is None:
                raise RegistryError.of("E750", location=self.label, reason="it does not answer")
            return super().get(key, max_bytes=max_bytes)

    remove(world, "*.bin-0.json")
    before = seen(world.files)
    with pytest.raises(RegistryError) as caught:
        world.rebuild(Away(world.files))
    assert caught.value.code == "E750"
    assert seen(world.files) == before


def test_a_server_does_not_build_upon_an_old_copy(world: World) -> None:
    go_back(world)
    with pytest.raises(RegistryError) as caught:
        begin(parts(world.room))
    assert [each.code for each in caught.value.problems] == ["E702", "E778"]


def test_a_memory_of_long_ago_leads_to_no_number_that_was_seen(world: World) -> None:
    """The database was brought back from before a rebuild, of which readers have seen the numbers."""
    copy = (world.room / "registry.db").read_bytes()
    remove(world, "timestamp.json")
    world.rebuild()
    refresh(writer(world.room, world.id))
    assert world.read(world.old_client) == [*NAMES]
    (world.room / "registry.db").write_bytes(copy)
    shutil.rmtree(world.metadata)
    later = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with known_registry(replace(parts(world.room), now=lambda: later)) as known:
        known.rebuild()
    assert world.read(world.old_client) == [*NAMES]


@pytest.mark.parametrize("left", [1, 4, 6, 8, 12, 15, 16, 17, 18, 19])
def test_a_rebuild_that_dies_before_any_write_is_repeated(world: World, left: int) -> None:
    backend = Dying(world.files)
    all_but_archives(world)
    backend.left = left
    with suppress(DiedError):
        world.rebuild(backend)
    assert world.rebuild() == []
    assert world.is_whole()
    assert world.goes_on()


def seen(directory: Path) -> dict[Path, bytes]:
    """Every file, but for locks."""
    found = (each for each in directory.rglob("*") if each.is_file() and not each.name.startswith("."))
    return {each: each.read_bytes() for each in found}


@pytest.mark.parametrize(
    ("lost", "code"), [("signing.json", "E711"), ("timestamp-*.pem", "E714"), ("bins-*.pem", "E714")]
)
def test_without_the_online_keys_nothing_is_written(world: World, lost: str, code: str) -> None:
    all_but_archives(world)
    for each in (world.room / "keys" / world.id).glob(lost):
        each.unlink()
    before = seen(world.files)
    with pytest.raises(RegistryError) as caught:
        world.rebuild()
    assert caught.value.code == code
    assert seen(world.files) == before


def test_what_others_signed_and_nobody_remembers_comes_from_a_copy_alone(world: World) -> None:
    with sqlite3.connect(world.room / "registry.db") as database:
        database.execute("DELETE FROM signed")
    database.close()
    kept = (world.metadata / "1.root.json").read_bytes()
    all_but_archives(world)
    before = seen(world.files)
    for _ in range(2):
        with pytest.raises(RegistryError) as caught:
            world.rebuild()
        assert caught.value.code == "E777"
        assert seen(world.files) == before
        world.metadata.mkdir(exist_ok=True)  # targets are missing still
        (world.metadata / "1.root.json").write_bytes(kept)
        before = seen(world.files)


def test_a_database_of_before_remembers_with_the_next_start_of_a_server(world: World) -> None:
    with sqlite3.connect(world.room / "registry.db") as older:
        for statement in ("DROP TABLE signed", "DROP TABLE numbers", "UPDATE alembic_version SET version_num = '0003'"):
            older.execute(statement)
    older.close()
    assert not world.differs()  # a look changes nothing
    begin(parts(world.room)).service.database.close()
    all_but_archives(world)
    assert world.rebuild() == []
    assert world.goes_on()


def test_a_lost_archive_is_named_and_the_rest_is_made_again(world: World) -> None:
    shutil.rmtree(world.files / "blobs")
    all_but_archives(world)
    assert world.rebuild() == ["W708"]
    assert not world.differs()


def test_a_server_does_not_start_over_a_tree_that_is_not_whole_and_tells_the_way_out(world: World) -> None:
    remove(world, "*.snapshot.json")
    with pytest.raises(RegistryError) as caught:
        begin(parts(world.room))
    assert [each.code for each in caught.value.problems] == ["E705", "E778"]
    all_but_archives(world)
    with pytest.raises(RegistryError) as caught:
        begin(parts(world.room))
    assert caught.value.code == "E778"


def test_keys_are_found_in_the_directory_of_one_registry_and_in_that_of_several(world: World) -> None:
    several = world.room / "keys"
    assert keys_of(several, world.id).directory == keys_of(several / world.id, world.id).directory


def test_a_check_without_config_json_advises_nobody_to_take_the_index_away(world: World) -> None:
    (world.files / "config.json").unlink()
    assert [each.code for each in check(DirectoryBackend(world.files), None).problems] == ["E225"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["postgresql and s3"], indirect=True)
def test_a_bucket_that_was_emptied_is_filled_again_from_the_database(place: Place) -> None:
    memory = BriefMemory()

    def read(known: BriefMemory | None) -> list[str]:
        view = VerifiedBackend(place.files, pin=RootPin(root), memory=known, now=clock.now())
        return list(RegistrySource(view, label="acme").names())

    with place.serving() as running:
        root = running.root
        for name in NAMES:
            running.publish(name)
    assert read(memory) == [*NAMES]
    files = place.files
    assert isinstance(files, Tidy)
    for key in [each for each in files.list("") if not each.startswith("blobs/")]:
        files.remove_older(key, float("inf"))
    with place.known() as known:
        known.rebuild()
        assert known.differences() == []
    assert read(memory) == read(None) == [*NAMES]

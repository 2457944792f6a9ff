"""The database decides, and the tree can be made of it again: `registry index --check` compares, `--rebuild` makes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.registry_index import IndexOutcome, IndexRequest, rebuild_index
from skillctl.archive.writer import write_archive
from skillctl.core.errors import SkillctlError
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.server.serving import Parts, begin
from skillctl_registry.signing.checking import check
from skillctl_registry.signing.writer import Change
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import pack_files
from tests.support.machine import Machine

ADMIN = "skl_token-of-the-tests-administrator"


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A server's things with three packs, one of which was deleted, and the digest of its root."""
    room = tmp_path_factory.mktemp("agreed") / "server"
    room.mkdir()
    begun = begin(
        Parts(
            database=f"sqlite:///{room / 'registry.db'}",
            backend=DirectoryBackend(room / "registry"),
            keys=room / "keys",
            now=clock.now,
            seconds=clock.seconds,
            admin_token=ADMIN,
        )
    )
    service = begun.service
    admin = service.caller(ADMIN)
    for name in ("harbour", "lantern", "wreck"):
        service.publish(admin, write_archive(pack_files(name)), (), dry_run=False)
    service.yank(admin, "lantern", "1.0.0", "it is dark", dry_run=False)
    service.delete(admin, "wreck", "1.0.0")
    service.database.close()
    return room, begun.root_sha256


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def served(seed: tuple[Path, str], machine: Machine) -> Path:
    """A copy of it where `registry serve` has its things by default."""
    return Path(shutil.copytree(seed[0], machine.data / "server"))


def asked(machine: Machine, **options: Any) -> IndexOutcome:
    request = IndexRequest(cwd=machine.project, **{"registry": str(machine.data / "server/registry"), **options})
    return rebuild_index(machine.settings(), request, now=clock.now())


def is_whole(served: Path, root: str) -> bool:
    files = DirectoryBackend(served / "registry")
    return check(files, VerifiedBackend(files, pin=RootPin(root), now=clock.now())).problems == ()


def lose_index(served: Path, _: Machine) -> None:
    shutil.rmtree(served / "registry/index")


def lose_one(served: Path, _: Machine) -> None:
    shutil.rmtree(served / "registry/index/la")


def damage(served: Path, _: Machine) -> None:
    [file] = [each for each in (served / "registry/index/ha").iterdir() if each.stat().st_size]
    file.write_bytes(b"{}\n")


def lose_all_but_archives(served: Path, _: Machine) -> None:
    for each in (served / "registry").iterdir():
        if each.name != "blobs":
            shutil.rmtree(each) if each.is_dir() else each.unlink()


def lose_config(served: Path, _: Machine) -> None:
    (served / "registry/config.json").unlink()
    damage(served, _)


def sign_otherwise(served: Path, machine: Machine) -> None:
    """What somebody with the online keys signed past the database."""
    from skillctl_registry.signing.keys import KeyStore
    from skillctl_registry.signing.writer import SignedWriter

    backend = DirectoryBackend(served / "registry")
    registry_id = json.loads((served / "registry/config.json").read_bytes())["id"]
    writer = SignedWriter(backend, KeyStore(served / "keys" / registry_id), now=clock.now)
    known = writer.standing().view.get("index/ha/harbour", max_bytes=10_000)
    assert not writer.commit({"index/ha/harbour": Change(expected=known, new=b"")})


@pytest.mark.parametrize("harm", [lose_index, lose_one, damage, lose_config, lose_all_but_archives, sign_otherwise])
def test_whatever_happened_to_the_index_it_is_made_again_of_the_database(
    seed: tuple[Path, str], served: Path, machine: Machine, harm: Callable[[Path, Machine], None]
) -> None:
    harm(served, machine)
    told = asked(machine, check=True)
    assert {each.code for each in told.problems} == {"E749"}
    assert not told.ok
    assert asked(machine, dry_run=True).rebuilt == told.rebuilt
    assert asked(machine).rebuilt == told.rebuilt
    assert is_whole(served, seed[1])
    again = asked(machine, check=True)
    assert (again.problems, again.rebuilt, again.packs) == ((), (), 3)


def test_what_is_signed_may_be_lost_as_a_whole(seed: tuple[Path, str], served: Path, machine: Machine) -> None:
    shutil.rmtree(served / "registry/metadata")
    told = asked(machine, check=True)
    assert ([each.code for each in told.problems], told.signed, told.rebuilt) == (["E749"], True, ())
    assert asked(machine).signed
    assert is_whole(served, seed[1])
    assert not asked(machine, check=True).signed


@pytest.mark.parametrize("torn", [b"", b'{"x":', b"[]"])
def test_a_torn_config_json_is_made_again_alone(served: Path, machine: Machine, torn: bytes) -> None:
    config = served / "registry/config.json"
    whole = config.read_bytes()
    config.write_bytes(torn)
    told = asked(machine, check=True)
    assert ([each.evidence["file"] for each in told.problems], told.signed, told.rebuilt) == (
        ["config.json"],
        False,
        (),
    )
    before = machine.seen(served / "registry/metadata")
    assert not asked(machine).signed
    assert config.read_bytes() == whole
    assert machine.seen(served / "registry/metadata") == before


def test_who_only_compares_needs_no_keys(served: Path, machine: Machine) -> None:
    shutil.rmtree(served / "keys")
    before = machine.seen(served)
    assert asked(machine, check=True).problems == ()
    damage(served, machine)
    assert [each.code for each in asked(machine, check=True).problems] == ["E749"]
    for dry_run in (True, False):
        with pytest.raises(SkillctlError) as caught:
            asked(machine, dry_run=dry_run)
        assert caught.value.code == "E711"
    assert before.keys() == machine.seen(served).keys()


def test_the_database_is_the_one_beside_the_files_or_the_one_that_is_named(served: Path, machine: Machine) -> None:
    database = machine.room / "elsewhere.db"
    (served / "registry.db").rename(database)
    with pytest.raises(SkillctlError) as caught:
        asked(machine)
    assert caught.value.code == "E022"
    assert asked(machine, database=f"sqlite:///{database}").packs == 3
    assert asked(machine, registry="", database=f"sqlite:///{database}").packs == 3


def test_a_database_that_is_not_there_or_empty_empties_nothing(served: Path, machine: Machine) -> None:
    for name, code in (("none.db", "E732"), ("empty.db", "E748")):
        (machine.room / "empty.db").touch()
        with pytest.raises(SkillctlError) as caught:
            asked(machine, database=f"sqlite:///{machine.room / name}")
        assert caught.value.code == code
    assert not (machine.room / "none.db").exists()
    assert asked(machine, check=True).problems == ()


def test_a_signed_registry_without_its_config_is_not_taken_for_an_unsigned_one(served: Path, machine: Machine) -> None:
    (served / "registry/config.json").unlink()
    (served / "registry.db").unlink()
    before = machine.seen(served / "registry")
    with pytest.raises(SkillctlError) as caught:
        asked(machine)
    assert caught.value.code == "E705"
    assert machine.seen(served / "registry") == before


def test_a_registry_without_a_server_is_compared_with_its_archives(machine: Machine) -> None:
    registry = machine.publish(pack_files("harbour"), pack_files("lantern"))
    assert asked(machine, registry=str(registry), check=True).problems == ()
    (registry / "index/ha/harbour").unlink()
    next(iter((registry / "catalog").iterdir())).unlink()
    before = machine.seen(registry)
    told = asked(machine, registry=str(registry), check=True)
    assert {each.code for each in told.problems} == {"E749"}
    assert told.rebuilt == ("harbour",)
    assert machine.seen(registry) == before

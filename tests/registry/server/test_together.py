"""Many at once, and processes that are killed: the database, the index and what readers see agree all the while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from skillctl.archive.writer import write_archive
from skillctl.core.errors import SkillctlError
from skillctl.core.likeness import alike_pairs
from skillctl.edges import clock
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.backends.web import WebBackend
from skillctl_registry.cache import AnswerCache, cache_directory
from skillctl_registry.index import blob_path
from skillctl_registry.publish import publish
from skillctl_registry.remembered import BriefMemory
from skillctl_registry.server import accounts, shelf, signer
from skillctl_registry.server.serving import Parts, begin
from skillctl_registry.signing.checking import check
from skillctl_registry.signing.founding import found_unsigned
from skillctl_registry.signing.tidying import Tidy
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import release_of_files
from tests.registry.server.conftest import Place
from tests.support.dying import DiedError, Dying
from tests.support.packs import pack
from tests.support.serving import ADMIN, Served

PUBLISHERS = 20
KILLS = 3


def view(place: Place, root: str) -> VerifiedBackend:
    """The registry's files as a reader sees them who trusts that root."""
    return VerifiedBackend(place.files, pin=RootPin(root), now=clock.now())


def names_and_versions(place: Place, root: str) -> list[tuple[str, str]]:
    """Every line of the index, in order."""
    return seen_in(view(place, root))


def seen_in(seen: VerifiedBackend) -> list[tuple[str, str]]:
    source = RegistrySource(seen, label="files")
    names = source.names()
    source.prefetch(names)
    return sorted((name, str(each.version)) for name in names for each in source.releases(name) or ())


def all_agrees(place: Place, root: str) -> int:
    """The number of releases, after a look at every signature, every digest, and every row of the database."""
    found = check(place.files, view(place, root))
    assert found.problems == ()
    with place.known() as known:
        assert known.differences() == []
    return found.releases


def by_web(running: Served, room: Path) -> WebBackend:
    """The registry's files as a server gives them."""
    cache = AnswerCache(cache_directory(str(room / "cache"), running.url))
    return WebBackend(running.url, name="served", http=running.http(""), cache=cache, now=clock.now, offline=False)


@contextmanager
def polling(place: Place, running: Sequence[Served]) -> Iterator[list[int]]:
    """A reader that looks all the while, at the files and by each server in turn, and remembers what he has seen; how
    many releases there were each time."""
    over, counts, wrong = threading.Event(), [0], []
    memory = BriefMemory()

    def look() -> None:
        places: list[Callable[[], Backend]] = [lambda: place.files]
        places += [partial(by_web, each, place.room) for each in running]
        ways = cycle(places)
        while not over.is_set():
            try:
                seen = VerifiedBackend(next(ways)(), pin=RootPin(running[0].root), now=clock.now(), memory=memory)
                counts.append(len(seen_in(seen)))
            except SkillctlError as error:
                wrong.append(error)
                return

    reader = threading.Thread(target=look)
    reader.start()
    try:
        yield counts
    finally:
        over.set()
        reader.join()
    assert not wrong, str(wrong)
    assert len(counts) > 2


@contextmanager
def servers(place: Place) -> Iterator[list[Served]]:
    """One process over SQLite, two over PostgreSQL."""
    with ExitStack() as stack:
        count = 1 if place.kind == "sqlite" else 2
        yield [stack.enter_context(place.serving()) for _ in range(count)]


@pytest.mark.slow
def test_of_twenty_publishers_at_once_nothing_is_lost_and_nothing_doubled(place: Place) -> None:
    with servers(place) as running:
        letters = [chr(ord("a") + number) * 4 for number in range(PUBLISHERS)]
        wanted = [(f"quay-{each}", version) for each in letters for version in ("1.0.0", "1.1.0")]

        with polling(place, running) as counts, ThreadPoolExecutor(PUBLISHERS) as pool:

            def publish(number: int) -> None:
                name, version = wanted[number]
                running[number % len(running)].publish(name, version)

            list(pool.map(publish, range(len(wanted))))
        assert names_and_versions(place, running[0].root) == sorted(wanted)
        assert counts == sorted(counts), "what was there is never away again"
        assert all_agrees(place, running[0].root) == len(wanted)


@pytest.mark.slow
def test_of_two_who_publish_one_version_exactly_one_wins(place: Place) -> None:
    with servers(place) as running:

        def publish(number: int) -> str:
            try:
                running[number % len(running)].publish("lone-buoy", text=f"by {number}")
            except SkillctlError as error:
                return f"{error.code} {error.problems[0].evidence['changes']}"
            return "published"

        with ThreadPoolExecutor(8) as pool:
            came = sorted(pool.map(publish, range(8)))
        assert came == ["E226 ['changed skills/lone-buoy/SKILL.md']"] * 7 + ["published"]
        assert all_agrees(place, running[0].root) == 1


@pytest.mark.slow
def test_of_names_that_look_alike_no_two_slip_in_at_once(place: Place) -> None:
    names = ["breakwater", "break-water", "breakwaters", "breakvvater", "breakwaetr", "8reakwater"]
    with servers(place) as running:
        users = [running[0].user(f"user-{number}") for number in range(len(names))]

        def publish(number: int) -> str:
            try:
                running[number % len(running)].publish(names[number], token=users[number])
            except SkillctlError as error:
                return error.code
            return "published"

        with ThreadPoolExecutor(len(names)) as pool:
            came = dict(zip(names, pool.map(publish, range(len(names))), strict=True))
    taken = [name for name, how in came.items() if how == "published"]
    assert taken
    assert alike_pairs(taken) == []
    assert {came[name] for name in names if name not in taken} == {"E723"}
    assert all(alike_pairs([*taken, name]) for name in names if name not in taken)


@pytest.mark.slow
def test_the_server_is_killed_while_it_publishes_and_the_publish_is_repeated(place: Place) -> None:
    root = ""
    for number in range(KILLS):
        with place.serving() as running:
            root = running.root
            killer = threading.Timer(0.02 + number * 0.06, running.kill)
            killer.start()
            with suppress(SkillctlError):
                running.publish("stormy", f"1.{number}.0")
            killer.join()
        assert check(place.files, view(place, root)).problems == ()
    with place.serving() as running:
        for number in range(KILLS):
            running.publish("stormy", f"1.{number}.0")
        assert all_agrees(place, root) == KILLS


def parts_in(room: Path, backend: DirectoryBackend) -> Parts:
    return Parts(
        database=f"sqlite:///{room / 'registry.db'}",
        backend=backend,
        keys=room / "keys",
        now=clock.now,
        seconds=clock.seconds,
        admin_token=ADMIN,
    )


def is_whole(room: Path, root: str) -> bool:
    files = DirectoryBackend(room / "files")
    return check(files, VerifiedBackend(files, pin=RootPin(root), now=clock.now())).problems == ()


@pytest.mark.parametrize("left", range(1, 8))
def test_a_publish_that_dies_before_any_write_is_completed_by_the_next(tmp_path: Path, left: int) -> None:
    backend = Dying(tmp_path / "files")
    begun = begin(parts_in(tmp_path, backend))
    admin = begun.service.caller(ADMIN)
    archive = write_archive(pack("harbour"))
    backend.left = left
    with suppress(DiedError):
        begun.service.publish(admin, archive, (), dry_run=False)
    begun.service.database.close()
    assert is_whole(tmp_path, begun.root_sha256)
    again = begin(parts_in(tmp_path, DirectoryBackend(tmp_path / "files")))
    again.service.publish(admin, archive, (), dry_run=False)
    again.service.database.close()
    assert is_whole(tmp_path, begun.root_sha256)
    seen = VerifiedBackend(DirectoryBackend(tmp_path / "files"), pin=RootPin(begun.root_sha256), now=clock.now())
    assert len(RegistrySource(seen, label="files").releases("harbour") or ()) == 1


@pytest.mark.parametrize("left", [1, 2, 3, 4, 100, 259, 260, 261])
def test_the_first_start_may_die_before_any_write(tmp_path: Path, left: int) -> None:
    backend = Dying(tmp_path / "files")
    backend.left = left
    with suppress(DiedError):
        begin(parts_in(tmp_path, backend)).service.database.close()
    begun = begin(parts_in(tmp_path, DirectoryBackend(tmp_path / "files")))
    begun.service.database.close()
    assert is_whole(tmp_path, begun.root_sha256)


def test_files_are_never_begun_over_that_another_database_knows(tmp_path: Path) -> None:
    begun = begin(parts_in(tmp_path, DirectoryBackend(tmp_path / "files")))
    begun.service.publish(begun.service.caller(ADMIN), write_archive(pack("harbour")), (), dry_run=False)
    begun.service.database.close()
    (tmp_path / "registry.db").rename(tmp_path / "lost.db")
    with pytest.raises(SkillctlError) as caught:
        begin(parts_in(tmp_path, DirectoryBackend(tmp_path / "files")))
    assert caught.value.code == "E733"


@pytest.mark.parametrize("lost", ["", "config.json"])
def test_a_registry_without_a_server_is_never_taken_over_by_one(tmp_path: Path, lost: str) -> None:
    files = DirectoryBackend(tmp_path / "files")
    found_unsigned(files)
    publish(files, pack("harbour"), release_of_files(pack("harbour")), now=clock.now())
    if lost:
        (tmp_path / "files" / lost).unlink()
    before = {each: each.read_bytes() for each in (tmp_path / "files").rglob("*") if each.is_file()}
    with pytest.raises(SkillctlError) as caught:
        begin(parts_in(tmp_path, files))
    assert caught.value.code == "E733"
    assert {each: each.read_bytes() for each in (tmp_path / "files").rglob("*") if each.is_file()} == before


STEPS = {
    "before the row": (shelf, "add"),
    "before the row is committed": (accounts, "record"),
    "before it is noted as signed": (shelf, "mark_signed"),
    "before the catalog": (signer, "refresh_entries"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_publish_that_dies_between_files_and_database_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise DiedError

    begun = begin(parts_in(tmp_path, DirectoryBackend(tmp_path / "files")))
    admin = begun.service.caller(ADMIN)
    archive = write_archive(pack("harbour"))
    with monkeypatch.context() as patch, suppress(DiedError):
        module, name = STEPS[step]
        patch.setattr(module, name, die)
        if module is accounts:
            patch.setattr(shelf, name, die)
        begun.service.publish(admin, archive, (), dry_run=False)
    begun.service.database.close()
    assert is_whole(tmp_path, begun.root_sha256)
    again = begin(parts_in(tmp_path, DirectoryBackend(tmp_path / "files")))
    again.service.publish(admin, archive, (), dry_run=False)
    again.service.database.close()
    assert is_whole(tmp_path, begun.root_sha256)
    seen = VerifiedBackend(DirectoryBackend(tmp_path / "files"), pin=RootPin(begun.root_sha256), now=clock.now())
    assert seen_in(seen) == [("harbour", "1.0.0")]


@pytest.mark.parametrize("left", range(1, 8))
def test_a_deletion_that_dies_before_any_write_is_completed_by_the_next(tmp_path: Path, left: int) -> None:
    backend = Dying(tmp_path / "files")
    begun = begin(parts_in(tmp_path, backend))
    admin = begun.service.caller(ADMIN)
    archive = write_archive(pack("harbour"))
    key = blob_path(begun.service.publish(admin, archive, (), dry_run=False).release.archive)
    backend.left = left
    with suppress(DiedError):
        begun.service.delete(admin, "harbour", "1.0.0")
    begun.service.database.close()
    assert is_whole(tmp_path, begun.root_sha256)
    again = begin(parts_in(tmp_path, DirectoryBackend(tmp_path / "files")))
    assert again.service.delete(admin, "harbour", "1.0.0").already
    again.service.database.close()
    assert is_whole(tmp_path, begun.root_sha256)
    assert not (tmp_path / "files" / key).exists()


@pytest.mark.slow
@pytest.mark.parametrize("place", ["postgresql and s3"], indirect=True)
def test_the_index_in_a_bucket_is_made_again_of_the_database(place: Place) -> None:
    with place.serving() as running:
        root = running.root
        running.publish("harbour")
        running.publish("lantern")
    files = place.files
    assert isinstance(files, Tidy)
    for key in [each for each in files.list("index/") if each.endswith(".harbour")]:
        files.remove_older(key, float("inf"))
    with place.known() as known:
        assert [each.name for each in known.differences()] == ["harbour"]
        known.rebuild()
    assert all_agrees(place, root) == 2

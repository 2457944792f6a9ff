"""A mirror has what the registry has, verifies like it, and is that registry for whoever has a lock of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from skillctl.core.errors import RegistryError
from skillctl.core.release import Release
from skillctl.core.versions import parse_version
from skillctl.edges import clock
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.index import blob_path, index_path
from skillctl_registry.mirroring import Mirrored, mirror
from skillctl_registry.publish import publish, yank
from skillctl_registry.remembered import BriefMemory
from skillctl_registry.signing.checking import check
from skillctl_registry.signing.founding import Wishes
from skillctl_registry.signing.tidying import GRACE_SECONDS, tidy
from skillctl_registry.signing.upkeep import rotate
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.files import metadata_key
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import NOW, pack_files, publish_pack, release_of_files, with_members
from tests.registry.trust.signed import Signed
from tests.support.dying import DiedError, Dying


class Registry:
    """A registry with packs in it, signed or not, and a mirror of it."""

    def __init__(self, directory: Path, *, signed: bool) -> None:
        self.signed = Signed(directory) if signed else None
        self.raw = self.signed.directory if self.signed else DirectoryBackend(directory / "registry")
        self.backend: Backend = self.signed.backend if self.signed else self.raw
        self.mirror = DirectoryBackend(directory / "mirror")
        self.memory: BriefMemory | None = None
        publish_pack(self.backend, "base", "1.0.0")
        publish_pack(self.backend, "base", "1.1.0")
        maps = with_members(pack_files("maps"), dependencies=["base ^1.0", "elsewhere *"])
        publish(self.backend, maps, release_of_files(maps), now=NOW)
        publish_pack(self.backend, "other")

    def verified(self, backend: Backend) -> VerifiedBackend:
        assert self.signed is not None
        return VerifiedBackend(backend, pin=self.signed.pin, now=self.signed.now, memory=self.memory)

    def run(self, names: Collection[str] = (), *, source: Backend | None = None) -> Mirrored:
        view = self.verified if self.signed else None
        return mirror(source or self.raw, self.mirror, verified=view, names=names)

    def source(self) -> RegistrySource:
        """The mirror as packs are installed from it."""
        return RegistrySource(self.verified(self.mirror) if self.signed else self.mirror, label="mirror")

    def published(self, name: str) -> Sequence[Release]:
        """What the registry itself has of a pack."""
        backend = self.verified(self.raw) if self.signed else self.raw
        return RegistrySource(backend, label="registry").releases(name) or ()

    def problems(self) -> list[str]:
        view = self.verified(self.mirror) if self.signed else None
        return [each.code for each in check(self.mirror, view).problems]

    def tidied(self) -> tuple[str, ...]:
        """What `registry gc` takes away of the mirror when all that is there now is old."""
        return tidy(self.mirror, signed=self.signed is not None, now=clock.seconds() + 2 * GRACE_SECONDS).keys

    def files(self) -> dict[str, bytes]:
        root = self.mirror.root
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }


@pytest.fixture(params=[False, True], ids=["unsigned", "signed"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    return Registry(tmp_path, signed=request.param)


def test_a_mirror_has_everything_and_is_in_order(registry: Registry) -> None:
    done = registry.run()
    assert (done.id, done.packs, done.releases, done.copied) == ("test-registry", 3, 4, 4)
    assert registry.problems() == []
    source = registry.source()
    assert source.id == "test-registry"
    assert list(source.names()) == ["base", "maps", "other"]
    assert [entry.description for entry in source.catalog()] == ["About base.", "About maps.", "About other."]
    for name in source.names():
        for release in source.releases(name) or ():
            source.fetch(release)


def test_once_more_copies_nothing_and_changes_nothing(registry: Registry) -> None:
    registry.run()
    before = registry.files()
    assert registry.run().copied == 0
    assert registry.files() == before


def test_an_archive_that_is_damaged_in_the_mirror_is_fetched_again(registry: Registry) -> None:
    registry.run()
    key = blob_path(registry.published("other")[0].archive)
    (registry.mirror.root / key).write_bytes(b"damaged")
    assert registry.run().copied == 1
    assert registry.problems() == []


def test_a_name_whose_releases_were_all_deleted_counts_for_no_pack(registry: Registry) -> None:
    registry.backend.compare_and_set(index_path("gone"), None, b"")
    assert registry.run().packs == 3
    assert registry.problems() == []


def test_what_was_published_and_yanked_since_comes_with_the_next_run(registry: Registry) -> None:
    registry.run()
    publish_pack(registry.backend, "other", "2.0.0")
    yank(registry.backend, "base", parse_version("1.1.0"), "broken")
    assert registry.run().copied == 1
    assert registry.problems() == []
    assert [str(each.version) for each in registry.source().releases("other") or ()] == ["1.0.0", "2.0.0"]
    assert registry.source().yanked("base") == {parse_version("1.1.0"): "broken"}


def test_some_packs_come_with_what_they_need_and_nothing_else(registry: Registry) -> None:
    assert registry.run(["maps"]).packs == 2
    assert registry.problems() == []
    source = registry.source()
    assert list(source.names()) == ["base", "maps"]
    assert [entry.name for entry in source.catalog()] == ["base", "maps"]


def test_a_mirror_of_some_packs_is_tidied_without_those_that_it_has_not(registry: Registry) -> None:
    registry.run(["maps"])
    left = blob_path(f"sha256:{'0' * 64}")
    registry.mirror.put_if_absent(left, b"left by a run that was stopped")
    assert registry.tidied() == (left,)
    assert registry.problems() == []


def test_a_mirror_of_some_packs_that_lost_one_of_them_is_not_tidied(tmp_path: Path) -> None:
    registry = Registry(tmp_path, signed=True)
    registry.run(["maps"])
    next(each for each in registry.mirror.root.glob("index/**/*.base")).unlink()
    before = registry.files()
    with pytest.raises(RegistryError) as caught:
        registry.tidied()
    assert caught.value.code == "E705"
    assert registry.files() == before


def test_more_packs_later_leave_those_that_are_there_up_to_date(registry: Registry) -> None:
    registry.run(["base"])
    publish_pack(registry.backend, "base", "1.2.0")
    registry.run(["other"])
    assert registry.problems() == []
    assert list(registry.source().names()) == ["base", "other"]
    assert len(registry.source().releases("base") or ()) == 3


def test_a_mirror_of_all_stays_one_of_all_and_one_of_some_can_become_it(registry: Registry) -> None:
    registry.run(["base"])
    registry.run()
    assert list(registry.source().names()) == ["base", "maps", "other"]
    publish_pack(registry.backend, "maps", "2.0.0")
    registry.run(["base"])
    assert registry.problems() == []
    assert len(registry.source().releases("maps") or ()) == 2


def test_a_pack_that_is_not_there_is_said_and_nothing_is_made(registry: Registry) -> None:
    with pytest.raises(RegistryError) as caught:
        registry.run(["maps", "nowhere"])
    assert (caught.value.code, caught.value.problems[0].evidence["names"]) == ("E763", ["nowhere"])
    assert not registry.mirror.root.exists()


def test_another_registry_is_not_written_over(registry: Registry, tmp_path: Path) -> None:
    other = DirectoryBackend(registry.mirror.root)
    files = pack_files("other")
    publish(other, files, release_of_files(files), now=NOW, new_id="another-one")
    before = registry.files()
    with pytest.raises(RegistryError) as caught:
        registry.run()
    assert caught.value.code == "E762"
    assert registry.files() == before


@pytest.mark.parametrize("damage", [None, b"not the archive"])
def test_an_archive_that_is_not_whole_is_refused_and_the_mirror_stays_as_it_was(
    registry: Registry, damage: bytes | None
) -> None:
    registry.run()
    publish_pack(registry.backend, "other", "2.0.0")
    release = next(each for each in registry.published("other") if str(each.version) == "2.0.0")
    path = registry.raw.root / blob_path(release.archive)
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(RegistryError) as caught:
        registry.run()
    assert caught.value.code == "E764"
    assert registry.problems() == []
    assert [str(each.version) for each in registry.source().releases("other") or ()] == ["1.0.0"]


def test_a_run_that_was_stopped_is_gone_on_with(registry: Registry) -> None:
    """Whatever was the last file that came, the next run completes the mirror; of the many alike, some are tried."""
    registry.run()
    keys = sorted(registry.files())
    for number in (*range(0, 8, 3 if registry.signed else 1), *range(8, 300, 97 if registry.signed else 1)):
        fresh = Dying(registry.mirror.root.with_name(f"mirror-{number}"))
        fresh.left = number + 1
        registry.mirror = fresh
        try:
            registry.run()
        except DiedError:
            pass
        else:
            break
        fresh.left = sys.maxsize
        registry.run()
        assert registry.problems() == []
        assert sorted(registry.files()) == keys
    else:
        raise AssertionError("no run came to its end")


@pytest.mark.parametrize("name", ["late", "other"], ids=["of a new pack", "of a version"])
def test_a_publish_in_the_middle_leaves_a_mirror_of_one_state(registry: Registry, name: str) -> None:
    source = Interrupted(registry.raw, lambda: publish_pack(registry.backend, name, "2.0.0"))
    assert registry.run(source=source).releases == 4
    assert registry.problems() == []
    assert list(registry.source().names()) == ["base", "maps", "other"]
    assert [str(each.version) for each in registry.source().releases("other") or ()] == ["1.0.0"]
    assert registry.run().releases == 5
    assert registry.problems() == []
    assert "2.0.0" in {str(each.version) for each in registry.source().releases(name) or ()}


def age(root: Path) -> None:
    """Let everything there have been written long ago."""
    then = clock.seconds() - 3 * GRACE_SECONDS
    for path in (each for each in root.rglob("*") if each.is_file()):
        os.utime(path, (then, then))


class AtAStep(DirectoryBackend):
    """A mirror to which something happens when a run is about to write a file of that kind."""

    def __init__(self, real: DirectoryBackend, step: str, happens: Callable[[], object]) -> None:
        super().__init__(real.root)
        self._step, self._happens = step, happens

    def put_if_absent(self, key: str, data: bytes) -> bool:
        self._look(key)
        return super().put_if_absent(key, data)

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        self._look(key)
        return super().compare_and_set(key, expected, new)

    def _look(self, key: str) -> None:
        if self._step in key:
            self._happens()


def go_on_beside_a_tidier(registry: Registry, step: str) -> None:
    """A run is stopped at that step, and days later the next one is there when the mirror is tidied."""
    registry.run()
    publish_pack(registry.backend, "late")
    files, signed = registry.mirror, registry.signed is not None

    def stop() -> None:
        raise DiedError

    registry.mirror = AtAStep(files, step, stop)
    with pytest.raises(DiedError):
        registry.run()
    age(files.root)
    registry.mirror = AtAStep(files, step, lambda: tidy(files, signed=signed, now=clock.seconds()))
    assert registry.run().copied == 0
    assert registry.problems() == []
    assert "late" in registry.source().names()


def test_archives_of_a_run_that_was_stopped_are_not_tidied_away_under_the_next_one(registry: Registry) -> None:
    go_on_beside_a_tidier(registry, "index/")


def test_neither_is_its_metadata(tmp_path: Path) -> None:
    go_on_beside_a_tidier(Registry(tmp_path, signed=True), ".snapshot.json")


def test_what_the_mirror_refers_to_is_not_written_anew(registry: Registry) -> None:
    registry.run()
    age(registry.mirror.root)
    publish_pack(registry.backend, "late")
    registry.run()
    late = blob_path(registry.published("late")[0].archive)
    young = {
        key for key in registry.mirror.list("blobs/") if (registry.mirror.written(key) or 0) > clock.seconds() - 60
    }
    assert young == {late}


def publish_late(registry: Registry) -> None:
    publish_pack(registry.backend, "late")


def change_keys(registry: Registry) -> None:
    """Have a new root, under which the numbers of old timestamps mean nothing."""
    assert registry.signed is not None
    rotate(registry.signed.writer, "timestamp")


@pytest.mark.parametrize("change", [publish_late, change_keys])
def test_of_two_runs_at_once_none_puts_an_older_state_over_a_newer_one(
    tmp_path: Path, change: Callable[[Registry], object]
) -> None:
    registry = Registry(tmp_path, signed=True)

    def overtaken() -> None:
        change(registry)
        registry.run()

    registry.run(source=Interrupted(registry.raw, overtaken))
    newer = registry.verified(registry.raw).reader.trusted.timestamp
    assert registry.verified(registry.mirror).reader.trusted.timestamp == newer
    assert registry.problems() == []


def test_a_number_counts_for_nothing_under_keys_of_the_past(tmp_path: Path) -> None:
    """Whoever had the old keys may have signed any number; a registry with new ones may begin anew with lower ones."""
    registry = Registry(tmp_path, signed=True)
    assert registry.signed is not None
    stolen = Signed(tmp_path / "stolen", wishes=Wishes(bits=1))
    for number in range(8):
        publish_pack(stolen.backend, "maps", f"1.{number}.0")
    registry.run()
    timestamp = metadata_key("timestamp")
    (registry.mirror.root / timestamp).write_bytes((stolen.root / timestamp).read_bytes())
    registry.run()
    assert registry.problems() == []


@pytest.mark.parametrize("which", ["1.targets.json", "bin-", "config.json"])
@pytest.mark.parametrize("instead", [b"{}", None], ids=["another", "none"])
def test_a_source_that_gives_something_else_than_it_once_did_makes_no_mirror_worse(
    tmp_path: Path, which: str, instead: bytes | None
) -> None:
    registry = Registry(tmp_path, signed=True)
    registry.memory = BriefMemory()
    registry.run()
    with suppress(RegistryError):
        registry.run(source=Lying(registry.raw, which, instead))
    registry.memory = None
    assert registry.problems() == []


def test_a_source_that_has_lost_a_root_makes_no_mirror_worse(tmp_path: Path) -> None:
    registry = Registry(tmp_path, signed=True)
    assert registry.signed is not None
    rotate(registry.signed.writer, "root")
    registry.memory = BriefMemory()
    registry.run()
    before = registry.files()
    publish_pack(registry.backend, "late")
    with pytest.raises(RegistryError) as caught:
        registry.run(source=Lying(registry.raw, "2.root.json", None))
    assert caught.value.code == "E703"
    assert registry.files() == before


class Lying(DirectoryBackend):
    """A source that gives something else for some of its files."""

    def __init__(self, real: DirectoryBackend, which: str, instead: bytes | None) -> None:
        super().__init__(real.root)
        self._which, self._instead = which, instead

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        return self._instead if self._which in key else super().get(key, max_bytes=max_bytes)


class Interrupted(DirectoryBackend):
    """A source in which something happens as soon as the first archive is read."""

    def __init__(self, real: DirectoryBackend, happens: Callable[[], object]) -> None:
        super().__init__(real.root)
        self._happens: Callable[[], object] | None = happens

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        if key.startswith("blobs/") and self._happens is not None:
            happens, self._happens = self._happens, None
            happens()
        return super().get(key, max_bytes=max_bytes)

"""Writing to a registry that the user or the project has: it is there, and it is that one, or nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from skillctl.app.publish import PublishRequest, publish
from skillctl.app.registry_index import IndexRequest, rebuild_index
from skillctl.app.registry_keeping import KeepingRequest, refresh_registry, rotate_key, tidy_registry, verify_registry
from skillctl.app.signing import Keys
from skillctl.app.withdrawing import YankRequest, yank
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.project import RegistryEntry
from skillctl.core.settings import Settings
from skillctl.core.value import replace
from skillctl.edges import clock
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.config import CONFIG
from skillctl_registry.signing.founding import Wishes, found_unsigned
from skillctl_registry.signing.upkeep import rotate
from tests.app.test_pack import make_pack
from tests.registry.making import publish_pack
from tests.registry.trust.signed import Signed
from tests.support.machine import Machine

Deed = Callable[[Settings, Path, Keys, str], object]


def _keeping(cwd: Path, keys: Keys, registry: str) -> KeepingRequest:
    return KeepingRequest(registry=registry, cwd=cwd, keys=keys)


def _publish(settings: Settings, cwd: Path, keys: Keys, registry: str, *, dry_run: bool = False) -> object:
    request = PublishRequest(directory=cwd.parent / "tiny", cwd=cwd, registry=registry, keys=keys, dry_run=dry_run)
    return publish(settings, request, now=clock.now())


def _yank(settings: Settings, cwd: Path, keys: Keys, registry: str) -> object:
    return yank(settings, YankRequest(name="maps", version="1.0.0", cwd=cwd, registry=registry, keys=keys))


def _rebuild(settings: Settings, cwd: Path, keys: Keys, registry: str) -> object:
    return rebuild_index(settings, IndexRequest(registry=registry, cwd=cwd, keys=keys), now=clock.now())


DEEDS: Mapping[str, Deed] = {
    "publish": _publish,
    "rehearse": lambda settings, cwd, keys, registry: _publish(settings, cwd, keys, registry, dry_run=True),
    "yank": _yank,
    "index": _rebuild,
    "gc": lambda settings, cwd, keys, registry: tidy_registry(settings, _keeping(cwd, keys, registry)),
    "verify": lambda settings, cwd, keys, registry: verify_registry(settings, _keeping(cwd, keys, registry)),
    "refresh": lambda settings, cwd, keys, registry: refresh_registry(settings, _keeping(cwd, keys, registry)),
    "rotate": lambda settings, cwd, keys, registry: rotate_key(
        settings, _keeping(cwd, keys, registry), "bins", in_keyring=False
    ),
}


class Shared:
    """A signed registry on a share, which the user has pinned."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.signed = Signed(machine.room / "share", wishes=Wishes(bits=1), now=clock.now())
        publish_pack(self.signed.backend, "maps")
        make_pack(machine.home / "tiny")
        self.keys = Keys(directory=self.signed.keys.directory)
        self.entry = RegistryEntry(name="mnt", location=str(self.signed.root), root_sha256=self.signed.pin.sha256)

    def do(self, deed: str, registry: str = "mnt", *, entry: RegistryEntry | None = None) -> object:
        settings = replace(self.machine.settings(), registries=(entry or self.entry,))
        return DEEDS[deed](settings, self.machine.project, self.keys, registry)


@pytest.fixture
def shared(machine: Machine) -> Shared:
    return Shared(machine)


def _files(root: Path) -> set[Path]:
    return {each for each in root.rglob("*") if each.name != ".lock"}


@pytest.mark.parametrize("named", ["mnt", "../../share/registry"])
@pytest.mark.parametrize("deed", DEEDS)
def test_no_registry_is_begun_in_the_place_of_one_that_is_away(shared: Shared, deed: str, named: str) -> None:
    shared.signed.root.rename(shared.signed.root.with_name("away"))
    with pytest.raises(RegistryError) as caught:
        shared.do(deed, named)
    assert caught.value.code == "E232"
    assert not shared.signed.root.exists()


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_is_begun_in_an_empty_directory_where_a_registry_was(shared: Shared, deed: str) -> None:
    shutil.rmtree(shared.signed.root)
    shared.signed.root.mkdir()
    with pytest.raises(RegistryError) as caught:
        shared.do(deed, entry=replace(shared.entry, root_sha256=""))
    assert caught.value.code == "E232"
    assert not _files(shared.signed.root)


@pytest.mark.parametrize("deed", DEEDS)
def test_an_unsigned_registry_in_the_place_of_a_pinned_one_is_refused(shared: Shared, deed: str) -> None:
    shutil.rmtree(shared.signed.root)
    publish_pack(DirectoryBackend(shared.signed.root), "maps")
    before = _files(shared.signed.root)
    with pytest.raises(RegistryError) as caught:
        shared.do(deed)
    assert (caught.value.code, caught.value.problems[0].evidence["registry"]) == ("E708", "mnt")
    assert _files(shared.signed.root) == before


@pytest.mark.parametrize("deed", DEEDS)
def test_a_pinned_registry_that_says_it_is_unsigned_is_not_believed(shared: Shared, deed: str) -> None:
    (shared.signed.root / CONFIG).unlink()
    found_unsigned(shared.signed.directory)
    with pytest.raises(RegistryError) as caught:
        shared.do(deed)
    assert caught.value.code == "E708"


@pytest.mark.parametrize("deed", DEEDS)
def test_another_signed_registry_is_not_the_pinned_one(shared: Shared, deed: str) -> None:
    shutil.rmtree(shared.signed.root)
    Signed(shared.machine.room / "other", wishes=Wishes(bits=1), now=clock.now()).root.rename(shared.signed.root)
    with pytest.raises(RegistryError) as caught:
        shared.do(deed)
    assert caught.value.code == "E708"


@pytest.mark.parametrize("deed", DEEDS)
def test_the_pinned_registry_is_written_to(shared: Shared, deed: str) -> None:
    shared.do(deed)


def test_a_later_root_of_the_registry_may_be_pinned_too(shared: Shared) -> None:
    rotate(shared.signed.writer, "timestamp", in_keyring=False)
    second = (shared.signed.root / "metadata" / "2.root.json").read_bytes()
    shared.do("publish", entry=replace(shared.entry, root_sha256=sha256_digest(second)))


def test_a_registry_of_the_project_is_not_begun_anew_either(shared: Shared) -> None:
    text = '{"format": "1.0", "registries": [{"name": "team", "location": "ours"}]}'
    (shared.machine.project / "skillctl.json").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError) as caught:
        shared.do("publish", "team")
    assert caught.value.code == "E232"
    assert not (shared.machine.project / "ours").exists()


@pytest.mark.parametrize("registry", ["", "./new"])
def test_a_registry_that_nobody_has_yet_is_begun_by_its_first_publish(shared: Shared, registry: str) -> None:
    shared.do("publish", registry)
    shared.do("verify", registry)

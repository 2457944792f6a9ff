"""Killed at every write of a publish, a yank, a change of keys, a renewal or a tidying: the registry verifies, readers
go on, and the work can be repeated.

All writes go through the backend's three verbs, so that dying before and after each of them is all there is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skillctl.core.versions import parse_version
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.publish import yank
from skillctl_registry.remembered import BriefMemory
from skillctl_registry.signing import upkeep
from skillctl_registry.signing.checking import check
from skillctl_registry.signing.founding import Wishes
from skillctl_registry.signing.keys import KeyStore
from skillctl_registry.signing.tidying import tidy
from skillctl_registry.signing.writer import SignedBackend, SignedWriter
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import NOW, publish_pack
from tests.registry.trust.killed import Killed, Mortal
from tests.registry.trust.signed import Signed

Work = Callable[[SignedWriter], object]


def publishing(writer: SignedWriter) -> object:
    return publish_pack(SignedBackend(writer), "arcgis", "2.0.0")


def first_publish(writer: SignedWriter) -> object:
    return publish_pack(SignedBackend(writer), "newcomer")


def yanking(writer: SignedWriter) -> object:
    return yank(SignedBackend(writer), "arcgis", parse_version("1.0.0"), "broken")


def tidying(writer: SignedWriter) -> object:
    assert isinstance(writer.backend, Mortal | DirectoryBackend)
    return tidy(writer.backend, signed=True, now=4e9)


def changing(role: str) -> Work:
    return lambda writer: upkeep.rotate(writer, role)


WORKS: dict[str, Work] = {
    "a publish": publishing,
    "the first publish of a pack": first_publish,
    "a yank": yanking,
    "a renewal": upkeep.refresh,
    "a tidying": tidying,
    "a new key for the timestamp": changing("timestamp"),
    "a new key for the snapshot": changing("snapshot"),
    "a new key for targets": changing("targets"),
    "a new key for the root": changing("root"),
}


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("seed")
    signed = Signed(directory, wishes=Wishes(bits=3))
    for version in ("1.0.0", "1.1.0"):
        publish_pack(signed.backend, "arcgis", version)
    (directory / "pin").write_text(signed.pin.sha256)
    return directory


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("work", WORKS)
def test_a_kill_at_any_write_leaves_a_registry_that_verifies(
    seed: Path, tmp_path: Path, work: str, after: bool
) -> None:
    died = 0
    for at in range(1, 100):
        place = tmp_path / str(at)
        shutil.copytree(seed, place)
        pin = RootPin((seed / "pin").read_text())
        real = DirectoryBackend(place / "registry")
        memory = BriefMemory()
        assert seen(real, pin, memory) >= {("arcgis", "1.0.0"), ("arcgis", "1.1.0")}
        try:
            WORKS[work](SignedWriter(Mortal(real, at=at, after=after), KeyStore(place / "keys"), now=lambda: NOW))
        except Killed:
            died += 1
        else:
            break
        assert check(real, VerifiedBackend(real, pin=pin, now=NOW)).problems == ()
        assert seen(real, pin, memory) >= {("arcgis", "1.0.0"), ("arcgis", "1.1.0")}
        WORKS[work](SignedWriter(real, KeyStore(place / "keys"), now=lambda: NOW))
        publish_pack(SignedBackend(SignedWriter(real, KeyStore(place / "keys"), now=lambda: NOW)), "later")
        found = check(real, VerifiedBackend(real, pin=pin, now=NOW))
        assert found.problems == ()
        assert seen(real, pin, memory) >= {("arcgis", "1.1.0"), ("later", "1.0.0")}
        shutil.rmtree(place)
    assert died


def seen(backend: DirectoryBackend, pin: RootPin, memory: BriefMemory) -> set[tuple[str, str]]:
    """What a reader with a memory finds, every archive included."""
    source = RegistrySource(VerifiedBackend(backend, pin=pin, now=NOW, memory=memory), label="acme")
    found = set()
    for name in source.names():
        for release in source.releases(name) or ():
            source.fetch(release)
            found.add((name, str(release.version)))
    return found

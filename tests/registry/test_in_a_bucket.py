"""A signed registry in a bucket, kept without a server: made, published to, read, checked, renewed, changed, tidied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skillctl.app.publish import PublishRequest, publish
from skillctl.app.registry_entries import AddRequest, add_registry
from skillctl.app.registry_init import InitOutcome, InitRequest, init_registry
from skillctl.app.registry_keeping import (
    KeepingRequest,
    refresh_registry,
    rotate_key,
    tidy_registry,
    verify_registry,
)
from skillctl.core.errors import SkillctlError
from skillctl.edges import clock
from skillctl_registry.backends.object_store import ObjectStoreBackend, open_object_store
from skillctl_registry.index import blob_path
from tests.registry.making import pack_files, write_pack
from tests.support.machine import Machine
from tests.support.object_store import S3


class Kept:
    """A signed registry in a bucket, and who keeps it."""

    def __init__(self, machine: Machine, address: str) -> None:
        self.machine = machine
        self.address = address
        self.settings = machine.settings()

    @property
    def store(self) -> ObjectStoreBackend:
        return open_object_store(self.address)

    @property
    def asked(self) -> KeepingRequest:
        return KeepingRequest(registry=self.address, cwd=self.machine.project)

    def made(self, *, signed: bool = True) -> InitOutcome:
        return init_registry(self.settings, InitRequest(location=self.address, signed=signed), now=clock.now())

    def publish(self, name: str, version: str = "1.0.0") -> str:
        """The digest of the published archive."""
        directory = write_pack(self.machine.room / "packs", f"{name}-{version}/{name}", pack_files(name, version))
        request = PublishRequest(directory=directory, cwd=self.machine.project, registry=self.address)
        return publish(self.settings, request, now=clock.now()).sha256

    def verified(self) -> tuple[int, list[str]]:
        """How many releases there are, and the codes of what is wrong."""
        found = verify_registry(self.settings, self.asked)
        return found.releases, [each.code for each in found.problems if each.severity == "error"]


@pytest.fixture
def kept(s3: S3, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kept:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return Kept(Machine(tmp_path / "machine"), s3.address(f"{request.node.name}-{tmp_path.name}"))


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(SkillctlError) as caught:
        act()
    return caught.value.code


def test_it_is_made_published_to_installed_from_and_verified(kept: Kept) -> None:
    root = kept.made().root_sha256
    kept.publish("harbour")
    kept.publish("harbour", "1.1.0")
    machine = kept.machine
    added = AddRequest(cwd=machine.project, name="acme", location=kept.address, trust=root)
    add_registry(machine.environment, machine.settings(), added)
    machine.install("harbour")
    assert machine.versions == {"harbour": "1.1.0"}
    assert kept.verified() == (2, [])
    assert code_of(kept.made) == "E715"


def test_an_unsigned_one_is_made_too(kept: Kept) -> None:
    assert kept.made(signed=False).root_sha256 == ""
    kept.publish("harbour")
    assert kept.verified() == (1, [])


def test_what_is_renewed_and_what_is_changed_still_verifies(kept: Kept) -> None:
    kept.made()
    kept.publish("harbour")
    assert set(refresh_registry(kept.settings, kept.asked).roles) >= {"snapshot", "timestamp"}
    for role in ("timestamp", "bins"):
        rotate_key(kept.settings, kept.asked, role, in_keyring=False)
        assert kept.verified() == (1, [])
    kept.publish("lantern")
    assert kept.verified() == (2, [])


def test_what_nothing_refers_to_goes_when_it_is_old_and_not_before(kept: Kept) -> None:
    kept.made()
    archive = kept.publish("harbour")
    kept.publish("harbour", "1.1.0")
    kept.store.put_if_absent(loose := blob_path(f"sha256:{'0' * 64}"), b"left by a publish that was interrupted")
    young = tidy_registry(kept.settings, kept.asked)
    assert young.removed == ()
    assert young.kept == 1
    rehearsed = tidy_registry(
        kept.settings, KeepingRequest(registry=kept.address, cwd=kept.machine.project, dry_run=True), hours=-1
    )
    assert loose in kept.store.list("blobs/")
    removed = tidy_registry(kept.settings, kept.asked, hours=-1).removed
    assert loose in removed
    assert removed == rehearsed.removed
    assert blob_path(archive) not in removed
    assert loose not in kept.store.list("blobs/")
    assert kept.verified() == (2, [])

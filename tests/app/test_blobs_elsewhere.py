"""A registry with its archives in an OCI registry, from the user's side: made, published to, read, mirrored."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from skillctl.app.mirror import MirrorRequest, mirror_registry
from skillctl.app.publish import PublishOutcome, PublishRequest, publish
from skillctl.app.registry_entries import AddRequest, add_registry
from skillctl.app.registry_index import IndexRequest, rebuild_index
from skillctl.app.registry_init import InitOutcome, InitRequest, init_registry
from skillctl.app.registry_keeping import KeepingRequest, tidy_registry, verify_registry
from skillctl.app.withdrawing import YankRequest, yank
from skillctl.core.errors import SkillctlError
from skillctl.edges.http import Http
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.oci import OciRepository, parse_reference
from tests.cli.conftest import Ran
from tests.support.docker_registry import DockerRegistry, docker, user
from tests.support.machine import Machine
from tests.support.object_store import S3, s3
from tests.support.packs import pack

__all__ = ["docker", "s3"]

NOW = "2026-11-22T10:00:00Z"
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Kept:
    """The machine's registry, with its archives elsewhere."""

    machine: Machine
    place: str
    made: InitOutcome

    def publish(self, name: str = "maps", version: str = "1.0.0", *, dry_run: bool = False) -> PublishOutcome:
        directory = self.machine.room / version / name
        for path, data in pack(name, version, text=self.place).items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(data)
        request = PublishRequest(directory=directory, cwd=self.machine.project, registry="acme", dry_run=dry_run)
        return publish(self.machine.settings(), request, now=NOW)

    def keeping(self) -> KeepingRequest:
        return KeepingRequest(registry="acme", cwd=self.machine.project)


@pytest.fixture(params=["unsigned", "signed", "signed, its index in a bucket"])
def kept(
    request: pytest.FixtureRequest,
    machine: Machine,
    docker: DockerRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Kept:
    docker.log_in(tmp_path / "docker")
    machine.environment["DOCKER_CONFIG"] = str(tmp_path / "docker")
    place = docker.reference(f"of-users/{next(NUMBERS)}")
    location = str(machine.room / "acme")
    if "bucket" in request.param:
        bucket: S3 = request.getfixturevalue("s3")
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)  # read by the library of the store
        location = bucket.address(f"with-archives-elsewhere/{next(NUMBERS)}")
    wanted = InitRequest(location=location, signed=request.param != "unsigned", blobs=place)
    made = init_registry(machine.settings(), wanted, now=_now())
    entry = AddRequest(cwd=machine.project, name="acme", location=made.location, trust=made.root_sha256)
    add_registry(machine.environment, machine.settings(), entry)
    return Kept(machine, place, made)


def _now() -> str:
    from skillctl.edges import clock

    return clock.now()


def test_a_pack_is_published_installed_locked_and_restored(kept: Kept) -> None:
    machine = kept.machine
    assert kept.publish().problems == ()
    machine.install("maps")
    before = machine.lock
    assert before["packs"]["maps"]["registry"] == kept.made.id
    machine.fresh_clone()
    machine.clean()
    machine.install(frozen=True)
    assert machine.lock == before
    assert machine.skill("maps").is_file()


def test_without_a_network_a_pack_is_restored_from_what_was_fetched_before(kept: Kept) -> None:
    machine = kept.machine
    kept.publish()
    machine.install("maps")
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    forget_store(machine)
    machine.install()
    assert machine.skill("maps").is_file()
    forget_store(machine)
    shutil.rmtree(machine.cache / "registries")
    with pytest.raises(SkillctlError) as caught:
        machine.install()
    assert caught.value.code == "E292"


def forget_store(machine: Machine) -> None:
    """Leave of what was installed only the lock, and what was fetched."""
    machine.fresh_clone()
    for path in [*machine.room.rglob("trees")]:
        shutil.rmtree(path)


def test_a_dry_run_pushes_nothing(kept: Kept) -> None:
    assert kept.publish(dry_run=True).dry_run
    repository = OciRepository(Http(), parse_reference(f"{kept.place}/maps"), login=user)
    assert repository.manifest("1.0.0") is None
    assert not kept.publish().already
    assert repository.manifest("1.0.0") is not None


def test_a_registry_is_kept_in_order_by_the_same_commands(kept: Kept) -> None:
    kept.publish()
    settings = kept.machine.settings()
    assert verify_registry(settings, kept.keeping()).releases == 1
    index = IndexRequest(registry="acme", cwd=kept.machine.project)
    assert rebuild_index(settings, index, now=_now()).problems == ()
    request = YankRequest(name="maps", version="1.0.0", registry="acme", reason="broken", cwd=kept.machine.project)
    assert yank(settings, request).problems == ()
    assert [each.code for each in tidy_registry(settings, kept.keeping(), hours=0).problems] == ["N760"]
    assert verify_registry(settings, kept.keeping()).problems == ()


def test_what_is_locked_installs_from_a_mirror_when_the_oci_registry_is_not_to_be_reached(kept: Kept) -> None:
    machine = kept.machine
    kept.publish()
    machine.install("maps")
    before = machine.lock
    there = machine.room / "mirror"
    mirror_registry(machine.settings(), MirrorRequest(source="acme", directory=there, cwd=machine.project))
    assert list(DirectoryBackend(there).list("blobs/"))
    machine.environment["DOCKER_CONFIG"] = str(machine.room / "nobody")
    machine.configure()
    entry = AddRequest(cwd=machine.project, name="near", location=str(there), trust=kept.made.root_sha256)
    add_registry(machine.environment, machine.settings(), entry)
    machine.fresh_clone()
    machine.clean()
    machine.install(frozen=True)
    assert machine.lock == before
    assert machine.skill("maps").is_file()


def test_who_has_not_logged_in_is_told_where_to(kept: Kept) -> None:
    kept.publish()
    kept.machine.environment["DOCKER_CONFIG"] = str(kept.machine.room / "nobody")
    with pytest.raises(SkillctlError) as caught:
        kept.machine.install("maps")
    assert caught.value.code == "E757"


@pytest.mark.parametrize("place", ["ghcr.io/acme", "https://ghcr.io/acme", "oci://ghcr.io", "oci://ghcr.io/acme:1.0.0"])
def test_a_place_that_archives_cant_lie_at_is_refused(
    skillctl: Callable[..., Ran], machine: Machine, place: str
) -> None:
    ran = skillctl("registry", "init", str(machine.room / "new"), "--blobs", place)
    assert ran.status == 2
    assert "E023" in ran.err
    assert not (machine.room / "new").exists()


def test_init_says_where_the_archives_go(skillctl: Callable[..., Ran], machine: Machine) -> None:
    ran = skillctl("registry", "init", str(machine.room / "new"), "--blobs", "oci://ghcr.io/acme/packs")
    assert "archives go to oci://ghcr.io/acme/packs" in ran.out

"""Packs from OCI registries: a tag is read once, and what it named then is what the lock brings back."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from skillctl.archive.writer import write_archive
from skillctl.core.digests import file_entry, sha256_digest, tree_digest
from skillctl.core.errors import RegistryError
from skillctl.core.release import Release
from skillctl.core.versions import parse_version
from skillctl.edges.http import Http
from skillctl_registry.blobs.oci import OciBlobs
from skillctl_registry.oci import OciRepository, pack_manifest, parse_reference
from tests.support.docker_registry import DockerRegistry, docker, user
from tests.support.machine import Machine
from tests.support.packs import pack

__all__ = ["docker"]

NUMBERS = itertools.count()


@pytest.fixture
def base(docker: DockerRegistry, machine: Machine, tmp_path: Path) -> str:
    """A place of the test's own in a registry that the machine's user has logged in to."""
    docker.log_in(tmp_path / "docker")
    machine.environment["DOCKER_CONFIG"] = str(tmp_path / "docker")
    return docker.reference(f"packs-{next(NUMBERS)}")


def push(base: str, version: str) -> bytes:
    """Publish `maps` in that version; its archive."""
    files = pack("maps", version)
    archive = write_archive(files, pack="maps")
    release = Release(
        name="maps",
        version=parse_version(version),
        tree=tree_digest(file_entry(path, data) for path, data in files.items()),
        archive=sha256_digest(archive),
        size=len(archive),
    )
    blobs = OciBlobs(Http(), base, login=user)
    blobs.put(release, archive)
    assert blobs.settle(release) == ()
    return archive


def test_a_release_is_installed_by_its_reference_and_locked_by_the_digest_of_its_archive(
    machine: Machine, base: str
) -> None:
    archive = push(base, "1.2.0")
    machine.install(f"{base}/maps:1.2.0")
    assert machine.wanted["packs"] == {"maps": {"oci": f"{base}/maps:1.2.0"}}
    assert machine.lock["packs"]["maps"]["version"] == "1.2.0"
    assert machine.lock["packs"]["maps"]["source"]["sha256"] == sha256_digest(archive)
    assert machine.skill("maps").is_file()


def test_a_tag_that_leads_elsewhere_later_changes_nothing_for_what_is_locked(machine: Machine, base: str) -> None:
    push(base, "1.2.0")
    machine.install(f"{base}/maps:1.2.0")
    before = machine.lock
    other = push(base, "2.0.0")
    release = Release(
        name="maps", version=parse_version("2.0.0"), tree="", archive=sha256_digest(other), size=len(other)
    )
    repository = OciRepository(Http(), parse_reference(f"{base}/maps"), login=user)
    repository.put_manifest(pack_manifest(release), "1.2.0")
    machine.fresh_clone()
    machine.clean()
    machine.install()
    assert machine.lock == before
    machine.update("maps")
    assert machine.lock["packs"]["maps"]["version"] == "2.0.0"


def test_who_has_not_logged_in_is_told_where_to(machine: Machine, base: str) -> None:
    push(base, "1.2.0")
    machine.environment["DOCKER_CONFIG"] = str(machine.room / "nobody")
    with pytest.raises(RegistryError) as caught:
        machine.install(f"{base}/maps:1.2.0")
    assert caught.value.code == "E757"
    assert not (machine.project / "skillctl.lock").exists()

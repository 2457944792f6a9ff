"""A registry in an object store, from the user's side: added, published to, installed from."""

from __future__ import annotations

import pytest

from skillctl.app.publish import PublishRequest, publish
from skillctl.app.registry_entries import AddRequest, add_registry
from skillctl.app.registry_init import InitRequest, init_registry
from skillctl.app.search import search
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.wording import worded
from skillctl.edges import clock
from skillctl_registry.backends.object_store import ObjectStoreBackend
from tests.support.machine import Machine
from tests.support.object_store import S3, s3
from tests.support.packs import pack

__all__ = ["s3"]


@pytest.fixture
def address(s3: S3, machine: Machine, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty folder of a bucket."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)  # read by the library of the store
    return s3.address(f"{request.node.name}/{machine.room.name}")


def publish_maps(machine: Machine, registry: str, version: str) -> None:
    directory = machine.room / version / "maps"
    for path, data in pack("maps", version).items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(data)
    request = PublishRequest(directory=directory, cwd=machine.project, registry=registry)
    assert not publish(machine.settings(), request, now="2026-11-22T10:00:00Z").already


def test_packs_are_published_to_a_bucket_and_installed_from_it(machine: Machine, address: str) -> None:
    publish_maps(machine, address, "1.0.0")
    add_registry(
        machine.environment, machine.settings(), AddRequest(cwd=machine.project, name="acme", location=address)
    )
    machine.install("maps")
    assert machine.lock["packs"]["maps"]["version"] == "1.0.0"
    publish_maps(machine, "acme", "1.1.0")
    machine.update()
    assert machine.lock["packs"]["maps"]["version"] == "1.1.0"
    assert [each.entry.name for each in machine.available().packs if each.registry == "acme"] == ["maps"]


def test_a_registry_is_made_in_a_bucket_once(machine: Machine, address: str) -> None:
    made = init_registry(machine.settings(), InitRequest(location=address, signed=True), now=clock.now())
    publish_maps(machine, address, "1.0.0")
    entry = AddRequest(cwd=machine.project, name="acme", location=address, trust=made.root_sha256)
    add_registry(machine.environment, machine.settings(), entry)
    machine.install("maps")
    assert machine.lock["packs"]["maps"]["registry"] == made.id
    with pytest.raises(SkillctlError) as caught:
        init_registry(machine.settings(), InitRequest(location=address), now=clock.now())
    assert caught.value.code == "E715"


def test_without_a_network_what_is_in_the_store_is_installed_and_the_bucket_is_not_asked(
    machine: Machine, address: str
) -> None:
    publish_maps(machine, address, "1.0.0")
    add_registry(
        machine.environment, machine.settings(), AddRequest(cwd=machine.project, name="acme", location=address)
    )
    machine.install("maps")
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    machine.fresh_clone()
    machine.install()
    assert machine.skill("maps").is_file()
    with pytest.raises(SkillctlError) as caught:
        machine.install("qgis")
    assert caught.value.code == "E292"
    assert isinstance(caught.value, RegistryError)


def test_a_search_without_a_network_finds_what_was_searched_in_a_bucket_before_and_else_says_so(
    machine: Machine, address: str
) -> None:
    publish_maps(machine, address, "1.0.0")
    machine.publish(pack("maps-of-old"))
    machine.configure(registries=[{"name": "acme", "location": address}])

    def searched(*, offline: str) -> tuple[set[str], list[tuple[str, str]]]:
        machine.environment["SKILLCTL_OFFLINE"] = offline
        found = search(machine.settings(), machine.project, ["maps"])
        return {each.entry.name for each in found.packs}, [(each.code, each.severity) for each in found.problems]

    assert searched(offline="1") == ({"maps-of-old"}, [("E292", "warning")])
    assert searched(offline="") == ({"maps", "maps-of-old"}, [])
    assert searched(offline="1") == ({"maps", "maps-of-old"}, [("W240", "note")])


def test_without_a_network_nothing_is_shown_of_another_store_with_a_bucket_of_that_name(
    machine: Machine, address: str
) -> None:
    publish_maps(machine, address, "1.0.0")
    machine.configure(registries=[{"name": "acme", "location": address}])
    assert [each.entry.name for each in search(machine.settings(), machine.project, ["maps"]).packs] == ["maps"]
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    assert [each.entry.name for each in search(machine.settings(), machine.project, ["maps"]).packs] == ["maps"]
    machine.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    found = search(machine.settings(), machine.project, ["maps"])
    assert (found.packs, [each.code for each in found.problems]) == ((), ["E292"])


def test_what_has_not_changed_in_a_bucket_is_not_fetched_again(
    machine: Machine, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_maps(machine, address, "1.0.0")
    machine.configure(registries=[{"name": "acme", "location": address}])
    machine.install("maps")
    fetched: list[str] = []
    really = ObjectStoreBackend.read

    def read(store: ObjectStoreBackend, key: str, *, max_bytes: int, known: str = "") -> tuple[bytes, str] | None:
        found = really(store, key, max_bytes=max_bytes, known=known)
        fetched.extend([key] if found and found[0] else [])
        return found

    monkeypatch.setattr(ObjectStoreBackend, "read", read)
    machine.update()
    assert fetched == []
    publish_maps(machine, address, "1.1.0")
    fetched.clear()
    machine.update()
    assert machine.lock["packs"]["maps"]["version"] == "1.1.0"
    assert [each.partition("/")[0] for each in fetched] == ["index", "blobs"]


def test_a_bucket_that_only_a_project_names_is_not_shown_the_keys(machine: Machine, address: str) -> None:
    publish_maps(machine, address, "1.0.0")
    machine.write_project(packs={}, registries=[{"name": "acme", "location": address}])
    with pytest.raises(SkillctlError) as caught:
        machine.install("maps")
    assert caught.value.code == "E751"
    assert "skillctl registry add" in worded(caught.value.problems[0]).hint
    machine.install("maps", registry=address)
    assert machine.lock["packs"]["maps"]["version"] == "1.0.0"

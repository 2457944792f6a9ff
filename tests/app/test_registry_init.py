"""`registry init` of a signed registry that is interrupted, and what is said and done after it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from skillctl.app import registry_init
from skillctl.app.publish import PublishRequest, publish
from skillctl.app.registry_init import InitOutcome, InitRequest, init_registry
from skillctl.app.registry_keeping import CheckOutcome, KeepingRequest, verify_registry
from skillctl.app.signing import Keys
from skillctl.core.errors import RegistryError
from skillctl.edges import clock
from skillctl_registry.signing.founding import Wishes, found_signed
from skillctl_registry.signing.keys import KeyStore
from tests.support.dying import DiedError, Dying
from tests.support.machine import Machine
from tests.support.packs import pack, write_pack


def init(machine: Machine, **options: object) -> InitOutcome:
    request = InitRequest(location=str(machine.room / "signed"), **{"signed": True, **options})  # type: ignore[arg-type]
    return init_registry(machine.settings(), request, now=clock.now())


def verified(machine: Machine) -> CheckOutcome:
    request = KeepingRequest(registry=str(machine.room / "signed"), cwd=machine.room)
    return verify_registry(machine.settings(), request)


def interrupted(machine: Machine, monkeypatch: pytest.MonkeyPatch, before: int, **options: object) -> None:
    """An `init` that dies before its so many-th write to the registry."""
    backend = Dying(machine.room / "signed")
    backend.left = before
    with monkeypatch.context() as dying, suppress(DiedError):
        dying.setattr(registry_init, "open_backend", lambda _location, *, lock_timeout: backend)
        init(machine, **options)


@pytest.mark.parametrize("before", [1, 2, 3, 4, 100, 259, 260])
def test_an_init_that_died_before_any_write_is_finished_by_the_same_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    interrupted(machine, monkeypatch, before, root_keys=2, threshold=2)
    begun = {each.name for each in (machine.data / "keys").iterdir()}
    made = init(machine, root_keys=2, threshold=2)
    if before > 1:
        assert begun == {made.id}, "the keys of the first attempt are those of the registry"
    found = verified(machine)
    assert (found.problems, found.root_sha256) == ((), made.root_sha256)
    written = write_pack(machine.room, "maps", pack("maps", license="MIT"))
    request = PublishRequest(directory=written, cwd=machine.room, registry=made.location)
    publish(machine.settings(), request, now=clock.now())
    entry = {"name": "acme", "location": made.location, "root_sha256": made.root_sha256}
    machine.configure(registries=[entry])
    machine.install("maps")
    assert machine.versions == {"maps": "1.0.0"}
    assert code_of(machine) == "E715"


def test_a_registry_that_was_begun_is_told_of_as_such(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(machine, monkeypatch, 100)
    with pytest.raises(RegistryError) as caught:
        verified(machine)
    assert caught.value.code == "E769"
    before = machine.seen()
    assert code_of(machine, keys=Keys(directory=machine.room / "elsewhere")) == "E769"
    assert code_of(machine, root_keys=2) == "E769"
    assert code_of(machine, expires=("timestamp=3",)) == "E769"
    assert code_of(machine, in_keyring=True) == "E769"
    assert code_of(machine, signed=False) == "E715"
    assert machine.seen() == before
    pem = next((machine.data / "keys").rglob("bins-*.pem"))
    pem.unlink()
    assert code_of(machine) == "E769"


def test_another_threshold_than_the_root_has_is_another_option(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(machine, monkeypatch, 100, root_keys=2, threshold=2)
    assert code_of(machine, root_keys=2, threshold=1) == "E769"


def test_what_a_server_has_begun_is_left_to_it(machine: Machine) -> None:
    backend, keys = Dying(machine.room / "signed"), KeyStore(machine.data / "keys" / "a")
    backend.left = 100
    with suppress(DiedError):
        found_signed(backend, keys, Wishes(api=True), now=clock.now(), new_id="a" * 32)
    assert code_of(machine, keys=Keys(directory=keys.directory)) == "E769"


@pytest.mark.parametrize("use", ["a pack", "a later root"])
def test_a_registry_that_was_in_use_and_lost_its_timestamp_is_not_begun_again(machine: Machine, use: str) -> None:
    made = init(machine)
    signed = Path(made.location)
    if use == "a pack":
        written = write_pack(machine.room, "maps", pack("maps", license="MIT"))
        request = PublishRequest(directory=written, cwd=machine.room, registry=made.location)
        publish(machine.settings(), request, now=clock.now())
    else:
        (signed / "metadata" / "2.root.json").write_bytes((signed / "metadata" / "1.root.json").read_bytes())
    (signed / "metadata" / "timestamp.json").unlink()
    assert code_of(machine) == "E715"


def code_of(machine: Machine, **options: object) -> str:
    with pytest.raises(RegistryError) as caught:
        init(machine, **options)
    return caught.value.code

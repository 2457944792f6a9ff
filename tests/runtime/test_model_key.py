"""The four places of the key, in their order."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest

from skillctl.core.errors import ExecutionError
from skillctl_runtime.model_key import find_key, keep_key
from tests.support.keyrings import Drawer, no_keyring
from tests.support.machine import Machine


@pytest.fixture(autouse=True)
def without_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", no_keyring())


def key(machine: Machine) -> str:
    return find_key(machine.project, machine.environment, machine.settings().directories)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_places_are_asked_in_their_order(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    older = machine.home / ".config/orchestrator-toolkit/openai_api_key"
    ours = machine.config / "openai_api_key"
    here = machine.project / "cloud_agent/apikey.txt"
    for path, text in ((older, "older\n"), (ours, " ours \n"), (here, "here")):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path is older:
            path.write_text(text)
            assert key(machine) == "older"
        elif path is ours:
            path.write_text(text)
            assert key(machine) == "ours"
    monkeypatch.setattr(keyring.core, "_keyring_backend", Drawer())
    keep_key("in the keyring")
    assert key(machine) == "in the keyring"
    machine.environment["OPENAI_API_KEY"] = "variable"
    assert key(machine) == "variable"
    here.write_text("here")
    assert key(machine) == "here"


def test_without_a_key_the_four_places_are_named(machine: Machine) -> None:
    with pytest.raises(ExecutionError, match="E545"):
        key(machine)


def test_a_system_without_a_keyring_says_so_when_a_key_is_to_be_kept(machine: Machine) -> None:
    with pytest.raises(ExecutionError, match="E549"):
        keep_key("x")

"""What is said of a scope in which no pack changed, though its files did."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Bench, Ran
from tests.support.machine import Machine
from tests.support.packs import pack


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.publish(pack("base", "1.0.0"), pack("upper", "1.0.0", "base ^1"))
    return machine


def test_a_pack_that_others_still_need_is_said_to_be_taken_out_of_the_project_file(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "bench"
    room.mkdir()
    bench = Bench(room, monkeypatch)

    def run(*words: str) -> Ran:
        return bench(*words, at=machine.project, environment=machine.environment)

    run("install", "base", "upper")
    assert run("remove", "base", "--dry-run").out == "would take base out of skillctl.json\n"
    ran = run("remove", "base")
    assert ran.out == "took base out of skillctl.json\n"
    assert "N401" in ran.err

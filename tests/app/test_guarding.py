"""Every change of a scope is written down before it is done; what can't be written down is not done."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest

from skillctl.app.audit import check_log, show_log
from skillctl.core.errors import PluginError
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack

NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
def stocked(machine: Machine) -> Machine:
    machine.publish(pack("gis"), pack("base"))
    return machine


def said(machine: Machine) -> list[tuple[str, str, list[str]]]:
    records = show_log(machine.settings(), tail=0, run="").records
    return [(each.name, each.kind, [str(effect["pack"]) for effect in each.effects]) for each in records]


def test_an_install_and_a_remove_are_recorded_before_and_after(stocked: Machine) -> None:
    stocked.install("gis", "base", agents=("claude-code",))
    stocked.remove("gis")
    assert said(stocked) == [
        ("install", "begin", ["base", "gis"]),
        ("install", "end", []),
        ("remove", "begin", ["gis"]),
        ("remove", "end", []),
    ]
    assert check_log(stocked.settings(), now=NOW).ok


def test_of_a_pack_that_goes_the_version_is_recorded_too(stocked: Machine) -> None:
    stocked.install("gis", agents=("claude-code",))
    stocked.remove("gis")
    *_, begun, _ = show_log(stocked.settings(), tail=0, run="").records
    assert begun.effects == ({"effect": "remove", "pack": "gis", "version": "1.0.0"},)


def test_what_changes_nothing_is_nobodys_business(stocked: Machine) -> None:
    stocked.install("gis", agents=("claude-code",))
    before = said(stocked)
    stocked.install()
    stocked.sync()
    assert said(stocked) == before


def test_without_a_log_nothing_is_installed(stocked: Machine) -> None:
    (stocked.state / "audit").parent.mkdir(parents=True, exist_ok=True)
    (stocked.state / "audit").write_text("in the way")
    with pytest.raises(PluginError, match="E630"):
        stocked.install("gis", agents=("claude-code",))
    assert not (stocked.project / ".claude").exists()
    assert not (stocked.project / "skillctl.lock").exists()


def test_who_turned_the_log_off_is_told_by_each_command_that_changes_something(stocked: Machine) -> None:
    stocked.configure(audit="off")
    assert "N630" in [each.code for each in stocked.install("gis", agents=("claude-code",)).problems]
    assert "N630" not in [each.code for each in stocked.install().problems]
    assert not (stocked.state / "audit").exists()


@pytest.mark.parametrize(
    "words",
    [("log", "--sarif"), *(("log", "export", "--format", form) for form in ("sarif", "json", "jsonl", "csv"))],
    ids=" ".join,
)
def test_the_log_on_standard_output_is_what_a_program_can_read(
    stocked: Machine, skillctl: Callable[..., Ran], words: tuple[str, ...]
) -> None:
    stocked.install("gis", agents=("claude-code",))
    text = skillctl(*words).out
    if words[-1] == "csv":
        assert [row["kind"] for row in csv.DictReader(io.StringIO(text))] == ["begin", "end"]
    elif words[-1] == "jsonl":
        assert [json.loads(line)["kind"] for line in text.splitlines()] == ["begin", "end"]
    else:
        assert json.loads(text)

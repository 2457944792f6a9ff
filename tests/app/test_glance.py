"""What a command looks at before it says that there is nothing to do, and what it must not pass over."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack, write_pack

Run = Callable[..., Ran]


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With Claude Code on it, and `maps` installed for the agents that are found."""
    (machine.home / ".claude").mkdir()
    machine.publish(pack("maps"))
    machine.install("maps")
    return machine


def loaded_by(machine: Machine, *words: str) -> frozenset[str]:
    """Every module that a command with nothing to do imports."""
    script = (
        "import sys; from skillctl.cli.main import main; said = sys.stdout; sys.stdout = sys.stderr\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(*sys.modules, file=said)"
    )
    environment = {**os.environ, **machine.environment, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = [sys.executable, "-c", script, *words]
    done = subprocess.run(run, env=environment, cwd=machine.project, capture_output=True, text=True, check=True)
    assert "nothing to do" in done.stderr
    return frozenset(done.stdout.split())


@pytest.mark.parametrize("command", ["install", "sync"])
def test_nothing_to_do_is_said_without_making_a_value_of_any_file(machine: Machine, command: str) -> None:
    values = {f"skillctl.core.{name}" for name in ("project", "lockfile", "source", "requirements", "versions")}
    assert sorted({*values, "hashlib"} & loaded_by(machine, command)) == []


def test_where_no_skill_changes_nothing_is_compared(machine: Machine) -> None:
    comparing = {"skillctl.app.differences", "skillctl.core.pack_difference"}
    assert sorted(comparing & loaded_by(machine, "install", "maps")) == []


@pytest.mark.parametrize("command", ["install", "sync"])
def test_an_agent_that_came_since_is_seen(machine: Machine, skillctl: Run, command: str) -> None:
    (machine.home / ".gemini").mkdir()
    assert "nothing to do" not in skillctl(command).out
    assert "nothing to do" in skillctl(command).out


def test_a_budget_whose_key_is_written_with_escapes_is_seen(machine: Machine) -> None:
    machine.write_project(packs={"maps": "^1.0.0"}, budget={"claude-code": 0})
    path = machine.project / "skillctl.json"
    path.write_text(path.read_text().replace('"budget"', r'"\u0062udget"'))
    for _ in range(2):
        assert [each.code for each in machine.sync().problems] == ["W480"]


def test_a_directory_that_holds_something_else_now_is_told_by_the_command_line(machine: Machine, skillctl: Run) -> None:
    write_pack(machine.project, "mine", pack("mine"))
    machine.install("./mine")
    write_pack(machine.project, "mine", pack("mine", text="changed"))
    told = [each.code for each in machine.sync().problems]
    assert told
    assert skillctl("sync", "--json").codes == told
    assert told[0] in skillctl("sync").err

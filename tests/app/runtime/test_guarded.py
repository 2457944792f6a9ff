"""What takes something away from a project is recorded first, and not done if it can't be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skillctl.app.audit import show_log
from skillctl.app.runtime.clean import clean
from skillctl.app.runtime.execute import ExecuteRequest, execute_request
from skillctl.app.runtime.restore import restore
from skillctl.core.errors import ExecutionError, PluginError
from tests.support.machine import Machine


@pytest.fixture
def made(machine: Machine) -> Path:
    """A project that was executed twice, with other files."""
    (machine.room / "programs/sh").symlink_to("/bin/sh")
    for text in ("echo one\n", "echo two\n"):
        value: dict[str, Any] = {"name": "p", "stack": "shell", "files": [{"filename": "a.sh", "code": text}]}
        request = ExecuteRequest(plan="p", value=value, cwd=machine.project)
        execute_request(machine.settings(), machine.environment, request)
    return machine.project / "output/p"


def last(machine: Machine) -> list[dict[str, Any]]:
    """The effects of the last phase that began."""
    records = show_log(machine.settings(), tail=0, run="").records
    begun = [each for each in records if each.kind == "begin"]
    return [dict(effect) for effect in begun[-1].effects]


def test_a_clean_and_a_restore_are_recorded_with_what_they_touch(machine: Machine, made: Path) -> None:
    restore(machine.settings(), made, "", dry_run=False)
    assert [each["path"] for each in last(machine)] == [str(made / "a.sh")]
    clean(machine.settings(), made, history=True, dry_run=False)
    assert {"effect": "delete", "path": str(made / ".skillctl/backups")} in last(machine)
    assert not (made / ".skillctl/backups").exists()


def test_what_can_not_be_recorded_is_not_taken_away(machine: Machine, made: Path) -> None:
    log = machine.state / "audit/log.jsonl"
    log.unlink()
    log.mkdir()
    for remove in (
        lambda: clean(machine.settings(), made, history=True, dry_run=False),
        lambda: restore(machine.settings(), made, "", dry_run=False),
    ):
        with pytest.raises(PluginError, match="E630"):
            remove()
    assert (made / ".skillctl/backups").exists()
    assert (made / "a.sh").read_text() == "echo two\n"


def test_no_plan_raises_its_privileges_even_where_every_engine_allows_it(machine: Machine) -> None:
    machine.config.mkdir(exist_ok=True)
    (machine.config / "policy.yaml").write_text("version: 1\ndefaults: false\n")
    (machine.room / "programs/sh").symlink_to("/bin/sh")
    value: dict[str, Any] = {"name": "p", "files": [{"filename": "a.sh", "code": "true\n"}], "run": "sudo sh a.sh"}
    request = ExecuteRequest(plan="p", value=value, cwd=machine.project)
    with pytest.raises(ExecutionError, match="E510"):
        execute_request(machine.settings(), machine.environment, request)
    assert not (machine.project / "output/p/a.sh").exists()

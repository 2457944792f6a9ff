"""Bringing back what an execution overwrote, as the command does it: guards are asked like before any write."""

from __future__ import annotations

import pytest

from skillctl.app.runtime.restore import restore
from skillctl.core.effects import Delete, Write
from skillctl.core.errors import ExecutionError, PluginError
from skillctl.core.settings import Settings
from tests.runtime.scripted import Room, plan_of
from tests.runtime.test_execute import Watcher


@pytest.fixture
def settings(room: Room) -> Settings:
    """A project that was executed twice; the second time wrote over `main.sh` and made `new.sh`."""
    room.execute(plan_of({"main.sh": "echo first\n"}))
    room.execute(plan_of({"main.sh": "echo second\n", "new.sh": ""}))
    return Settings(directories=room.around.directories)


def test_guards_see_what_is_written_and_what_goes(
    room: Room, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Watcher()
    monkeypatch.setattr("skillctl.app.runtime.restore.standard_guards", lambda *_, **__: (watcher,))
    outcome = restore(settings, room.root, "", dry_run=False)
    assert (outcome.changed, outcome.deleted) == (("main.sh",), ("new.sh",))
    assert [type(each) for each in watcher.phases[0].effects] == [Write, Delete]
    assert (room.root / "main.sh").read_text() == "echo first\n"


def test_a_guard_that_says_no_leaves_all_as_it_is(
    room: Room, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skillctl.app.runtime.restore.standard_guards", lambda *_, **__: (Watcher("new.sh"),))
    with pytest.raises(PluginError):
        restore(settings, room.root, "", dry_run=False)
    assert (room.root / "main.sh").read_text() == "echo second\n"
    assert (room.root / "new.sh").exists()


def test_what_is_not_there_is_said_before_anybody_is_asked(room: Room, settings: Settings) -> None:
    with pytest.raises(ExecutionError, match="E514"):
        restore(settings, room.root, "99", dry_run=False)
    with pytest.raises(ExecutionError, match="E515"):
        restore(settings, room.path, "", dry_run=False)
    assert not (room.path / ".skillctl").exists()

"""Which scope a command works on that only looks."""

from __future__ import annotations

from skillctl.app.scopes import scope_around
from tests.support.machine import Machine


def test_the_project_around_is_looked_at_from_inside_it_and_else_what_the_user_has(machine: Machine) -> None:
    below = machine.project / "src" / "deep"
    below.mkdir(parents=True)
    settings = machine.settings()
    assert scope_around(settings, below).kind == "user"
    machine.write_project(packs={})
    found = scope_around(settings, below)
    assert (found.kind, str(found.root)) == ("project", str(machine.project))
    assert scope_around(settings, below, user=True).kind == "user"
    assert scope_around(settings, machine.room).kind == "user"

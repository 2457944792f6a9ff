"""What skillctl installs, as four real clients see it: each lists every installed skill exactly once, and nothing else.

Some read several directories, some list a name twice if two of them hold it, and some take either: so the same is asked
after an install for one agent and for all four, as links and as copies, in a project and for the user.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.clients.machine import FIRST, SECOND, Machine
from tests.clients.others import Client, Listed

pytestmark = [pytest.mark.client, pytest.mark.slow]

AGENTS = ("claude-code", "codex", "gemini-cli", "opencode")
ALL = tuple(word for agent in AGENTS for word in ("--agent", agent))


def listed(client: Client, machine: Machine) -> list[Listed]:
    return client.skills(machine.project, home=machine.home)


def entries(skills: Mapping[str, str]) -> list[Listed]:
    return sorted(Listed(name, description) for name, description in skills.items())


def test_a_skill_for_all_agents_is_listed_once(client: Client, machine: Machine) -> None:
    machine.install("maps", *ALL)
    assert listed(client, machine) == entries(FIRST)


def test_a_skill_for_this_agent_alone_is_listed_once(client: Client, machine: Machine) -> None:
    machine.install("maps", "--agent", client.agent)
    assert listed(client, machine) == entries(FIRST)


def test_copies_for_all_agents_are_listed_once_also_after_an_update(client: Client, machine: Machine) -> None:
    machine.install("maps", "--copy", *ALL)
    machine.publish("1.1.0", SECOND)
    machine.install("maps@^1.1")
    assert listed(client, machine) == entries(SECOND)


def test_a_users_skill_is_listed_once_and_after_a_remove_no_more(client: Client, machine: Machine) -> None:
    machine.install("maps", "--global", *ALL)
    assert listed(client, machine) == entries(FIRST)
    machine.skillctl("remove", "--global", "maps")
    assert listed(client, machine) == []


def test_a_users_copies_that_became_links_are_listed_once(client: Client, machine: Machine) -> None:
    machine.install("maps", "--global", "--copy", *ALL)
    machine.publish("1.1.0", SECOND)
    machine.install("maps@^1.1", "--global", "--no-copy")
    assert listed(client, machine) == entries(SECOND)


def test_two_directories_that_codex_reads_are_two_entries(codex: Client, machine: Machine) -> None:
    """Why there is one copy; and this harness would see it."""
    for directory in (".agents/skills", ".codex/skills"):
        skill = machine.project / directory / "map-draw" / "SKILL.md"
        skill.parent.mkdir(parents=True)
        skill.write_text("---\nname: map-draw\ndescription: Draws\n---\n\nDraw.\n", encoding="utf-8")
    assert listed(codex, machine) == entries({"map-draw": "Draws"}) * 2

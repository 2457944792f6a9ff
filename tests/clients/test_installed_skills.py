"""What skillctl installs, as the real Claude Code client sees it: exactly the installed skills, as they are described.

Everything goes through the command line, as a user would do it; the expected lists are those of the packs made here.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

import pytest

from tests.clients.claude import ClaudeClient, Command
from tests.clients.machine import FIRST, SECOND, Machine

pytestmark = [pytest.mark.client, pytest.mark.slow]

COPY = ("--agent", "claude-code")
LINK = ("--agent", "codex", "--agent", "claude-code")
"""Codex reads `.agents/skills`, so the one real copy lies there and Claude Code gets links."""


def commands(skills: Mapping[str, str], source: str = "project") -> list[Command]:
    return [Command(name=name, description=text, source=source) for name, text in sorted(skills.items())]


@pytest.mark.parametrize("agents", [COPY, LINK], ids=["copy", "link"])
class TestInAProject:
    def test_the_client_lists_exactly_the_installed_skills(
        self, claude: ClaudeClient, machine: Machine, agents: tuple[str, ...]
    ) -> None:
        machine.install("maps", *agents)
        assert (machine.project / ".claude" / "skills" / "map-draw").is_symlink() is (agents == LINK)
        assert machine.listed(claude) == commands(FIRST)
        assert machine.known_to_the_model(claude) == sorted(FIRST)

    def test_after_an_update_it_lists_the_new_ones(
        self, claude: ClaudeClient, machine: Machine, agents: tuple[str, ...]
    ) -> None:
        machine.install("maps", *agents)
        machine.publish("1.1.0", SECOND)
        machine.install("maps@^1.1")
        assert machine.listed(claude) == commands(SECOND)

    def test_after_a_remove_it_lists_none(
        self, claude: ClaudeClient, machine: Machine, agents: tuple[str, ...]
    ) -> None:
        machine.install("maps", *agents)
        machine.skillctl("remove", "maps")
        assert machine.listed(claude) == []
        assert machine.known_to_the_model(claude) == []


@pytest.mark.parametrize("agents", [COPY, LINK], ids=["copy", "link"])
@pytest.mark.parametrize("moved", [False, True], ids=["home", "config-dir"])
def test_for_the_user_it_lists_them_until_they_are_removed(
    claude: ClaudeClient, machine: Machine, agents: tuple[str, ...], moved: bool
) -> None:
    config_dir = machine.home / "elsewhere" if moved else None
    user = Machine(machine.home, machine.project, machine.registry, config_dir)
    user.install("maps", "--global", *agents)
    assert user.listed(claude) == commands(FIRST, "user")
    user.skillctl("remove", "--global", "maps")
    assert user.listed(claude) == []


def test_only_the_chosen_skills_are_listed(claude: ClaudeClient, machine: Machine) -> None:
    machine.install("maps", "--skill", "map-read", *COPY)
    assert machine.listed(claude) == commands({"map-read": FIRST["map-read"]})


def test_a_skill_of_somebody_else_stays_listed(claude: ClaudeClient, machine: Machine) -> None:
    own = machine.project / ".claude" / "skills" / "by-hand" / "SKILL.md"
    own.parent.mkdir(parents=True)
    own.write_text("---\nname: by-hand\ndescription: Made by hand\n---\n\nMine.\n", encoding="utf-8")
    machine.install("maps", *COPY)
    assert machine.listed(claude) == commands({**FIRST, "by-hand": "Made by hand"})
    machine.skillctl("remove", "maps")
    assert machine.listed(claude) == commands({"by-hand": "Made by hand"})


def test_skills_that_git_ignores_are_listed_all_the_same(claude: ClaudeClient, machine: Machine) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=machine.project, check=True)
    machine.install("maps", *COPY)
    ignored = subprocess.run(
        ["git", "check-ignore", ".claude/skills/map-draw/SKILL.md"],
        cwd=machine.project,
        check=False,
        capture_output=True,
    )
    assert ignored.returncode == 0
    assert machine.listed(claude) == commands(FIRST)


def test_the_shipped_arcgis_pack_has_its_five_commands(claude: ClaudeClient, machine: Machine) -> None:
    machine.skillctl("install", "arcgis", *COPY)
    listed = machine.listed(claude)
    assert [each.name for each in listed] == [
        *("arcgis", "arcgis-discover", "arcgis-ingest", "arcgis-project", "arcgis-setup")
    ]
    assert all(each.description and each.source == "project" for each in listed)

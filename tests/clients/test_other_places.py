"""Packs from a git repository and from a linked directory, as the real Claude Code client lists them."""

from __future__ import annotations

import pytest

from tests.clients.claude import ClaudeClient, Command
from tests.clients.machine import Machine
from tests.support.repositories import Repository

pytestmark = [pytest.mark.client, pytest.mark.slow]


def skill(name: str, description: str) -> bytes:
    return f'---\nname: {name}\ndescription: "{description}"\n---\n\nDo it.\n'.encode()


@pytest.mark.parametrize("agents", [("claude-code",), ("codex", "claude-code")], ids=["copy", "link"])
def test_the_client_lists_the_skills_of_a_repository(
    claude: ClaudeClient, machine: Machine, agents: tuple[str, ...]
) -> None:
    tools = Repository(machine.home / "tools")
    tools.commit({f"skills/{name}/SKILL.md": skill(name, f"About {name}") for name in ("charts", "maps")})
    machine.skillctl("install", f"git+{tools.url}", *(word for agent in agents for word in ("--agent", agent)))
    expected = [Command(name=name, description=f"About {name}", source="project") for name in ("charts", "maps")]
    assert machine.listed(claude) == expected


def test_the_client_lists_a_linked_directory_as_it_is_now(claude: ClaudeClient, machine: Machine) -> None:
    draft = machine.project / "drafts" / "skills" / "maps" / "SKILL.md"
    draft.parent.mkdir(parents=True)
    draft.write_bytes(skill("maps", "Old"))
    machine.skillctl("install", "--editable", "./drafts", "--agent", "codex", "--agent", "claude-code")
    assert machine.listed(claude) == [Command(name="maps", description="Old", source="project")]
    draft.write_bytes(skill("maps", "New"))
    assert machine.listed(claude) == [Command(name="maps", description="New", source="project")]
    machine.skillctl("remove", "drafts")
    assert machine.listed(claude) == []
    assert draft.is_file()

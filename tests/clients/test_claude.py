"""The harness itself, on skills made by hand: it must see what the client sees before it can judge skillctl."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.claude import PACKAGE, ClaudeClient, ClientFailedError, Command
from tests.clients.npm import ClientMissingError


def make_skill(skills: Path, directory: str, *, name: str | None = None, description: str = "Draws maps") -> Path:
    skill = skills / directory / "SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text(f'---\nname: {name or directory}\ndescription: "{description}"\n---\n\nDo it.\n', encoding="utf-8")
    return skill.parent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.mark.client
class TestWithTheRealClient:
    def test_an_empty_project_has_no_commands_but_the_clients_own(
        self, claude: ClaudeClient, project: Path, home: Path
    ) -> None:
        assert claude.commands(project, home=home) == []
        assert claude.init_skills(project, home=home) == []

    def test_a_skill_of_the_project_is_listed(self, claude: ClaudeClient, project: Path, home: Path) -> None:
        make_skill(project / ".claude" / "skills", "mapping", description="Draws maps (of land)")
        expected = Command(name="mapping", description="Draws maps (of land)", source="project")
        assert claude.commands(project, home=home) == [expected]
        assert claude.init_skills(project, home=home) == ["mapping"]

    def test_a_skill_of_the_user_is_listed(self, claude: ClaudeClient, project: Path, home: Path) -> None:
        make_skill(home / ".claude" / "skills", "mapping")
        expected = Command(name="mapping", description="Draws maps", source="user")
        assert claude.commands(project, home=home) == [expected]

    def test_the_configuration_directory_moves_the_users_skills(
        self, claude: ClaudeClient, project: Path, home: Path, tmp_path: Path
    ) -> None:
        make_skill(home / ".claude" / "skills", "left-behind")
        make_skill(tmp_path / "config" / "skills", "moved")
        listed = claude.commands(project, home=home, config_dir=tmp_path / "config")
        assert [(each.name, each.source) for each in listed] == [("moved", "user")]

    def test_a_linked_skill_directory_is_listed_once(self, claude: ClaudeClient, project: Path, home: Path) -> None:
        make_skill(project / ".agents" / "skills", "mapping")
        skills = project / ".claude" / "skills"
        skills.mkdir(parents=True)
        (skills / "mapping").symlink_to("../../.agents/skills/mapping")
        assert [each.name for each in claude.commands(project, home=home)] == ["mapping"]

    def test_a_skill_under_another_name_answers_to_its_directory_as_well(
        self, claude: ClaudeClient, project: Path, home: Path
    ) -> None:
        make_skill(project / ".claude" / "skills", "dir-name", name="other-name")
        (listed,) = claude.commands(project, home=home)
        assert listed.answers_to == {"dir-name", "other-name"}

    def test_a_skill_with_the_name_of_a_builtin_command_is_still_seen(
        self, claude: ClaudeClient, project: Path, home: Path
    ) -> None:
        make_skill(project / ".claude" / "skills", "clear", description="Clears the map")
        assert [each.description for each in claude.commands(project, home=home)] == ["Clears the map"]

    def test_a_description_of_many_letters_and_signs_comes_back_unchanged(
        self, claude: ClaudeClient, project: Path, home: Path
    ) -> None:
        description = "Übersicht: 地図 – " + "draws, queries & styles maps; " * 30
        make_skill(project / ".claude" / "skills", "mapping", description=description.strip())
        assert [each.description for each in claude.commands(project, home=home)] == [description.strip()]


def test_without_npm_the_reason_says_so(tmp_path: Path) -> None:
    with pytest.raises(ClientMissingError, match="npm is not on this machine"):
        PACKAGE.fetched(tmp_path, {"PATH": str(tmp_path)})


@pytest.mark.parametrize("failure", ["npm error code ENOTFOUND", "npm ERR! code ENOTFOUND"])
def test_a_registry_that_does_not_answer_is_named_with_npms_own_code(
    tmp_path: Path, outer_environment: Mapping[str, str], failure: str
) -> None:
    fake_program(tmp_path / "npm", f"echo '{failure}' >&2; exit 1")
    with pytest.raises(ClientMissingError, match=r"npm can't fetch .* \(ENOTFOUND\)"):
        PACKAGE.fetched(tmp_path / "cache", {"PATH": f"{tmp_path}:{outer_environment['PATH']}"})
    assert [each.name for each in (tmp_path / "cache").iterdir() if each.suffix != ".lock"] == []


def test_a_client_that_says_nothing_is_a_failure_and_not_an_empty_list(tmp_path: Path) -> None:
    client = ClaudeClient(fake_program(tmp_path / "claude", "exit 0"))
    with pytest.raises(ClientFailedError, match="no control response"):
        client.commands(tmp_path, home=tmp_path)


def test_a_client_that_breaks_is_told_with_its_own_words(tmp_path: Path) -> None:
    client = ClaudeClient(fake_program(tmp_path / "claude", "echo 'out of luck' >&2; exit 3"))
    with pytest.raises(ClientFailedError, match="ended with 3: out of luck"):
        client.commands(tmp_path, home=tmp_path)


def fake_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path

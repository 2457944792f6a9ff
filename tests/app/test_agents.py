"""Which agents a command installs for, and what lies in their directories."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError, SkillctlError
from tests.support.machine import Machine
from tests.support.packs import pack


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With `maps` (two skills) in its registry."""
    machine.publish(pack("maps", skills=["draw", "read"]))
    return machine


def test_without_any_sign_of_an_agent_it_is_claude_code(machine: Machine) -> None:
    done = machine.install("maps")
    assert done.agents == ("claude-code",)
    assert machine.skills() == ["draw", "read"]
    assert "agents" not in machine.wanted


def test_agents_that_are_found_on_the_machine_are_installed_for(machine: Machine) -> None:
    machine.program("gemini")
    (machine.home / ".claude").mkdir()
    done = machine.install("maps")
    assert set(done.agents) == {"claude-code", "gemini-cli"}
    assert "agents" not in machine.wanted, "what one machine has is not written down for all"


def test_the_users_agents_come_before_those_that_are_found(machine: Machine) -> None:
    (machine.home / ".claude").mkdir()
    machine.configure(agents=["gemini-cli"])
    assert machine.install("maps").agents == ("gemini-cli",)
    assert machine.skills(".gemini/skills") == ["draw", "read"]


def test_the_projects_agents_come_before_the_users(machine: Machine) -> None:
    machine.configure(agents=["gemini-cli"])
    machine.init(agents=("opencode",))
    assert machine.install("maps").agents == ("opencode",)


def test_agents_that_are_named_are_written_down_and_used_from_then_on(machine: Machine) -> None:
    machine.publish(pack("charts"))
    machine.configure(agents=["gemini-cli"])
    machine.install("maps", agents=("codex",))
    assert machine.wanted["agents"] == ["codex"]
    assert machine.install("charts").agents == ("codex",)
    assert machine.skills(".agents/skills") == ["charts", "draw", "read"]
    assert machine.skills(".gemini/skills") == []


def test_an_agent_that_nobody_knows_is_refused_with_names_near_it(machine: Machine) -> None:
    before = machine.seen(machine.project)
    with pytest.raises(SkillctlError) as caught:
        machine.install("maps", agents=("claude-cod",))
    assert "claude-code" in str(dict(caught.value.problems[0].evidence))
    assert machine.seen(machine.project) == before


@pytest.mark.parametrize(
    ("agent", "directory"),
    [
        ("claude-code", ".claude/skills"),
        ("codex", ".agents/skills"),
        ("gemini-cli", ".gemini/skills"),
        ("opencode", ".opencode/skills"),
    ],
)
def test_one_agent_has_the_copy_in_its_own_directory(machine: Machine, agent: str, directory: str) -> None:
    machine.install("maps", agents=(agent,))
    assert machine.skills(directory) == ["draw", "read"]
    assert not machine.skill("draw", directory).parent.is_symlink()


def test_several_agents_share_one_copy_through_relative_links(machine: Machine) -> None:
    machine.install("maps", agents=("claude-code", "codex", "gemini-cli"))
    copy = machine.project / ".agents" / "skills" / "draw"
    link = machine.project / ".claude" / "skills" / "draw"
    assert copy.is_dir()
    assert not copy.is_symlink()
    assert os.readlink(link) == "../../.agents/skills/draw"
    assert link.resolve() == copy.resolve()
    assert machine.skills(".gemini/skills") == [], "it reads the shared directory, and would meet each skill twice"
    moved = machine.project.rename(machine.home / "moved")
    assert (moved / ".claude" / "skills" / "draw" / "SKILL.md").is_file()


def test_the_commands_are_told_once_with_the_file_of_the_copy(machine: Machine) -> None:
    told = machine.install("maps", agents=("claude-code", "codex")).commands
    assert [each.file for each in told] == [".agents/skills/draw/SKILL.md", ".agents/skills/read/SKILL.md"]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("claude-code",), ("codex", "claude-code")),
        (("codex", "claude-code"), ("claude-code",)),
        (("codex", "claude-code"), ("gemini-cli",)),
        (("gemini-cli",), ("opencode", "codex")),
    ],
)
def test_other_agents_later_leave_the_disk_as_if_it_had_always_been_those(
    machine: Machine, tmp_path: Path, first: tuple[str, ...], then: tuple[str, ...]
) -> None:
    machine.install("maps", agents=first)
    machine.install(agents=then)
    other = Machine(tmp_path / "other")
    other.publish(pack("maps", skills=["draw", "read"]))
    other.install("maps", agents=then)
    assert _shape(machine.project) == _shape(other.project)


def test_agents_that_a_person_writes_into_the_project_file_are_met_by_sync(machine: Machine) -> None:
    machine.install("maps", agents=("claude-code",))
    machine.write_project(**{**machine.wanted, "agents": ["codex", "claude-code"]})
    done = machine.sync()
    assert {(each.directory, each.skill) for each in done.changes} >= {(".agents/skills", "draw")}
    assert machine.skill("draw").parent.is_symlink()
    assert machine.sync(check=True).ok


def test_a_directory_of_skills_that_is_a_link_to_another_gets_no_links_of_its_own(machine: Machine) -> None:
    shared = machine.project / ".agents" / "skills"
    shared.mkdir(parents=True)
    (machine.project / ".claude").mkdir()
    (machine.project / ".claude" / "skills").symlink_to("../.agents/skills")
    machine.install("maps", agents=("codex", "claude-code"))
    assert machine.skills(".agents/skills") == ["draw", "read"]
    assert not (shared / "draw").is_symlink()
    assert machine.sync(check=True).ok


def test_an_agent_that_appears_later_on_the_machine_is_a_change_for_sync(machine: Machine) -> None:
    machine.install("maps")
    machine.program("codex")
    (machine.home / ".claude").mkdir()
    assert not machine.sync(check=True).ok
    machine.sync()
    assert machine.skills(".agents/skills") == ["draw", "read"]


# --- for the user -------------------------------------------------------------------------------------------------


def test_for_the_user_the_skills_lie_in_the_home_and_the_files_in_the_configuration(machine: Machine) -> None:
    before = machine.seen(machine.project)
    done = machine.install("maps", user=True)
    assert done.scope == "user"
    assert sorted(each.name for each in (machine.home / ".claude" / "skills").iterdir()) == ["draw", "read"]
    assert json.loads((machine.config / "skillctl.json").read_bytes())["packs"] == {"maps": "^1.0.0"}
    assert (machine.config / "skillctl.lock").is_file()
    assert machine.seen(machine.project) == before
    assert not (machine.home / ".gitignore").exists()


def test_the_directory_that_claude_code_was_moved_to_is_honoured(machine: Machine) -> None:
    elsewhere = machine.room / "claude"
    machine.environment["CLAUDE_CONFIG_DIR"] = str(elsewhere)
    done = machine.install("maps", user=True)
    assert sorted(each.name for each in (elsewhere / "skills").iterdir()) == ["draw", "read"]
    assert not (machine.home / ".claude").exists()
    assert done.commands[0].file == f"{elsewhere}/skills/draw/SKILL.md"
    machine.remove("maps", user=True)
    assert not (elsewhere / "skills" / "draw").exists()


def test_several_agents_of_the_user_share_one_copy(machine: Machine) -> None:
    machine.install("maps", user=True, agents=("claude-code", "codex"))
    link = machine.home / ".claude" / "skills" / "draw"
    assert os.readlink(link) == "../../.agents/skills/draw"
    assert (link / "SKILL.md").is_file()


def test_project_and_user_do_not_meet(machine: Machine) -> None:
    machine.install("maps")
    machine.install("maps", user=True, skills=("draw",))
    machine.remove("maps")
    assert machine.skills() == []
    assert (machine.home / ".claude" / "skills" / "draw" / "SKILL.md").is_file()
    assert [each.name for each in machine.listed(user=True).packs] == ["maps"]


def test_for_the_user_without_names_and_files_the_error_names_the_right_directory(machine: Machine) -> None:
    with pytest.raises(InstallError) as caught:
        machine.install(user=True)
    assert caught.value.code == "E402"
    assert caught.value.problems[0].evidence["directory"] == str(machine.config)


def test_an_update_for_the_user_where_nothing_was_ever_installed_makes_nothing(machine: Machine) -> None:
    with pytest.raises(InstallError):
        machine.update(user=True)
    assert not (machine.config / "skillctl.json").exists()


def _shape(root: Path) -> dict[str, object]:
    """Every skill below the root: path -> bytes or link; and what git is told to ignore."""
    found: dict[str, object] = {}
    for folder, directories, files in os.walk(root):
        directories[:] = [name for name in directories if name != ".skillctl"]
        for name in (*directories, *files):
            path = Path(folder, name)
            if path.is_symlink():
                found[path.relative_to(root).as_posix()] = os.readlink(path)
            elif path.is_file():
                found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found

"""What `agents` tells: who is here and by what it shows, where each looks, what would be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from skillctl.app.agents import AgentsOutcome, AgentView, look_at_agents
from skillctl.core.errors import UsageError
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack


def told(machine: Machine, **options: Any) -> AgentsOutcome:
    return look_at_agents(machine.settings(), machine.project, **options)


def one(machine: Machine, name: str) -> AgentView:
    (view,) = told(machine, names=(name,)).agents
    return view


def targets(machine: Machine, **options: Any) -> list[tuple[str, str]]:
    outcome = told(machine, **options)
    root = f"{outcome.root}/"
    return [(each.directory.removeprefix(root), each.kind) for each in outcome.targets]


def test_an_empty_machine_gets_claude_code_and_is_told_so(machine: Machine) -> None:
    outcome = told(machine)
    assert outcome.chosen_by == "default"
    assert [(each.agent.id, each.evidence, each.chosen) for each in outcome.agents] == [("claude-code", (), True)]
    assert targets(machine) == [(".claude/skills", "copy")]


def test_what_gives_an_agent_away_is_shown(machine: Machine) -> None:
    (machine.home / ".codex").mkdir()
    machine.program("codex")
    outcome = told(machine)
    assert outcome.chosen_by == "found"
    (codex,) = outcome.agents
    assert [(each.kind, each.what) for each in codex.evidence] == [
        ("directory", f"{machine.home}/.codex"),
        ("program", "codex"),
    ]


def test_the_whole_table_is_shown_if_asked_for(machine: Machine) -> None:
    assert len(told(machine, everyone=True).agents) == told(machine).known == 48


def test_every_directory_that_an_agent_reads_is_shown(machine: Machine) -> None:
    view = one(machine, "opencode")
    assert [path.removeprefix(f"{machine.project}/") for path in view.project] == [
        ".opencode/skills",
        ".agents/skills",
        ".opencode/skill",
        ".claude/skills",
    ]
    assert view.overrides == ()


def test_variables_that_count_are_shown_and_honoured(machine: Machine) -> None:
    machine.environment.update(OPENCODE_DISABLE_CLAUDE_CODE_SKILLS="1", XDG_CONFIG_HOME="/x", CODEX_HOME="")
    view = one(machine, "opencode")
    assert not [path for path in (*view.project, *view.user) if ".claude" in path]
    assert view.user[0] == "/x/opencode/skills"
    assert view.overrides == (("XDG_CONFIG_HOME", "/x"), ("OPENCODE_DISABLE_CLAUDE_CODE_SKILLS", "1"))
    assert one(machine, "codex").overrides == ()


def test_an_unknown_agent_is_refused(machine: Machine) -> None:
    with pytest.raises(UsageError) as caught:
        told(machine, names=("clod",))
    assert caught.value.code == "E430"


def test_what_would_be_written_is_what_an_install_writes(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]))
    machine.install("maps", agents=("claude-code", "codex", "roo"))
    assert targets(machine) == [(".agents/skills", "copy"), (".claude/skills", "link"), (".roo/skills", "link")]
    assert (machine.project / ".roo/skills/draw").is_symlink()
    assert told(machine).chosen_by == "project"
    machine.install(copy=True)
    assert {each["kind"] for each in told(machine).to_json()["targets"]} == {"copy"}  # type: ignore[union-attr, index, call-overload]


# --- every agent --------------------------------------------------------------------------------------------------


def test_every_agent_means_the_shared_directory_claude_code_and_those_that_have_a_place_here(machine: Machine) -> None:
    (machine.project / ".windsurf").mkdir()
    (machine.project / "skills").mkdir()
    (machine.home / ".roo").mkdir()
    machine.publish(pack("maps", "1.0.0", skills=["draw"]))
    machine.install("maps", agents=("*",))
    assert machine.wanted["agents"] == ["*"]
    assert targets(machine) == [
        (".agents/skills", "copy"),
        (".claude/skills", "link"),
        (".windsurf/skills", "link"),
        (".roo/skills", "link"),
    ]
    assert not list((machine.project / "skills").iterdir())


def test_an_agent_that_comes_later_is_served_by_the_next_sync(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]))
    machine.install("maps", agents=("*",))
    (machine.project / ".qoder").mkdir()
    machine.sync()
    assert machine.skills(".qoder/skills") == ["draw"]


# --- copies for everyone ------------------------------------------------------------------------------------------


def test_copies_for_every_agent_are_recorded_and_can_become_links_again(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]))
    machine.install("maps", agents=("claude-code", "codex"), copy=True)
    link = machine.project / ".claude" / "skills" / "draw"
    assert machine.wanted["copy"] is True
    assert not link.is_symlink()
    assert link.joinpath("SKILL.md").read_bytes() == machine.skill("draw", ".agents/skills").read_bytes()
    machine.install()
    assert not link.is_symlink()
    machine.install(copy=False)
    assert link.is_symlink()
    assert "copy" not in machine.wanted
    assert not (machine.project / ".skillctl" / "backups").exists()
    machine.install(copy=True)
    assert not link.is_symlink()
    assert machine.sync(check=True).ok


def test_a_teammate_gets_copies_too(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]))
    machine.install("maps", agents=("claude-code", "codex"), copy=True)
    machine.fresh_clone()
    machine.sync()
    assert not (machine.project / ".claude" / "skills" / "draw").is_symlink()
    assert ".claude/skills/draw" in (machine.project / ".gitignore").read_text()


def test_an_edited_copy_stays_when_it_is_to_become_a_link(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]))
    machine.install("maps", agents=("claude-code", "codex"), copy=True)
    machine.skill("draw").write_text("mine")
    outcome = machine.install(copy=False)
    assert [each.code for each in outcome.problems] == ["W401"]
    assert machine.skill("draw").read_text() == "mine"
    machine.sync(force=True)
    assert (machine.project / ".claude" / "skills" / "draw").is_symlink()


def test_the_command_line_shows_it_and_takes_both_words(machine: Machine, skillctl: Callable[..., Ran]) -> None:
    machine.publish(pack("maps", "1.0.0", skills=["draw"]))
    assert skillctl("install", "maps", "-a", "claude-code", "-a", "codex", "--copy").status == 0
    assert machine.wanted["copy"] is True
    shown = skillctl("agents").out
    assert "claude-code  Claude Code (chosen)" in shown
    assert "skillctl.json names the agents; an install here would write:" in shown
    assert skillctl("install", "--no-copy").status == 0
    assert "copy" not in machine.wanted

"""The real Claude Code client with the hooks of skillctl: what is denied does not happen, and the model is told why.

Everything goes through the command line, as a user would do it; the model says what each test makes it say.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.claude import ClaudeClient
from tests.clients.model import Block, Said, StandInModel, converse, text, tool_use
from tests.support.packs import pack, publish_to

pytestmark = [pytest.mark.client, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A user whose Claude Code asks skillctl, in a project with an installed pack."""

    room: Path
    claude: ClaudeClient

    @property
    def project(self) -> Path:
        return self.room / "home" / "project"

    @property
    def environment(self) -> dict[str, str]:
        places = {
            f"SKILLCTL_{name.upper()}_DIR": str(self.room / name) for name in ("data", "cache", "state", "config")
        }
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": programs, "HOME": str(self.room / "home"), **places}

    def skillctl(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "skillctl", *words],
            cwd=self.project,
            env={**self.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"skillctl {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def converse(self, model: StandInModel, prompt: str = "go on") -> Said:
        return converse(self.claude, model, prompt, project=self.project, environment=self.environment)

    def tell(self, *script: list[Block]) -> tuple[StandInModel, Said]:
        """One conversation in which the model says these things."""
        with StandInModel(*script) as model:
            return model, self.converse(model)

    def skill(self, name: str) -> Path:
        return self.project / ".claude" / "skills" / name / "SKILL.md"

    @property
    def log(self) -> list[dict[str, object]]:
        return list(json.loads(self.skillctl("log", "--json"))["result"]["records"])


BOTH = pytest.mark.parametrize("guarded", ["user", "project"], indirect=True)


@pytest.fixture
def guarded(request: pytest.FixtureRequest, tmp_path: Path, claude: ClaudeClient) -> Guarded:
    """With hooks in the user's settings, or in those of the scope that the test names."""
    scope = getattr(request, "param", "user")
    made = Guarded(tmp_path, claude)
    made.project.mkdir(parents=True)
    publish_to(
        tmp_path / "data" / "registry", pack("gis", skills=["map-draw", "map-read"], text="THE BODY OF THE SKILL")
    )
    made.skillctl("install", "gis", "--agent", "claude-code")
    made.skillctl("hooks", "install", *(("--global",) if scope == "user" else ()))
    return made


@BOTH
def test_a_denied_command_does_not_run_and_the_model_is_told_why(guarded: Guarded) -> None:
    mark = guarded.project / "ran"
    model, _ = guarded.tell(
        [tool_use("Bash", command=f"touch {mark}; sudo rm -rf / --no-preserve-root --one-file-system-not-an-option")],
        [tool_use("Bash", command="echo allowed > fine.txt")],
    )
    assert not mark.exists()
    assert (guarded.project / "fine.txt").read_text() == "allowed\n"
    assert "skillctl: the policy denies" in model.results[0]
    assert "rule `default:" in model.results[0]
    assert [each["name"] for each in guarded.log if each["kind"] == "end" and each["ok"] is False] == ["decision"]


def test_a_denied_file_is_not_written(guarded: Guarded) -> None:
    secret, plain = guarded.project / ".env", guarded.project / "a.txt"
    model, _ = guarded.tell(
        [tool_use("Write", file_path=str(secret), content="KEY=1")],
        [tool_use("Write", file_path=str(plain), content="text")],
    )
    assert not secret.exists()
    assert plain.read_text() == "text"
    assert "it is where secrets are kept" in model.results[0]


def test_a_rule_that_asks_is_a_no_where_nobody_sits(guarded: Guarded) -> None:
    guarded.tell([tool_use("Write", file_path=str(guarded.project / "AGENTS.md"), content="obey")])
    assert not (guarded.project / "AGENTS.md").exists()


def test_a_skill_as_it_was_installed_is_used(guarded: Guarded) -> None:
    model, _ = guarded.tell([tool_use("Skill", skill="map-draw")])
    assert "THE BODY OF THE SKILL" in model.heard


def test_a_skill_whose_files_were_changed_is_stopped(guarded: Guarded) -> None:
    skill = guarded.skill("map-draw")
    skill.write_text(f"{skill.read_text(encoding='utf-8')}\nSOMETHING ELSE\n", encoding="utf-8")
    model, _ = guarded.tell([tool_use("Skill", skill="map-draw")], [tool_use("Skill", skill="map-read")])
    assert "the skill `map-draw` of the pack `gis` was changed after it was installed" in model.results[0]
    assert "SOMETHING ELSE" not in model.heard
    assert "THE BODY OF THE SKILL" in model.heard


def test_a_skill_that_is_typed_is_stopped_as_well(guarded: Guarded) -> None:
    skill = guarded.skill("map-draw")
    skill.write_text(f"{skill.read_text()}\nSOMETHING ELSE\n", encoding="utf-8")
    with StandInModel([text("never asked")]) as model:
        said = guarded.converse(model, "/map-draw now")
    assert "SOMETHING ELSE" not in model.heard
    assert "was changed after it was installed" in said.text


@BOTH
def test_a_session_begins_with_what_the_lock_says(guarded: Guarded) -> None:
    guarded.skill("map-read").unlink()
    guarded.skill("map-read").parent.rmdir()
    model, said = guarded.tell([text("hello")])
    assert {"map-draw", "map-read"} <= set(said.skills)
    assert "What map-read does." in model.heard
    assert "1 skill synced with the lock of this project" in model.heard


def test_a_lock_of_somebody_else_is_not_installed_and_a_line_says_so(guarded: Guarded) -> None:
    lock = guarded.project / "skillctl.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("1.0.0", "1.0.1"), encoding="utf-8")
    guarded.skill("map-read").unlink()
    guarded.skill("map-read").parent.rmdir()
    model, said = guarded.tell([text("hello")])
    assert "map-read" not in said.skills
    assert "its lock is not one that you installed here" in model.heard


def test_what_the_agent_did_is_in_the_log(guarded: Guarded) -> None:
    guarded.tell([tool_use("Bash", command="echo one > one.txt")], [tool_use("Skill", skill="map-draw")])
    ends = [str(each["detail"]) for each in guarded.log if each["kind"] == "end" and each["name"] == "client"]
    assert ends[:2] == ["Bash", "Skill map-draw"]
    assert any(each.startswith("ends: ") for each in ends)
    assert guarded.skillctl("log", "verify")


def test_without_the_hooks_the_same_command_runs(guarded: Guarded) -> None:
    for words in ((), ("--global",)):
        guarded.skillctl("hooks", "uninstall", *words)
    mark = guarded.project / ".env"
    guarded.tell([tool_use("Write", file_path=str(mark), content="KEY=1")])
    assert mark.read_text() == "KEY=1"
    assert not (guarded.project / ".claude" / "settings.json").exists()


@BOTH
def test_a_hook_that_can_not_be_started_is_a_no(guarded: Guarded) -> None:
    files = [guarded.project / ".claude" / "settings.json", guarded.room / "home" / ".claude" / "settings.json"]
    for file in (each for each in files if each.exists()):
        value = file.read_text(encoding="utf-8").replace("skillctl hook", "skillctl-that-is-gone hook")
        file.write_text(value, encoding="utf-8")
    guarded.tell([tool_use("Bash", command="echo ran > ran.txt")])
    assert not (guarded.project / "ran.txt").exists()

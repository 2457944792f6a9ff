"""A machine on which the stand-in is installed as `patchwork`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.diagnostics import Problem
from skillctl.core.effects import Effect, Phase, PhaseName
from skillctl_plugins.patchwork.guard import PatchworkGuard
from skillctl_plugins.patchwork.program import Patchwork, find_patchwork

STANDIN = Path(__file__).with_name("standin.py")

STRICT = {
    "name": "strict",
    "version": "1",
    "max_risk": "high",
    "files": {"deny": [{"pattern": "**/.env", "action": "deny", "reason": "Secrets stay out"}]},
    "commands": {"deny": [{"prefix": "sudo", "action": "deny", "reason": "No root"}]},
    "network": {"deny": [{"domain": "evil.test", "action": "deny", "reason": "No evil"}]},
}


class Installed:
    """The stand-in on PATH, with a home of its own."""

    def __init__(self, room: Path) -> None:
        self.home = room / "home"
        self.project = room / "project"
        self.state = room / "state"
        self.programs = room / "programs"
        for each in (self.home, self.project, self.programs):
            each.mkdir()
        program = self.programs / "patchwork"
        program.write_text(f"#!{sys.executable} -IS\n{STANDIN.read_text(encoding='utf-8')}", encoding="utf-8")
        program.chmod(0o755)
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        self.environ = {"PATH": path, "HOME": str(self.home), "GITHUB_TOKEN": "secret"}
        self.told: list[Problem] = []
        self._settings: dict[str, Any] = {"lines": True}
        self.behave()

    def behave(self, **settings: Any) -> None:
        """From now on answer so."""
        self._settings = {"lines": True, **settings}
        (self.home / "standin.json").write_text(json.dumps(self._settings), encoding="utf-8")

    def policy(self, policy: dict[str, Any] | str) -> None:
        """The user's policy."""
        (self.home / ".patchwork").mkdir(exist_ok=True)
        text = policy if isinstance(policy, str) else json.dumps(policy)
        (self.home / ".patchwork" / "policy.yml").write_text(text, encoding="utf-8")

    def program(self, seconds: float = 10.0) -> Patchwork:
        found = find_patchwork(self.environ, home=str(self.home), seconds=seconds)
        assert found is not None
        return found

    def guard(self, *, seconds: float = 10.0) -> PatchworkGuard:
        return PatchworkGuard(self.program(seconds), state=self.state, tell=self.told.append)

    def phase(self, *effects: Effect, name: PhaseName = "plan", number: int = 1) -> Phase:
        return Phase(id=f"p{number}", name=name, project=str(self.project), effects=effects)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Every call so far, in order."""
        file = self.home / "calls.jsonl"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []

    def requests(self, event: str) -> list[dict[str, Any]]:
        """What was written to the calls of an event, canaries left out."""
        found = [each["stdin"] for each in self.calls if each["words"] == ["hook", event]]
        made = [json.loads(each) for each in found if each != "not json"]
        return [each for each in made if not str(each.get("tool_use_id")).startswith("canary-")]

    @property
    def log(self) -> Path:
        return self.home / ".patchwork" / "events.jsonl"

    @property
    def events(self) -> list[dict[str, Any]]:
        """What is recorded."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    @property
    def codes(self) -> list[str]:
        """What was told."""
        return [each.code for each in self.told]


@pytest.fixture
def patchwork(tmp_path: Path) -> Installed:
    return Installed(tmp_path)

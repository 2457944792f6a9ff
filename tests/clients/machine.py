"""A user's machine for the tests of real clients: a home, a project and a registry directory, and skillctl in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.clients.claude import ClaudeClient, Command

FIRST = {"map-draw": "Draws maps from a table of places: points, lines, areas", "map-read": "Reads maps (GeoJSON, GML)"}
SECOND = {"map-draw": "Draws maps in two projections", "map-print": "Prints maps – in colour"}


@dataclass(frozen=True, slots=True)
class Machine:
    """A user's home, a project and a registry directory."""

    home: Path
    project: Path
    registry: Path
    config_dir: Path | None = None

    def skillctl(self, *arguments: str) -> str:
        """What the command says on stdout; it must succeed."""
        environment = {**os.environ, "HOME": str(self.home), "PYTHONPATH": os.pathsep.join(sys.path)}
        if self.config_dir is not None:
            environment["CLAUDE_CONFIG_DIR"] = str(self.config_dir)
        run = [sys.executable, "-m", "skillctl", *arguments]
        done = subprocess.run(run, cwd=self.project, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"skillctl {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def install(self, *arguments: str) -> None:
        self.skillctl("install", *arguments, "--registry", str(self.registry))

    def publish(self, version: str, skills: Mapping[str, str]) -> None:
        """The pack `maps` at a version, with these skills and descriptions."""
        pack = self.registry.parent / f"maps-{version}"
        for name, description in skills.items():
            (pack / "skills" / name).mkdir(parents=True)
            text = f'---\nname: {name}\ndescription: "{description}"\n---\n\nSee CONTEXT.md.\n'
            (pack / "skills" / name / "SKILL.md").write_text(text, encoding="utf-8")
        (pack / "CONTEXT.md").write_text("# Maps\n", encoding="utf-8")
        manifest = {
            "name": "maps",
            "version": version,
            "description": "Maps",
            "author": "A. Mapper",
            "skills": [f"skills/{name}" for name in skills],
            "context_files": ["CONTEXT.md"],
        }
        (pack / "skill.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        self.skillctl("publish", str(pack), "--registry", str(self.registry))

    def listed(self, claude: ClaudeClient) -> list[Command]:
        return claude.commands(self.project, home=self.home, config_dir=self.config_dir)

    def known_to_the_model(self, claude: ClaudeClient) -> list[str]:
        return claude.init_skills(self.project, home=self.home, config_dir=self.config_dir)

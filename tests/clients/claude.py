"""The real Claude Code client as an oracle: which slash commands does it list, and with which descriptions?

It runs offline, without a key and without anything of the user's own configuration, and sends nothing anywhere: the
list comes from the client's `initialize` control request, before any model would be asked.

    client = ClaudeClient(find_on_path())           # or PACKAGE, fetched by npm: see conftest.py
    client.commands(project, home=home)             # [Command(name="arcgis", description="…", source="project")]

Rules of the client that a caller must know:

1. A command's name is that of the skill's directory; where the front matter has another `name`, that one is shown and
   the directory's name is an alias. `Command.answers_to` covers both.
2. The client appends ` (project)` or ` (user)` to the description. Here they are taken apart again.
3. Commands that the client brings along are left out: those it marks as its own, and those that it lists in an empty
   project as well.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.clients.npm import Package

PACKAGE = Package(
    room="claude-code",
    name="@anthropic-ai/claude-code",
    version="2.1.330",
    # the native program of this platform, started directly: what the package's own launcher would do, minus Node
    programs=("@anthropic-ai/claude-code-*/claude", "@anthropic-ai/claude-code-*/claude.exe"),
)

_SECONDS = 60
_INITIALIZE = '{"type":"control_request","request_id":"1","request":{"subtype":"initialize"}}\n'
_SOURCE = re.compile(r"(?P<description>.*) \((?P<source>project|user)\)", re.DOTALL)


class ClientFailedError(Exception):
    """The client ran and did not say what was asked; the message holds what it said instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A slash command as the client lists it."""

    name: str
    description: str
    source: str = ""
    """`project` or `user`; empty where the client does not say."""
    aliases: tuple[str, ...] = ()

    @property
    def answers_to(self) -> frozenset[str]:
        """Every name that a user can type after the slash."""
        return frozenset({self.name, *self.aliases})


@dataclass(frozen=True)
class ClaudeClient:
    """One Claude Code program."""

    program: Path

    def version(self, *, home: Path) -> str:
        """Such as `2.1.330`."""
        return self._said(["--version"], cwd=home, home=home).split()[0]

    def commands(self, project: Path, *, home: Path, config_dir: Path | None = None) -> list[Command]:
        """What a user of `project` can type after a slash, without the client's own commands, by name.

        `home` is the home folder and `config_dir` the value of CLAUDE_CONFIG_DIR. Raises ClientFailedError.
        """
        listed = self._listed(project, home=home, config_dir=config_dir)
        own = [_command(entry) for entry in listed if not entry.get("builtin")]
        return sorted((each for each in own if each not in self._brought_along), key=lambda each: each.name)

    def init_skills(self, project: Path, *, home: Path, config_dir: Path | None = None) -> list[str]:
        """The skills that the client tells the model about, by the name of their directory, without its own ones."""
        return sorted(set(self._init_skills(project, home, config_dir)) - self._brought_along_skills)

    @cached_property
    def _brought_along(self) -> list[Command]:
        with tempfile.TemporaryDirectory() as empty:
            return [_command(entry) for entry in self._listed(Path(empty), home=Path(empty), config_dir=None)]

    @cached_property
    def _brought_along_skills(self) -> frozenset[str]:
        with tempfile.TemporaryDirectory() as empty:
            return frozenset(self._init_skills(Path(empty), Path(empty), None))

    def _listed(self, project: Path, *, home: Path, config_dir: Path | None) -> list[dict[str, object]]:
        said = self._said(
            ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"],
            cwd=project,
            home=home,
            config_dir=config_dir,
            told=_INITIALIZE,
        )
        for line in _json_lines(said):
            if line.get("type") == "control_response":
                commands: list[dict[str, object]] = line["response"]["response"]["commands"]
                return commands
        raise ClientFailedError(f"no control response in: {said[:2000]}")

    def _init_skills(self, project: Path, home: Path, config_dir: Path | None) -> list[str]:
        # without a key the client ends with an error, after the event
        arguments = ["-p", "x", "--output-format", "stream-json", "--verbose", "--max-turns", "1"]
        said = self._said(arguments, cwd=project, home=home, config_dir=config_dir, status=(0, 1))
        for line in _json_lines(said):  # hooks may speak before it
            if line.get("type") == "system" and line.get("subtype") == "init":
                skills: list[str] = line["skills"]
                return skills
        raise ClientFailedError(f"no init event in: {said[:2000]}")

    def _said(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        home: Path,
        config_dir: Path | None = None,
        told: str = "",
        status: tuple[int, ...] = (0,),
    ) -> str:
        try:
            done = subprocess.run(
                [str(self.program), *arguments],
                cwd=cwd,
                env=_environment(home, config_dir),
                input=told,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ClientFailedError(f"{self.program.name} did not answer: {error}") from error
        if done.returncode not in status:
            raise ClientFailedError(
                f"{self.program.name} ended with {done.returncode}: {(done.stderr or done.stdout)[:2000]}"
            )
        return done.stdout


def find_on_path() -> Path | None:
    """The user's own client."""
    found = shutil.which("claude")
    return Path(found) if found else None


def _environment(home: Path, config_dir: Path | None) -> dict[str, str]:
    """Nothing but what the client needs to start."""
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "TERM": "dumb"}
    config = {} if config_dir is None else {"CLAUDE_CONFIG_DIR": str(config_dir)}
    system = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    return {"HOME": str(home), **quiet, **config, **system}


def _json_lines(text: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in text.splitlines() if line.startswith("{"))


def _command(entry: Mapping[str, object]) -> Command:
    shown = str(entry["description"])
    parts = _SOURCE.fullmatch(shown)
    aliases = entry.get("aliases") or ()
    assert isinstance(aliases, (list, tuple))
    return Command(
        name=str(entry["name"]),
        description=parts["description"] if parts else shown,
        source=parts["source"] if parts else "",
        aliases=tuple(str(alias) for alias in aliases),
    )

"""Three more real clients as oracles: Codex, Gemini CLI and OpenCode, each asked for its list of skills.

They run offline, without a key, in the home and the project that they are given and in no other environment; a proxy
that nobody listens at stands for the network, so that nothing goes out even by mistake. What a client brings along
itself is left out.

Rules of the clients that a caller must know:

1. Codex answers over JSON lines: it wants `initialize`, then a notice, then `skills/list` (`codex app-server`).
2. Gemini CLI hides a project's skills until somebody trusts the folder; here it is told that it may.
3. OpenCode names its own skills by the location `<built-in>`, Codex by the scope `system`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from tests.clients.claude import ClaudeClient, ClientFailedError
from tests.clients.npm import Package, machine

_SECONDS = 60
_NOBODY = "http://127.0.0.1:9"
_SYSTEM = {"win32": "windows"}.get(sys.platform, sys.platform)
_GEMINI_ENTRY = re.compile(
    r"^(?P<name>\S+) \[Enabled\](?P<own> \[Built-in\])?\n  Description: (?P<description>.*)\n  Location: ",
    re.MULTILINE,
)

CODEX = Package(
    room="codex", name="@openai/codex", version="0.169.0", programs=("@openai/codex-*/vendor/*/bin/codex*",)
)
GEMINI = Package(
    room="gemini-cli",
    name="@google/gemini-cli",
    version="0.61.0",
    programs=("@google/gemini-cli/bundle/gemini.js",),
    lean=True,
)
# the one that asks for no newer processor
_VARIANT = "-baseline" if machine() == "x64" else ""
OPENCODE = Package(
    room="opencode",
    name=f"opencode-{_SYSTEM}-{machine()}{_VARIANT}",
    version="1.18.33",
    programs=("opencode-*/bin/opencode*",),
)


@dataclass(frozen=True, order=True, slots=True)
class Listed:
    """A skill as a client lists it."""

    name: str
    description: str


class Client(Protocol):
    """A program that is asked."""

    @property
    def agent(self) -> str:
        """The agent's id, as skillctl knows it."""

    def skills(self, project: Path, *, home: Path) -> list[Listed]:
        """Every entry of its list but its own ones, by name. Raises ClientFailedError."""


@dataclass(frozen=True)
class Claude:
    """Claude Code, asked for the same."""

    client: ClaudeClient
    agent: str = "claude-code"

    def skills(self, project: Path, *, home: Path) -> list[Listed]:
        return sorted(Listed(each.name, each.description) for each in self.client.commands(project, home=home))


@dataclass(frozen=True)
class Codex:
    """Codex."""

    program: Path
    agent: str = "codex"

    def skills(self, project: Path, *, home: Path) -> list[Listed]:
        process = subprocess.Popen(
            [str(self.program), "app-server"],
            cwd=project,
            env=_environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        late = threading.Timer(_SECONDS, process.kill)
        late.start()
        try:
            found = self._asked(process, project)
        finally:
            late.cancel()
            process.kill()
            process.communicate()
        return found

    def _asked(self, process: subprocess.Popen[str], project: Path) -> list[Listed]:
        assert process.stdin is not None
        assert process.stdout is not None
        client = {"clientInfo": {"name": "skillctl", "version": "0"}}
        _tell(process.stdin, {"id": 1, "method": "initialize", "params": client})
        _answer(process.stdout, 1)
        _tell(process.stdin, {"method": "initialized"})
        params = {"cwds": [str(project)], "forceReload": True}
        _tell(process.stdin, {"id": 2, "method": "skills/list", "params": params})
        (answer,) = _answer(process.stdout, 2)["data"]
        if answer["errors"]:
            raise ClientFailedError(f"Codex does not load: {answer['errors']}")
        skills = [each for each in answer["skills"] if each["scope"] != "system"]
        return sorted(Listed(each["name"], each["description"]) for each in skills)


@dataclass(frozen=True)
class Gemini:
    """Gemini CLI, which Node runs."""

    program: Path
    agent: str = "gemini-cli"

    def skills(self, project: Path, *, home: Path) -> list[Listed]:
        said = _said(
            ["node", str(self.program), "skills", "list"], project, home, {"GEMINI_CLI_TRUST_WORKSPACE": "true"}
        )
        if "No skills discovered" not in said and "Discovered Agent Skills" not in said:
            raise ClientFailedError(f"Gemini CLI lists nothing: {said[:2000]}")
        return sorted(
            Listed(each["name"], each["description"]) for each in _GEMINI_ENTRY.finditer(said) if not each["own"]
        )


@dataclass(frozen=True)
class OpenCode:
    """OpenCode."""

    program: Path
    agent: str = "opencode"

    def skills(self, project: Path, *, home: Path) -> list[Listed]:
        quiet = {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}
        said = _said([str(self.program), "debug", "skill"], project, home, quiet)
        try:
            entries: list[dict[str, str]] = json.loads(said)
        except ValueError as error:
            raise ClientFailedError(f"OpenCode lists nothing: {said[:2000]}") from error
        skills = [each for each in entries if each["location"] != "<built-in>"]
        return sorted(Listed(each["name"], each["description"]) for each in skills)


def _said(words: Sequence[str], project: Path, home: Path, more: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            words,
            cwd=project,
            env={**_environment(home), **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClientFailedError(f"{words[0]} did not answer: {error}") from error
    if done.returncode:
        raise ClientFailedError(f"{words[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[:2000]}")
    return done.stdout


def _environment(home: Path) -> dict[str, str]:
    system = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOBODY)
    return {"HOME": str(home), "USERPROFILE": str(home), "TERM": "dumb", **proxies, **system}


def _tell(stream: IO[str], message: Mapping[str, object]) -> None:
    try:
        stream.write(json.dumps(message) + "\n")
        stream.flush()
    except OSError as error:
        raise ClientFailedError(f"Codex does not listen: {error}") from error


def _answer(stream: IO[str], number: int) -> dict[str, Any]:
    """The result of the request of that number; notices come in between."""
    for message in _messages(stream):
        if message.get("id") == number:
            if "result" not in message:
                raise ClientFailedError(f"Codex refuses: {message}")
            result: dict[str, Any] = message["result"]
            return result
    raise ClientFailedError(f"Codex ended without an answer to request {number}")


def _messages(stream: IO[str]) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in stream if line.startswith("{"))

"""The real clients as fixtures, fetched on first use; a client that can't be had skips its tests with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from filelock import FileLock

from tests.clients.claude import PACKAGE, ClaudeClient
from tests.clients.machine import FIRST, Machine
from tests.clients.npm import ClientMissingError, Package, default_cache
from tests.clients.others import CODEX, GEMINI, OPENCODE, Claude, Client, Codex, Gemini, OpenCode


@pytest.fixture(scope="session")
def claude(outer_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> ClaudeClient:
    """The real Claude Code client."""
    return ClaudeClient(fetched_program(PACKAGE, "Claude Code", outer_environment, tmp_path_factory))


@pytest.fixture(scope="session")
def codex(outer_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The real Codex client."""
    return Codex(fetched_program(CODEX, "Codex", outer_environment, tmp_path_factory))


@pytest.fixture(scope="session", params=["claude-code", "codex", "gemini-cli", "opencode"])
def client(
    request: pytest.FixtureRequest, outer_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Client:
    """Each of the real clients in turn."""
    match request.param:
        case "codex":
            codex: Client = request.getfixturevalue("codex")
            return codex
        case "gemini-cli":
            return Gemini(fetched_program(GEMINI, "Gemini CLI", outer_environment, tmp_path_factory))
        case "opencode":
            return OpenCode(fetched_program(OPENCODE, "OpenCode", outer_environment, tmp_path_factory))
        case _:
            return Claude(request.getfixturevalue("claude"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """With `maps` 1.0.0 published."""
    for name in ("home", "project"):
        (tmp_path / name).mkdir()
    made = Machine(tmp_path / "home", tmp_path / "project", tmp_path / "registry")
    made.publish("1.0.0", FIRST)
    return made


def fetched_program(
    package: Package, title: str, environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    cache = default_cache(environment)
    try:
        if "PYTEST_XDIST_WORKER" not in environment:
            return package.fetched(cache, environment)
        # the workers of one run share a folder: only the first of them asks a registry that may not answer
        return _once(tmp_path_factory.getbasetemp().parent, package, cache, environment)
    except ClientMissingError as reason:
        pytest.skip(f"real {title} client: {reason}")


def _once(shared: Path, package: Package, cache: Path, environment: Mapping[str, str]) -> Path:
    note = shared / f"{package.room}-missing"
    with FileLock(f"{note}.lock"):
        if note.exists():
            raise ClientMissingError(note.read_text(encoding="utf-8"))
        try:
            return package.fetched(cache, environment)
        except ClientMissingError as reason:
            note.write_text(str(reason), encoding="utf-8")
            raise

"""The real clients as fixtures, installed on first use; a client that can't be had skips its tests with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from filelock import FileLock

from tests.clients.claude import ClaudeClient, ClientMissingError, default_cache, install_client


@pytest.fixture(scope="session")
def claude(outer_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> ClaudeClient:
    """The real Claude Code client."""
    cache = default_cache(outer_environment)
    try:
        if "PYTEST_XDIST_WORKER" not in outer_environment:
            return ClaudeClient(install_client(cache, outer_environment))
        # the workers of one run share a folder: only the first of them asks a registry that may not answer
        return ClaudeClient(_once(tmp_path_factory.getbasetemp().parent, cache, outer_environment))
    except ClientMissingError as reason:
        pytest.skip(f"real Claude Code client: {reason}")


def _once(shared: Path, cache: Path, environment: Mapping[str, str]) -> Path:
    note = shared / "claude-code-missing"
    with FileLock(f"{note}.lock"):
        if note.exists():
            raise ClientMissingError(note.read_text(encoding="utf-8"))
        try:
            return install_client(cache, environment)
        except ClientMissingError as reason:
            note.write_text(str(reason), encoding="utf-8")
            raise

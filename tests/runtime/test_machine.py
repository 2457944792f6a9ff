"""What a machine has: programs on PATH, and the uv that came with skillctl."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from skillctl_runtime.machine import RealMachine


def program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where skillctl's own interpreter has its programs."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "own"))
    return tmp_path / "own/bin"


def found(room: Path, name: str) -> str:
    tool = RealMachine({"PATH": str(room / "path")}, str(room / "cache")).tool(name)
    return tool.path if tool else ""


def test_a_uv_that_came_with_skillctl_is_found_where_path_has_none(tmp_path: Path, own: Path) -> None:
    assert found(tmp_path, "uv") == ""
    brought = program(own, "uv")
    assert found(tmp_path, "uv") == str(brought)
    users = program(tmp_path / "path", "uv")
    assert found(tmp_path, "uv") == str(users)


def test_no_other_program_is_taken_from_there(tmp_path: Path, own: Path) -> None:
    program(own, "npm")
    assert found(tmp_path, "npm") == ""

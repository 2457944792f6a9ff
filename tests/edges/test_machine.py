"""What is asked of the machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from skillctl.edges.machine import find_program, has_program


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A search path with a directory that is missing, files that are no programs, and one program twice."""
    for folder, name, mode in (
        ("a", "plain", 0o644),
        ("b", "plain", 0o755),
        ("a", "tool", 0o755),
        ("b", "tool", 0o755),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("")
        (tmp_path / folder / name).chmod(mode)
    (tmp_path / "a" / "folder").mkdir()
    return os.pathsep.join(str(tmp_path / each) for each in ("missing", "a", "b"))


@pytest.mark.parametrize("name", ["plain", "tool", "folder", "nothing", "/bin/sh", "/bin/nothing"])
def test_a_program_is_found_where_the_standard_library_finds_it(path: str, name: str) -> None:
    assert find_program(name, path=path) == shutil.which(name, path=path)
    assert has_program(name, path=path) == (shutil.which(name, path=path) is not None)


def test_an_empty_search_path_has_no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tool").write_text("")
    (tmp_path / "tool").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert find_program("tool", path="") is None

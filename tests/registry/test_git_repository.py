"""Files as a repository of git, read by git itself."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillctl.core.errors import RegistryError
from skillctl_registry.views.git_repository import advertisement, fetched, repository

FILES: Mapping[str, bytes] = {
    "README.md": b"# Maps\n",
    "skills/draw/SKILL.md": b"draw",
    "skills/draw/run.sh": b"#!/bin/sh\n",
    "skills/draw.md": b"sorted before the directory",
    "skills/draw-more/SKILL.md": b"sorted between",
    "z\u00fcrich/\u6771": b"",
    "large.bin": bytes(range(256)) * 400,
}


def git(room: Path, *words: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["git", "-C", str(room), *words], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_git_finds_nothing_wrong_and_every_byte(tmp_path: Path) -> None:
    made = repository(FILES, seconds=1_790_000_000, message="maps 1.0.0")
    git(tmp_path, "init", "-q")
    git(tmp_path, "index-pack", "--stdin", "--strict", stdin=made.pack)
    git(tmp_path, "-c", "core.quotepath=off", "checkout", "-q", "--detach", made.commit)
    git(tmp_path, "fsck", "--strict")
    found = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    assert found == FILES
    listed = (line.split("\t", 1) for line in git(tmp_path, "ls-files", "-s").splitlines())
    modes = {path: mode for mode, path in listed}
    assert modes["skills/draw/run.sh"].startswith("100755")
    assert modes["README.md"].startswith("100644")


def test_the_same_files_are_the_same_commit() -> None:
    one = repository(FILES, seconds=1, message="x")
    assert one == repository(dict(reversed([*FILES.items()])), seconds=1, message="x")
    assert one.commit != repository({**FILES, "README.md": b""}, seconds=1, message="x").commit


def test_only_what_is_there_can_be_wanted() -> None:
    made = repository(FILES, seconds=1, message="x")
    want = f"0032want {made.commit}\n0000".encode()
    assert fetched(made, want + b"0009done\n").endswith(made.pack)
    assert made.pack not in fetched(made, want)
    for asked in (b"", b"zzzz", b"0032want " + b"0" * 40 + b"\n00000009done\n", b"ffff", b"0009want\n"):
        with pytest.raises(RegistryError, match="E737"):
            fetched(made, asked)


def test_what_is_said_first_names_one_branch() -> None:
    made = repository(FILES, seconds=1, message="x")
    said = advertisement(made)
    assert said.startswith(b"001e# service=git-upload-pack\n0000")
    assert said.endswith(b"refs/heads/main\n0000")

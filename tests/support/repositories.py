"""Git repositories for tests, made by the real program."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.com",
    "GIT_COMMITTER_NAME": "somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Repository:
    """A repository with a working tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")

    @property
    def url(self) -> str:
        """How it is asked for on the command line."""
        return f"git+file://{self.root}"

    def git(self, *words: str) -> str:
        """Run git there; what it says."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env={**os.environ, **_ENVIRONMENT},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, bytes | None], *tags: str) -> str:
        """Write the files, remove those that are None, commit and tag; the commit."""
        for path, data in files.items():
            place = self.root / path
            if data is None:
                place.unlink()
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
        return self.commit_all(*tags)

    def commit_all(self, *tags: str) -> str:
        """Commit what lies there; the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a state")
        for tag in tags:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")

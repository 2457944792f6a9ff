"""Scopes: a project, or the user; where each keeps its files, and every path below its state directory.

<files>/skillctl.json, skillctl.lock
<state>/generations/N.json   current   stage/   backups/   holder
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from skillctl.core.errors import InstallError
from skillctl.core.file_names import LOCK_FILE, PROJECT_FILE
from skillctl.core.value import dataclass
from skillctl.edges.disk.look import real_path, same_device

STATE_DIRECTORY = ".skillctl"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """One place that skills are installed for."""

    kind: Literal["project", "user"]
    root: Path
    """Directories of skills are written relative to it: the project's root, the user's home."""
    files: Path
    """Where the project file and the lock lie."""
    state: Path
    known: Path
    """The user's list of scopes. State that is not on it was not made by this user, and is not believed."""

    @property
    def project_file(self) -> Path:
        return self.files / PROJECT_FILE

    @property
    def lock_file(self) -> Path:
        return self.files / LOCK_FILE

    @property
    def ignore_file(self) -> Path:
        return self.root / ".gitignore"

    @property
    def generations(self) -> Path:
        return self.state / "generations"

    @property
    def current(self) -> Path:
        return self.state / "current"

    @property
    def backups(self) -> Path:
        return self.state / "backups"

    @property
    def holder(self) -> Path:
        """The note of who changes the scope; what is locked is its root, so that locking leaves nothing behind."""
        return self.state / "holder"

    def generation(self, number: int) -> Path:
        return self.generations / f"{number}.json"

    def directory(self, text: str) -> Path:
        """The directory of skills that is written so."""
        return self.root / text

    def text_of(self, directory: Path) -> str:
        """How a directory of skills is written: relative to the root where it lies below it."""
        if directory.is_relative_to(self.root):
            return directory.relative_to(self.root).as_posix()
        return str(directory)

    def stage(self, directory: Path) -> Path:
        """Where skills for the directory are made ready: on its file system, and never inside it.

        Agents load hidden and nested directories, so a half-made skill must not lie below a directory of skills. Two
        scopes may share a directory; each has its own stage beside it. InstallError E452 where nothing beside the
        directory is on its file system.
        """
        real = real_path(directory)
        if same_device(self.state, real):
            return self.own_stage
        if not same_device(real.parent, real):
            reason = "it is a file system of its own, so that no skill can be moved into it in one step"
            raise InstallError.of("E452", path=str(directory), reason=reason)
        return real.parent / self.stage_name

    @property
    def own_stage(self) -> Path:
        """Where things are made ready on the file system of the state."""
        return self.state / "stage"

    @property
    def stages_elsewhere(self) -> Path:
        """The list of stages beside directories of skills, for the command after one that was killed."""
        return self.own_stage / "elsewhere"

    @property
    def stage_name(self) -> str:
        """The name of this scope's stages that lie beside directories of skills."""
        import hashlib

        return f".skillctl-stage-{hashlib.sha256(os.fsencode(self.state)).hexdigest()[:8]}"


def project_scope(root: Path, *, known: Path) -> Scope:
    """The scope of the project at that root."""
    return Scope(kind="project", root=root, files=root, state=root / STATE_DIRECTORY, known=known)


def user_scope(*, home: Path, config: Path, state: Path, known: Path) -> Scope:
    """The scope of the user."""
    return Scope(kind="user", root=home, files=config, state=state / "user", known=known)


def target_mutexes(scope: Scope, directories: Iterable[Path], *, home: Path, locks: Path) -> list[Path]:
    """The locks of directories that other scopes may write to as well, in the order in which they are taken.

    A project's own directories are covered by its own lock, unless the project holds the user's home.
    """
    import hashlib

    root = real_path(scope.root)
    alone = scope.kind == "project" and not real_path(home).is_relative_to(root)
    reals = sorted({real_path(directory) for directory in directories})
    shared = [real for real in reals if not (alone and real.is_relative_to(root))]
    return [locks / f"{hashlib.sha256(os.fsencode(real)).hexdigest()[:16]}.lock" for real in shared]

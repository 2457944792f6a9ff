"""Which scope a command works on, and what its files say.

Modules of values are imported where a value is made: a command that finds nothing to do makes none.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.errors import InstallError
from skillctl.core.file_names import PROJECT_FILE
from skillctl.core.limits import Limits
from skillctl.core.settings import Settings
from skillctl.edges.disk.files import upwards
from skillctl.edges.disk.look import real_path
from skillctl.install.scope import Scope, project_scope, user_scope
from skillctl.install.state import read_text

if TYPE_CHECKING:
    from skillctl.core.json_value import JsonValue
    from skillctl.core.lockfile import Lock
    from skillctl.core.project import ProjectFile


class ScopeFiles:
    """What a scope's files say. Texts are read at once, values made when they are first asked for.

    A command that finds nothing to do never needs the values. Asking for one raises ManifestError where a person or a
    merge left its file unreadable.
    """

    def __init__(self, scope: Scope, limits: Limits) -> None:
        self._scope = scope
        self._limits = limits
        self.project_text = read_text(scope.project_file, max_bytes=limits.project_bytes)
        """None: there is no project file."""
        self.lock_text = read_text(scope.lock_file, max_bytes=limits.project_bytes)

    @cached_property
    def project(self) -> ProjectFile:
        """What the project wants; nothing where there is no file."""
        return parse_project(self.project_text, self._scope, self._limits)

    @cached_property
    def lock(self) -> Lock | None:
        """The lock; None where there is no file."""
        return parse_lock(self.lock_text, self._scope, self._limits)


def find_project(start: Path, *, home: Path) -> Path | None:
    """The nearest directory upwards that has a project file, not beyond the repository's root or the user's home."""
    homes = (home, real_path(home))  # the working directory has its links resolved, the home may be written with some
    for directory in upwards(start):
        if (directory / PROJECT_FILE).is_file():
            return directory
        if directory in homes or (directory / ".git").exists():
            return None
    return None


def the_project_scope(settings: Settings, root: Path) -> Scope:
    """The scope of the project at that root."""
    return project_scope(root, known=known_states(settings))


def the_user_scope(settings: Settings) -> Scope:
    """The scope of `-g`."""
    directories = settings.directories
    return user_scope(
        home=Path(directories.home),
        config=Path(directories.config),
        state=Path(directories.state),
        known=known_states(settings),
    )


def scope_around(settings: Settings, cwd: Path, *, user: bool = False) -> Scope:
    """The scope of a command that looks: the project around, else the user's own; with `user` that anyway."""
    root = None if user else find_project(cwd, home=Path(settings.directories.home))
    return the_user_scope(settings) if root is None else the_project_scope(settings, root)


def known_states(settings: Settings) -> Path:
    """Where the user's scopes are listed."""
    return Path(settings.directories.state) / "scopes"


def scope_for_writing(settings: Settings, cwd: Path, *, user: bool) -> Scope:
    """The scope of a command that may begin a project: the project around, else a new one in the directory."""
    if user:
        return the_user_scope(settings)
    return the_project_scope(settings, find_project(cwd, home=Path(settings.directories.home)) or cwd)


def existing_scope(settings: Settings, cwd: Path, *, user: bool) -> Scope:
    """The scope of a command that needs a project. InstallError E402 if there is none around."""
    if user:
        return the_user_scope(settings)
    root = find_project(cwd, home=Path(settings.directories.home))
    if root is None:
        raise InstallError.of("E402", directory=str(cwd))
    return the_project_scope(settings, root)


def no_project(scope: Scope, cwd: Path) -> InstallError:
    """The error for a scope without a project file: where it was looked for."""
    return InstallError.of("E402", directory=str(scope.files if scope.kind == "user" else cwd))


def parse_project(text: str | None, scope: Scope, limits: Limits) -> ProjectFile:
    """The project file's value; an empty project where there is no file."""
    from skillctl.core.project import ProjectFile, project_from_json

    if text is None:
        return ProjectFile()
    file = str(scope.project_file)
    return project_from_json(_loaded(text, file, limits), file=file)


def parse_lock(text: str | None, scope: Scope, limits: Limits) -> Lock | None:
    """The lock's value; None where there is no file."""
    if text is None:
        return None
    from skillctl.core.lockfile import lock_from_json

    file = str(scope.lock_file)
    return lock_from_json(_loaded(text, file, limits), file=file)


def project_text(project: ProjectFile) -> str:
    """The project file's text."""
    from skillctl.core.project import project_to_json
    from skillctl.formats.json_text import dump_json

    return dump_json(project_to_json(project)).decode()


def lock_text(lock: Lock) -> str:
    """The lock's text."""
    from skillctl.core.lockfile import lock_to_json
    from skillctl.formats.json_text import dump_json

    return dump_json(lock_to_json(lock)).decode()


def _loaded(text: str, file: str, limits: Limits) -> JsonValue:
    from skillctl.formats.json_text import load_json

    data = text.encode("utf-8", "surrogateescape")
    return load_json(data, file=file, max_bytes=limits.project_bytes, max_depth=limits.json_depth)

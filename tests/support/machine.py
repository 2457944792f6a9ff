"""A user's machine below one directory: home, skillctl's own directories, projects, registries.

Use cases are called as the command line calls them, in the test's own process; nothing of the real user is seen.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skillctl.app.cache import CacheOutcome, clean_cache, look_at_cache, prune_cache
from skillctl.app.config import load_settings
from skillctl.app.init import InitOutcome, InitRequest, init
from skillctl.app.install import InstallOutcome, InstallRequest, install
from skillctl.app.listing import AvailableOutcome, ListOutcome, list_available, list_installed
from skillctl.app.remove import RemoveRequest, remove
from skillctl.app.sync import SyncRequest, sync
from skillctl.app.update import UpdateRequest, update
from skillctl.core.settings import Settings
from tests.support.packs import publish_to, yank_in


class Machine:
    """One user, with a project to work in."""

    def __init__(self, room: Path) -> None:
        self.room = room
        self.home = room / "home"
        self.project = self.home / "project"
        self.data = room / "data"
        self.cache = room / "cache"
        self.state = room / "state"
        self.config = room / "config"
        self.registry = self.data / "registry"
        """The default registry, which is made by the first publish."""
        self.environment: dict[str, str] = {
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "PATH": str(room / "programs"),
            **{
                f"SKILLCTL_{each.name.upper()}_DIR": str(each)
                for each in (self.data, self.cache, self.state, self.config)
            },
        }
        self.project.mkdir(parents=True)
        (room / "programs").mkdir()

    # --- the verbs ------------------------------------------------------------------------------------------------

    def settings(self) -> Settings:
        return load_settings(self.environment)

    def install(self, *requests: str, cwd: Path | None = None, **options: Any) -> InstallOutcome:
        return install(self.settings(), InstallRequest(cwd=cwd or self.project, requests=requests, **options))

    def update(self, *names: str, **options: Any) -> InstallOutcome:
        return update(self.settings(), UpdateRequest(cwd=self.project, names=names, **options))

    def sync(self, **options: Any) -> InstallOutcome:
        return sync(self.settings(), SyncRequest(cwd=self.project, **options))

    def remove(self, *names: str, **options: Any) -> InstallOutcome:
        return remove(self.settings(), RemoveRequest(cwd=self.project, names=names, **options))

    def init(self, **options: Any) -> InitOutcome:
        return init(self.settings(), InitRequest(**{"cwd": self.project, **options}))

    def listed(self, **options: Any) -> ListOutcome:
        return list_installed(self.settings(), self.project, **options)

    def available(self, **options: Any) -> AvailableOutcome:
        return list_available(self.settings(), self.project, **options)

    def cache_now(self) -> CacheOutcome:
        return look_at_cache(self.settings())

    def prune(self, *, dry_run: bool = False) -> CacheOutcome:
        return prune_cache(self.settings(), dry_run=dry_run)

    def clean(self, *, dry_run: bool = False) -> CacheOutcome:
        return clean_cache(self.settings(), dry_run=dry_run)

    # --- what there is to install ---------------------------------------------------------------------------------

    def publish(self, *packs: Mapping[str, bytes], to: str = "") -> Path:
        """The default registry, or another one of this room by name, with these releases in it."""
        return publish_to(self.room / to if to else self.registry, *packs)

    def yank(self, name: str, version: str, reason: str | None = "broken") -> None:
        yank_in(self.registry, name, version, reason)

    # --- what the machine is like ---------------------------------------------------------------------------------

    def configure(self, **sections: object) -> None:
        """The user's config.json."""
        self.config.mkdir(exist_ok=True)
        (self.config / "config.json").write_text(json.dumps(sections), encoding="utf-8")

    def write_project(self, **members: object) -> None:
        """skillctl.json as a person would write it."""
        (self.project / "skillctl.json").write_text(json.dumps(members, indent=4) + "\n", encoding="utf-8")

    def program(self, name: str) -> None:
        """A program of that name on the path."""
        path = self.room / "programs" / name
        path.write_text("#!/bin/sh\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def fresh_clone(self, *more: str) -> None:
        """Leave of the project only what is committed: its two files, and what `more` names."""
        kept = {"skillctl.json", "skillctl.lock", *more}
        for path in self.project.iterdir():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    # --- what can be seen -----------------------------------------------------------------------------------------

    @property
    def wanted(self) -> dict[str, Any]:
        """What skillctl.json says."""
        return _json(self.project / "skillctl.json")

    @property
    def lock(self) -> dict[str, Any]:
        """What skillctl.lock says."""
        return _json(self.project / "skillctl.lock")

    @property
    def versions(self) -> dict[str, str]:
        """Pack -> the version that the lock has."""
        return {name: pack["version"] for name, pack in self.lock["packs"].items()}

    def skills(self, directory: str = ".claude/skills") -> list[str]:
        """The names in a directory of skills of the project."""
        root = self.project / directory
        return sorted(each.name for each in root.iterdir()) if root.is_dir() else []

    def skill(self, name: str, directory: str = ".claude/skills") -> Path:
        """The SKILL.md of an installed skill."""
        return self.project / directory / name / "SKILL.md"

    def seen(self, *roots: Path, locks: bool = False) -> dict[str, tuple[object, ...]]:
        """Everything on the machine, or below these roots: path -> what it is, with bytes and modification time.

        Equal before and after means that nothing at all was written, not even the same bytes again. The files of
        locks, which name whoever held them last, only count with `locks`.
        """
        found: dict[str, tuple[object, ...]] = {}
        for root in roots or (self.room,):
            for folder, directories, files in os.walk(root):
                for name in (*directories, *files):
                    path = Path(folder, name)
                    if locks or not (name == "lock" or path.parent.name == "locks"):
                        found[str(path)] = _look(path)
        return found


def _look(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    if path.is_symlink():
        return ("link", str(path.readlink()))
    if path.is_dir():
        return ("directory",)
    return ("file", path.read_bytes(), status.st_mtime_ns, status.st_ino)


def _json(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_bytes())
    assert isinstance(value, dict)
    return value

"""The packs that are installed here, by their trees in the store: what plans and hooks are read from.

Never from an agent's directory, which anybody may edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from skillctl.app.scopes import ScopeFiles, find_project, the_project_scope, the_user_scope
from skillctl.app.trees import open_store
from skillctl.core.errors import InstallError
from skillctl.core.limits import Limits
from skillctl.core.manifest import MANIFEST_FILE, Manifest, manifest_from_json
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.below import read_below
from skillctl.formats.json_text import load_json
from skillctl.install.scope import Scope
from skillctl.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class InstalledTree:
    """A pack of a lock, and where its tree lies."""

    name: str
    version: str
    digest: str
    store: Store
    limits: Limits

    @property
    def root(self) -> Path:
        """Its directory in the store."""
        return Path(self.store.tree(self.digest))

    def is_whole(self) -> bool:
        """Whether its files are those of its digest: every one is read."""
        return self.store.is_whole(self.digest)

    def file(self, path: str) -> bytes | None:
        """One of its files; None if it has none there."""
        found = read_below(self.root, path, max_bytes=self.limits.file_bytes)
        return None if found is None else found.data

    def manifest(self) -> Manifest:
        """What its author says of it."""
        data = self.file(MANIFEST_FILE) or b"{}"
        limits = self.limits
        return manifest_from_json(
            load_json(data, file=MANIFEST_FILE, max_bytes=limits.manifest_bytes, max_depth=limits.json_depth)
        )


def installed_trees(settings: Settings, cwd: Path) -> Iterator[InstalledTree]:
    """The packs of the project around, then those of the user.

    InstallError E470 for one whose tree a cleaner of caches took away.
    """
    store = open_store(settings)
    for scope in _scopes(settings, cwd):
        lock = ScopeFiles(scope, settings.limits).lock
        for name, pack in sorted(lock.packs.items() if lock else ()):
            if store.record(pack.tree) is None:
                raise InstallError.of("E470", name=name)
            yield InstalledTree(
                name=name, version=str(pack.version), digest=pack.tree, store=store, limits=settings.limits
            )


def _scopes(settings: Settings, cwd: Path) -> Sequence[Scope]:
    root = find_project(cwd, home=Path(settings.directories.home))
    user = the_user_scope(settings)
    return [user] if root is None else [the_project_scope(settings, root), user]

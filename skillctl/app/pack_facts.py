"""What policies want to know of a pack beside its name: licence, hooks, age, and where it comes from.

Most installs never ask: the manifest is read from the store's tree and the registry is opened only where a policy
speaks of packs or hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.effects import Effect, Install
from skillctl.core.errors import SkillctlError
from skillctl.core.manifest import MANIFEST_FILE, Manifest, manifest_from_json
from skillctl.core.project import BUILTIN_LABEL, LOCAL_LABEL, ProjectFile
from skillctl.core.settings import Settings
from skillctl.core.value import replace
from skillctl.edges.disk.below import read_below
from skillctl.formats.json_text import load_json
from skillctl.store.store import Store
from skillctl_registry.authors import signed_by

if TYPE_CHECKING:
    from skillctl.core.lockfile import Lock, LockedPack
    from skillctl.core.release import Release
    from skillctl_registry.order import Registries


def with_facts(
    effects: Iterable[Effect],
    lock: Lock,
    project: ProjectFile,
    store: Store,
    registries: Callable[[], Registries],
    settings: Settings,
) -> Iterator[Effect]:
    """The effects; installs with licence, hooks, the time of their publication, and their registry's location.

    An alias means something in one file alone, so a policy speaks of locations; `local` and `builtin` are everybody's.
    """
    for each in effects:
        if not isinstance(each, Install):
            yield each
            continue
        locked = lock.packs[each.pack]
        manifest = _manifest(store, locked.tree, settings)
        label, release = _held(each.pack, locked, registries)
        yield replace(
            each,
            licence=manifest.license if manifest else "",
            hooks=bool(manifest and manifest.hooks_module),
            published=release.published if release else "",
            signed=bool(release and signed_by(release).keyids),
            source=_location(label, project, settings) or each.source,
        )


def installed_pack(settings: Settings, name: str, cwd: Path) -> tuple[Path, str] | None:
    """The tree of an installed pack, and where it comes from; None if no scope here has it."""
    from skillctl.app.scopes import ScopeFiles, find_project, the_project_scope, the_user_scope
    from skillctl.app.trees import open_store

    root = find_project(cwd, home=Path(settings.directories.home))
    scopes = [*([the_project_scope(settings, root)] if root else []), the_user_scope(settings)]
    store = open_store(settings)
    for scope in scopes:
        lock = ScopeFiles(scope, settings.limits).lock
        locked = lock.packs.get(name) if lock else None
        if locked is not None and store.record(locked.tree) is not None:
            return Path(store.tree(locked.tree)), locked.registry
    return None


def _manifest(store: Store, tree: str, settings: Settings) -> Manifest | None:
    limits = settings.limits
    try:
        found = read_below(Path(store.tree(tree)), MANIFEST_FILE, max_bytes=limits.manifest_bytes)
        if found is None:
            return None
        value = load_json(found.data, file=MANIFEST_FILE, max_bytes=limits.manifest_bytes, max_depth=limits.json_depth)
        return manifest_from_json(value)
    except SkillctlError:
        return None


def _held(name: str, locked: LockedPack, registries: Callable[[], Registries]) -> tuple[str, Release | None]:
    """The alias of the registry that has the release, and its line there; nothing where nobody tells."""
    try:
        held = registries().holder(name, locked)
    except SkillctlError:
        return "", None
    return held.source.label, held.release


def _location(label: str, project: ProjectFile, settings: Settings) -> str:
    if label in (LOCAL_LABEL, BUILTIN_LABEL):
        return label
    own = {each.root_sha256: each.location for each in settings.registries if each.root_sha256}
    known: Mapping[str, str] = {
        **{each.name: own.get(each.root_sha256, each.location) for each in project.registries},
        **{each.name: each.location for each in settings.registries},
    }
    return known.get(label, "")

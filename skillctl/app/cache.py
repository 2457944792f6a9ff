"""`cache`: where it is, how much it holds, and what of it nobody needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.app.scopes import known_states, parse_lock
from skillctl.app.trees import open_store
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.edges.disk.look import total_size
from skillctl.install.roots import remembered_states
from skillctl.install.scope import Scope
from skillctl.install.state import generation_numbers, read_generation


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheOutcome(Outcome):
    """The cache, and what was removed from it."""

    directory: str
    size: int
    """Bytes that it holds now."""
    trees: int
    """Trees that the store has now."""
    removed: tuple[str, ...] = ()
    """Digests of the trees that went."""
    freed: int = 0
    """Bytes."""
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            "directory": self.directory,
            "size": self.size,
            "trees": self.trees,
            "removed": list(self.removed),
            "freed": self.freed,
            "dry_run": self.dry_run,
        }


def look_at_cache(settings: Settings) -> CacheOutcome:
    """What the cache holds."""
    return _told(settings)


def prune_cache(settings: Settings, *, dry_run: bool = False) -> CacheOutcome:
    """Remove every tree that no generation of any of the user's scopes has."""
    store = open_store(settings)
    root = Path(settings.directories.cache)
    if dry_run:
        keep = frozenset(_trees_in_use(settings, forget=False))
        gone = [digest for digest in store.digests() if digest not in keep]
        return _told(settings, gone, freed=sum(total_size(store.tree(digest)) for digest in gone), dry_run=True)
    before = total_size(root)
    with store.alone(timeout=settings.lock_timeout, purpose="skillctl cache prune"):
        gone = store.prune(frozenset(_trees_in_use(settings)))
    return _told(settings, gone, freed=before - total_size(root))


def clean_cache(settings: Settings, *, dry_run: bool = False) -> CacheOutcome:
    """Remove everything: what is needed again is fetched again."""
    root = Path(settings.directories.cache)
    store = open_store(settings)
    if dry_run:
        return _told(settings, list(store.digests()), freed=total_size(root), dry_run=True)
    before = total_size(root)
    with store.alone(timeout=settings.lock_timeout, purpose="skillctl cache clean"):
        gone = store.prune(frozenset())  # only what is ours: somebody may keep other things in the directory
    return _told(settings, gone, freed=before - total_size(root))


def _told(settings: Settings, gone: Sequence[str] = (), *, freed: int = 0, dry_run: bool = False) -> CacheOutcome:
    """What the cache holds now, and what went."""
    root = Path(settings.directories.cache)
    return CacheOutcome(
        directory=str(root),
        size=total_size(root),
        trees=sum(1 for _ in open_store(settings).digests()),
        removed=tuple(gone),
        freed=freed,
        dry_run=dry_run,
    )


def _trees_in_use(settings: Settings, *, forget: bool = True) -> set[str]:
    """The trees of every generation that is kept anywhere: what is installed, and what can be gone back to."""
    trees: set[str] = set()
    for state in remembered_states(known_states(settings), forget=forget):
        known = known_states(settings)
        scope = Scope(kind="project", root=state.parent, files=state.parent, state=state, known=known)
        for number in generation_numbers(scope):
            generation = read_generation(scope, number)
            lock = parse_lock(generation.lock, scope, settings.limits)
            trees.update(pack.tree for pack in (lock.packs.values() if lock else ()))
            trees.update(each.tree for skills in generation.targets.values() for each in skills.values())
    return trees

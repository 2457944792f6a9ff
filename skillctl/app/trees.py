"""The trees of a lock: what the store has, and the rest from the registries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.lockfile import Lock
from skillctl.core.settings import Settings
from skillctl.core.stored import StoredPack
from skillctl.store.store import Store

if TYPE_CHECKING:
    from skillctl_registry.order import Registries

_FETCHERS = 4  # reading, inflating and hashing let go of the interpreter's lock; more threads only wait for it


def open_store(settings: Settings) -> Store:
    """The user's store."""
    return Store(Path(settings.directories.cache) / "store")


def ensure_trees(
    lock: Lock, store: Store, registries: Callable[[], Registries], settings: Settings, *, keep: bool = True
) -> Mapping[str, StoredPack]:
    """Name -> tree for every pack of the lock, all in the store now; a rehearsal does not `keep` what it fetches.

    The registries are only opened if something is missing. RegistryError if it is not to be had.
    """
    packs = {name: store.record(locked.tree) for name, locked in lock.packs.items()}
    missing = [name for name, pack in packs.items() if pack is None]
    if missing:
        from concurrent.futures import ThreadPoolExecutor

        from skillctl.app.fetching import fetch_tree  # archives, manifests, front matter: what is there needs none

        sources = registries()
        with ThreadPoolExecutor(min(_FETCHERS, len(missing))) as pool:
            into = store if keep else None
            fetched = pool.map(lambda name: fetch_tree(name, lock.packs[name], into, sources, settings), missing)
            packs.update(zip(missing, fetched, strict=True))
    return {name: pack for name, pack in packs.items() if pack is not None}

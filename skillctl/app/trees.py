"""The trees of a lock: what the store has, and the rest from the registries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from skillctl.archive.reader import Unpacked
from skillctl.core.layout import lay_out
from skillctl.core.lockfile import Lock, LockedPack
from skillctl.core.settings import Settings
from skillctl.core.stored import StoredPack
from skillctl.store.store import Store
from skillctl_registry.order import Registries

_FETCHERS = 4  # reading, inflating and hashing let go of the interpreter's lock; more threads only wait for it


def open_store(settings: Settings) -> Store:
    """The user's store."""
    return Store(Path(settings.directories.cache) / "store")


def ensure_trees(lock: Lock, store: Store, registries: Callable[[], Registries]) -> Mapping[str, StoredPack]:
    """Name -> tree for every pack of the lock, all of them in the store now.

    The registries are only opened if something is missing. RegistryError if it is not to be had.
    """
    packs = {name: store.record(locked.tree) for name, locked in lock.packs.items()}
    missing = [name for name, pack in packs.items() if pack is None]
    if missing:
        sources = registries()
        with ThreadPoolExecutor(min(_FETCHERS, len(missing))) as pool:
            fetched = pool.map(lambda name: fetch_tree(name, lock.packs[name], store, sources), missing)
            packs.update(zip(missing, fetched, strict=True))
    return {name: pack for name, pack in packs.items() if pack is not None}


def fetch_tree(name: str, locked: LockedPack, store: Store, registries: Registries) -> StoredPack:
    """Bring one locked release into the store."""
    held = registries.holder(name, locked)
    unpacked = held.source.fetch(held.release)
    pack = described_tree(unpacked, file=f"{name} {locked.version}")
    store.add(pack, {member.path: member.data for member in unpacked.members})
    return pack

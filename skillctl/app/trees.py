"""The trees of a lock: what the store has, and the rest from the registries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.json_value import JsonObject
from skillctl.core.lockfile import Lock, LockedPack
from skillctl.core.settings import Settings
from skillctl.core.stored import StoredPack, stored_from_json, stored_to_json
from skillctl.edges.workers import share_out
from skillctl.store.store import Store

if TYPE_CHECKING:
    from skillctl.app.sources import Sources
    from skillctl_registry.order import Registries

_WORTH_SHARING = 64  # releases; about 100 ms of work, against 10 for another process


def open_store(settings: Settings) -> Store:
    """The user's store."""
    return Store(Path(settings.directories.cache) / "store")


def ensure_trees(
    lock: Lock, store: Store, sources: Sources, settings: Settings, *, keep: bool = True
) -> Mapping[str, StoredPack]:
    """Name -> tree for every pack of the lock, all in the store now; a rehearsal does not `keep` what it fetches.

    Registries and other places are only asked if something is missing. RegistryError if it is not to be had. An
    editable pack is looked at where it lies, each time.
    """
    records = store.records(locked.tree for locked in lock.packs.values())
    packs = {name: _of_release(name, locked, records.get(locked.tree)) for name, locked in lock.packs.items()}
    missing = [name for name, pack in packs.items() if pack is None and not lock.packs[name].source]
    if missing:
        packs.update(_fetched(missing, lock, store, sources(), settings, keep=keep))
    elsewhere = [name for name, each in lock.packs.items() if each.source and (packs[name] is None or each.is_editable)]
    if elsewhere:
        from skillctl.app.fetching import fetch_own

        for name in elsewhere:
            packs[name] = fetch_own(name, lock.packs[name], store if keep else None, sources.origins(), settings)
    return {name: pack for name, pack in packs.items() if pack is not None}


def mend_trees(lock: Lock, store: Store, sources: Sources, settings: Settings) -> None:
    """Fetch anew every tree of the lock that lost files or got other ones: to a cleaner of caches, or a failing disk.

    RegistryError E459 for each that is not to be had any more.
    """
    problems: list[Problem] = []
    for name, locked in lock.packs.items():
        if not locked.is_editable and not store.is_whole(locked.tree):
            try:
                fetch_anew(name, locked, store, sources, settings)
            except RegistryError as error:
                problems += [problem("E459", name=name, version=str(locked.version)), *error.problems]
    if problems:
        raise RegistryError(*problems)


def fetch_anew(name: str, locked: LockedPack, store: Store, sources: Sources, settings: Settings) -> None:
    """Put the files of a locked pack, from where it was locked, in the place of those that the store has damaged.

    What the store has stays until the new files are there: another command may be copying from it. RegistryError if
    they are not to be had any more.
    """
    from skillctl.app.fetching import fetch_own, fetch_tree

    if locked.source:
        fetch_own(name, locked, store, sources.origins(), settings)
    else:
        fetch_tree(name, locked, store, sources(), settings)


def _of_release(name: str, locked: LockedPack, pack: StoredPack | None) -> StoredPack | None:
    """What the store knows of the tree, if it is that release's. Of one that calls itself otherwise, nothing is known:
    so the registry is asked, which refuses it in the words that fit.
    """
    if pack is None or (pack.name, pack.version) != (name, str(locked.version)):
        return None
    return pack if pack.inferred == locked.inferred else None


def _fetched(
    names: list[str], lock: Lock, store: Store, registries: Registries, settings: Settings, *, keep: bool
) -> Iterator[tuple[str, StoredPack]]:
    from skillctl.app.fetching import fetch_tree  # archives, manifests, front matter: what is there needs none

    registries.prefetch_locked({name: lock.packs[name] for name in names})
    if not keep:
        for name in names:
            yield name, fetch_tree(name, lock.packs[name], None, registries, settings)
        return

    def fetch(name: str) -> JsonObject:
        return stored_to_json(fetch_tree(name, lock.packs[name], store, registries, settings))

    for name, told in zip(names, share_out(names, fetch, least=_WORTH_SHARING, doing="fetching packs"), strict=True):
        yield name, stored_from_json(told or fetch(name), file=name)

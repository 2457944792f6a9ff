"""The trees of a lock: what the store has, and the rest from the registries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from skillctl.archive.reader import Unpacked
from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.layout import lay_out
from skillctl.core.limits import Limits
from skillctl.core.lockfile import Lock, LockedPack
from skillctl.core.manifest import MANIFEST_FILE, Requires
from skillctl.core.settings import Settings
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.stored import StoredPack, StoredSkill
from skillctl.core.tokens import listing_tokens
from skillctl.formats.front_matter import skill_description
from skillctl.store.store import Store
from skillctl_registry.order import Registries
from skillctl_registry.packs import read_manifest

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
        sources = registries()
        with ThreadPoolExecutor(min(_FETCHERS, len(missing))) as pool:
            into = store if keep else None
            fetched = pool.map(lambda name: fetch_tree(name, lock.packs[name], into, sources, settings), missing)
            packs.update(zip(missing, fetched, strict=True))
    return {name: pack for name, pack in packs.items() if pack is not None}


def fetch_tree(
    name: str, locked: LockedPack, store: Store | None, registries: Registries, settings: Settings
) -> StoredPack:
    """Bring one locked release into the store, or without one only look at it."""
    held = registries.holder(name, locked)
    unpacked = held.source.fetch(held.release)
    files = {member.path: member.data for member in unpacked.members}
    called = f"{name} {locked.version}"
    pack = _stored(unpacked, files, called=called, limits=settings.limits)
    if (pack.name, pack.version) != (name, str(locked.version)):
        raise RegistryError.of("E248", release=called, found=f"{pack.name} {pack.version}", registry=held.source.label)
    if store is not None:
        store.add(pack, files)
    return pack


def _stored(unpacked: Unpacked, files: Mapping[str, bytes], *, called: str, limits: Limits) -> StoredPack:
    """What installing needs to know of the tree. ManifestError if the pack breaks a rule that installing rests on."""
    data = files.get(MANIFEST_FILE)
    if data is None:
        raise ManifestError.of("E145", pack=called)
    manifest = read_manifest(data, file=f"{called}: {MANIFEST_FILE}", limits=limits)
    return StoredPack(
        name=manifest.name,
        version=str(manifest.version),
        tree=unpacked.digest,
        files={entry.path: entry for entry in unpacked.entries},
        skills={
            skill: _skill(skill, layout, files, called) for skill, layout in lay_out(manifest, files.keys()).items()
        },
        requires=_requires(manifest.requires),
    )


def _skill(skill: str, layout: Mapping[str, str], files: Mapping[str, bytes], called: str) -> StoredSkill:
    origin = layout[SKILL_FILE]
    description = skill_description(files[origin], file=f"{called}: {origin}")
    return StoredSkill(description=description, tokens=listing_tokens(skill, description), files=layout)


def _requires(requires: Requires) -> dict[str, tuple[str, ...]]:
    said = {
        "agents": requires.agents,
        "bins": requires.bins,
        "env": requires.env,
        "os": requires.os,
        "skillctl": (str(requires.skillctl),) if requires.skillctl else (),
    }
    return {key: values for key, values in said.items() if values}

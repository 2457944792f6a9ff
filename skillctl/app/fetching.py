"""Bringing a locked release into the store: from its registry, checked, and with what installing needs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillctl.archive.reader import Member, Unpacked
from skillctl.core.errors import RegistryError
from skillctl.core.limits import Limits
from skillctl.core.lockfile import LockedPack
from skillctl.core.settings import Settings
from skillctl.core.source import origin_of_source
from skillctl.core.stored import StoredPack
from skillctl.core.value import replace
from skillctl.store.store import Store
from skillctl_registry.order import Registries
from skillctl_registry.records import stored_of

if TYPE_CHECKING:
    from skillctl_registry.sources.origin import Offer, Origins


def fetch_tree(
    name: str, locked: LockedPack, store: Store | None, registries: Registries, settings: Settings
) -> StoredPack:
    """Bring one locked release into the store, or without one only look at it."""
    held = registries.holder(name, locked)
    unpacked = held.source.fetch(held.release)
    files = {member.path: member.data for member in unpacked.members}
    called = f"{name} {locked.version}"
    pack = stored_of(unpacked, files, called=called, limits=settings.limits)
    if (pack.name, pack.version) != (name, str(locked.version)):
        raise RegistryError.of("E248", release=called, found=f"{pack.name} {pack.version}", registry=held.source.label)
    if store is not None:
        store.add(pack, files)
    return pack


def fetch_own(name: str, locked: LockedPack, store: Store | None, origins: Origins, settings: Settings) -> StoredPack:
    """The same for a pack from a place of its own. RegistryError E259 if there are other files there now."""
    offer = origins.locked(name, locked.source, locked.tree)
    if offer.tree != locked.tree and not locked.is_editable:
        raise changed_place(name, locked, offer)
    pack = stored_offer(offer, settings.limits)
    if pack.name != name or (pack.version != str(locked.version) and not locked.is_editable):
        found, origin = f"{pack.name} {pack.version}", str(origin_of_source(locked.source))
        raise RegistryError.of("E262", release=f"{name} {locked.version}", found=found, origin=origin)
    if store is not None and not (store.record(pack.tree) == pack and store.is_whole(pack.tree)):
        store.add(pack, offer.files)
    return replace(pack, tree=locked.tree, live=offer.root) if locked.is_editable else pack


def changed_place(name: str, locked: LockedPack, offer: Offer) -> RegistryError:
    """The error that a place holds other files than were locked."""
    origin = str(origin_of_source(locked.source))
    return RegistryError.of("E259", name=name, origin=origin, expected=locked.tree, found=offer.tree)


def stored_offer(offer: Offer, limits: Limits) -> StoredPack:
    """What installing needs to know of a pack from a place of its own."""
    members = [Member(path, data) for path, data in offer.files.items()]
    unpacked = Unpacked(members, offer.entries, offer.tree, sum(entry.size for entry in offer.entries))
    called = f"{offer.name} {offer.manifest.version}"
    pack = stored_of(unpacked, offer.files, called=called, limits=limits, manifest=offer.manifest)
    return replace(pack, inferred=offer.inferred)

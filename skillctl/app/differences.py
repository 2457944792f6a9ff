"""What changes of packs mean to a person: the files, what is newly asked for, and the tokens, before and after.

What is told comes from the records of the store, which were made when the trees came in. A tree that came in before
anybody looked for such things is looked at now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from skillctl.core.json_value import JsonObject
from skillctl.core.pack_difference import PackDifference, asks_of, pack_difference
from skillctl.core.skill_asks import Ask, newly_asked, no_asks
from skillctl.core.value import dataclass, replace

if TYPE_CHECKING:
    from skillctl.core.lockfile import Lock, LockedPack
    from skillctl.core.settings import Settings
    from skillctl.core.stored import StoredPack
    from skillctl.install.plan import Change
    from skillctl.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class PackAsked:
    """What a pack that was put in place does by itself or asks for, and did not before."""

    name: str
    version: str
    asks: tuple[Ask, ...]

    def to_json(self) -> JsonObject:
        """The same in an envelope."""
        return {"name": self.name, "version": self.version, "asks": [each.to_json() for each in self.asks]}


def pack_differences(
    before: Lock | None, after: Lock, packs: Mapping[str, StoredPack], store: Store, settings: Settings
) -> tuple[PackDifference, ...]:
    """How the packs of two locks differ, by name; `packs` has the trees of the later one."""
    old = before.packs if before is not None else {}
    names = [name for name in sorted(old.keys() | after.packs.keys()) if _tree(old, name) != _tree(after.packs, name)]
    return tuple(_difference(name, old, after, packs, store, settings) for name in names)


def asked_anew(
    before: Lock | None,
    after: Lock,
    changes: Iterable[Change],
    packs: Mapping[str, StoredPack],
    store: Store,
    settings: Settings,
) -> tuple[PackAsked, ...]:
    """What the packs of which something comes into place, or changes there, ask for; less what they did already."""
    old = before.packs if before is not None else {}
    found: list[PackAsked] = []
    for name in sorted({each.pack for each in changes if each.action in ("add", "update")}):
        pack = _complete(packs.get(name), store, settings)
        if pack is None or pack.asks == no_asks():
            continue  # nearly all
        taken = _taken(after.packs.get(name))
        was = old.get(name)
        known = (
            _complete(store.record(was.tree), store, settings) if was is not None and was.tree != pack.tree else None
        )
        asks = newly_asked(asks_of(known, _taken(was)), asks_of(pack, taken))
        if asks:
            found.append(PackAsked(name=name, version=pack.version, asks=asks))
    return tuple(found)


def _difference(
    name: str,
    old: Mapping[str, LockedPack],
    after: Lock,
    packs: Mapping[str, StoredPack],
    store: Store,
    settings: Settings,
) -> PackDifference:
    from skillctl.app.install import shown_version

    was, now = old.get(name), after.packs.get(name)
    found = pack_difference(
        name,
        _complete(store.record(was.tree), store, settings) if was is not None else None,
        _complete(packs.get(name), store, settings) if now is not None else None,
        was=str(was.version) if was is not None else "",
        skills=_taken(now or was),
    )
    return replace(found, before=shown_version(was), after=shown_version(now))


def _tree(packs: Mapping[str, LockedPack], name: str) -> str:
    return packs[name].tree if name in packs else ""


def _taken(locked: LockedPack | None) -> frozenset[str] | None:
    return frozenset(locked.skills) if locked is not None and locked.skills is not None else None


def _complete(pack: StoredPack | None, store: Store, settings: Settings) -> StoredPack | None:
    """The pack with what it asks for, which its record may be too old to tell."""
    if pack is None or pack.asks is not None:
        return pack
    from skillctl.app.pack_files import stored_from_files

    files = store.files(pack.tree, settings.limits)
    return stored_from_files(files, called=f"{pack.name} {pack.version}", limits=settings.limits)

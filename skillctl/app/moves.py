"""The packs that come into a scope with a change and those that leave it: what guards and plugins are told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from skillctl.core.lockfile import Lock, LockedPack
from skillctl.core.value import dataclass
from skillctl.install.plan import Change

Former = Callable[[], Lock | None]
"""The lock that counted before; None if there was none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moves:
    """Packs by name."""

    placed: Mapping[str, LockedPack]
    """Those of which something is put in place, and releases that are new in the lock and leave every file as it is."""
    gone: Mapping[str, LockedPack | None]
    """Those that leave; None where no lock tells what was there."""


def moves_of(changes: Sequence[Change], lock: Lock, former: Former) -> Moves:
    """What these changes, which lead to that lock, mean to packs."""
    before = former()
    known = before.packs if before else {}
    placed = [each.pack for each in changes if each.action != "remove"]
    entering = [name for name, locked in lock.packs.items() if _is_another_release(known.get(name), locked)]
    gone = [each.pack for each in changes if each.action == "remove" and each.pack not in lock.packs]
    return Moves(
        placed={name: lock.packs[name] for name in dict.fromkeys((*placed, *entering))},
        gone={name: known.get(name) for name in dict.fromkeys(gone)},
    )


def _is_another_release(before: LockedPack | None, after: LockedPack) -> bool:
    """Whether the lock has something that nobody was asked about when it had the other; files do not tell.

    Which of its skills are taken says nothing of a release, and `archive` is only where its tree is fetched from.
    """
    if before is None:
        return True
    was = (before.version, before.tree, before.registry, before.source)
    return was != (after.version, after.tree, after.registry, after.source)


def source_of(locked: LockedPack) -> str:
    """Where the release comes from: its registry, or the address or directory of a source."""
    kinds = ("git", "archive", "path", "site", "oci")
    return locked.registry or next((str(locked.source[kind]) for kind in kinds if kind in locked.source), "")

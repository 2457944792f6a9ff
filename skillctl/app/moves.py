"""The packs that come into a scope with a change and those that leave it: what guards and plugins are told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from skillctl.core.lockfile import Lock, LockedPack
from skillctl.core.value import dataclass
from skillctl.install.plan import Change

Former = Callable[[], Lock | None]
"""The lock that counted before; None if there was none. It is read only where a pack leaves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moves:
    """Packs by name."""

    placed: Mapping[str, LockedPack]
    """Those of which something is put in place."""
    gone: Mapping[str, LockedPack | None]
    """Those that leave; None where no lock tells what was there."""


def moves_of(changes: Sequence[Change], lock: Lock, former: Former) -> Moves:
    """What these changes, which lead to that lock, mean to packs."""
    placed = dict.fromkeys(each.pack for each in changes if each.action != "remove")
    gone = [each.pack for each in changes if each.action == "remove" and each.pack not in lock.packs]
    before = former() if gone else None
    known = before.packs if before else {}
    return Moves(
        placed={name: lock.packs[name] for name in placed},
        gone={name: known.get(name) for name in dict.fromkeys(gone)},
    )


def source_of(locked: LockedPack) -> str:
    """Where the release comes from: its registry, or the address or directory of a source."""
    kinds = ("git", "archive", "path", "site", "oci")
    return locked.registry or next((str(locked.source[kind]) for kind in kinds if kind in locked.source), "")

"""What a change of packs means to plugins: asked before anything is placed, told afterwards.

Whoever has no plugins waits for none: nothing of theirs is imported before a quick look found that there may be some.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skillctl.app.any_plugins import not_heard, plugins_told
from skillctl.app.moves import Moves, source_of
from skillctl.core.diagnostics import Problem
from skillctl.core.json_value import JsonValue
from skillctl.core.settings import Settings
from skillctl.install.plan import Change
from skillctl.install.scope import Scope

if TYPE_CHECKING:
    from skillctl.core.lockfile import LockedPack

_SYNC = "sync"


@contextmanager
def told_change(
    settings: Settings, scope: Scope, command: str, changes: Sequence[Change], moves: Moves
) -> Iterator[list[Problem]]:
    """Run the body between `pre_install` or `pre_remove` and `post_install`, and `post_sync` after a sync.

    PluginError E600 if a plugin blocks it. What failed afterwards stands in the list when the block is over.
    """
    problems: list[Problem] = []
    if not (changes or moves.placed):
        yield problems
        return
    with plugins_told(settings, scope.root) as manager:
        if manager is None:
            yield problems
            return
        fire = manager.fire
        problems += not_heard(manager)
        project = "" if scope.kind == "user" else str(scope.root)
        placed, gone = _told(moves.placed), _told(moves.gone)
        if placed:
            fire("pre_install", project_dir=project, packs=placed)
        if gone:
            fire("pre_remove", project_dir=project, packs=gone)
        yield problems
        if placed:
            problems += fire("post_install", project_dir=project, packs=placed).problems
        if command == _SYNC:
            problems += fire("post_sync", project_dir=project, packs=[*placed, *gone]).problems


def _told(packs: Mapping[str, LockedPack | None]) -> list[JsonValue]:
    """Packs, as events tell them."""
    return [
        {
            "name": name,
            "version": str(locked.version) if locked else "",
            "tree": locked.tree if locked else "",
            "source": source_of(locked) if locked else "",
        }
        for name, locked in packs.items()
    ]

"""What a change of packs means to plugins: asked before anything is placed, told afterwards.

Whoever has no plugins waits for none: nothing of theirs is imported before a quick look found that there may be some.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem
from skillctl.core.json_value import JsonValue
from skillctl.core.lockfile import Lock
from skillctl.core.settings import Settings
from skillctl.edges.disk.look import kind_at
from skillctl.install.plan import Change
from skillctl.install.scope import Scope

if TYPE_CHECKING:
    from skillctl_plugins.manager import PluginManager

DIRECTORY = "plugins"
TRUST_FILE = "trust.json"

_SYNC = "sync"


def has_plugins(settings: Settings) -> bool:
    """Whether anything at all may hook in: a look at names, nothing is loaded."""
    chosen = settings.plugins
    return bool(
        chosen.plugin_dir
        or chosen.enabled
        or kind_at(str(Path(settings.directories.config) / DIRECTORY)) == "directory"
        or kind_at(str(Path(settings.directories.state) / TRUST_FILE)) == "other"
    )


@contextmanager
def plugins_told(settings: Settings, cwd: Path) -> Iterator[PluginManager | None]:
    """Those who hear events in the block; None where there is nobody."""
    if not has_plugins(settings):
        yield None
        return
    from skillctl.app.plugins import the_plugins

    with the_plugins(settings, cwd) as manager:
        yield manager


@contextmanager
def told_change(
    settings: Settings, scope: Scope, command: str, changes: Sequence[Change], lock: Lock
) -> Iterator[list[Problem]]:
    """Run the body between `pre_install` or `pre_remove` and `post_install`, and `post_sync` after a sync.

    PluginError E600 if a plugin blocks it. What failed afterwards stands in the list when the block is over.
    """
    problems: list[Problem] = []
    if not changes:
        yield problems
        return
    with plugins_told(settings, scope.root) as manager:
        if manager is None:
            yield problems
            return
        fire = manager.fire
        problems += not_heard(manager)
        project = "" if scope.kind == "user" else str(scope.root)
        placed, gone = _packs(changes, lock)
        if placed:
            fire("pre_install", project_dir=project, packs=placed)
        if gone:
            fire("pre_remove", project_dir=project, packs=gone)
        yield problems
        if placed:
            problems += fire("post_install", project_dir=project, packs=placed).problems
        if command == _SYNC:
            problems += fire("post_sync", project_dir=project, packs=[*placed, *gone]).problems


def not_heard(manager: PluginManager | None) -> tuple[Problem, ...]:
    """What is to be said of plugins that were left out."""
    if manager is None:
        return ()
    from skillctl_plugins.plugin import left_out

    return left_out(manager.plugins)


def _packs(changes: Sequence[Change], lock: Lock) -> tuple[list[JsonValue], list[JsonValue]]:
    """The packs that come, and those that go, as events tell them."""
    placed = dict.fromkeys(each.pack for each in changes if each.action != "remove")
    gone = dict.fromkeys(each.pack for each in changes if each.action == "remove" and each.pack not in placed)
    return [_told(name, lock) for name in placed], [_told(name, lock) for name in gone if name not in lock.packs]


def _told(name: str, lock: Lock) -> Mapping[str, JsonValue]:
    locked = lock.packs.get(name)
    if locked is None:
        return {"name": name, "version": "", "tree": "", "source": ""}
    source = locked.registry or str(locked.source.get("url") or locked.source.get("path") or "")
    return {"name": name, "version": str(locked.version), "tree": locked.tree, "source": source}

"""Who hears events: nobody, as a look at names tells for most, so that they wait for none; or a manager of plugins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem
from skillctl.core.settings import Settings
from skillctl.edges.disk.look import kind_at

if TYPE_CHECKING:
    from skillctl_plugins.manager import PluginManager

DIRECTORY = "plugins"
TRUST_FILE = "trust.json"


def has_plugins(settings: Settings) -> bool:
    """Whether anything at all may hook in; nothing is loaded."""
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


def not_heard(manager: PluginManager | None) -> tuple[Problem, ...]:
    """What is to be said of plugins that were left out."""
    if manager is None:
        return ()
    from skillctl_plugins.plugin import left_out

    return left_out(manager.plugins)

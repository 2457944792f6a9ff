"""Hooks into the life of packs and plans: plugins, and who hears of what.

from skillctl_plugins import PluginManager
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from skillctl_plugins.manager import PluginManager

__all__ = ["PluginManager"]


def __getattr__(name: str) -> object:
    """The manager when it is asked for: whoever imports a module of this room for its rules does not pay for it."""
    if name == "PluginManager":
        from skillctl_plugins.manager import PluginManager

        return PluginManager
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

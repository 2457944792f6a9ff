"""Hooks into the life of packs and plans: plugins, and who hears of what.

from skillctl_plugins import PluginManager
"""

from __future__ import annotations

from skillctl_plugins.manager import PluginManager

__all__ = ["PluginManager"]

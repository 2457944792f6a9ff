"""A plugin's file, loaded into this process: what it says of itself, and what it hooks into.

A plugin is a Python file with `register(manager)` and, as it likes, `PLUGIN_NAME`, `PLUGIN_DESCRIPTION`,
`PLUGIN_VERSION`, `PLUGIN_DEPENDENCIES` (names of other plugins) and `PLUGIN_CAPABILITIES`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

from skillctl.core.value import dataclass, replace
from skillctl_plugins.manager import Hook, PluginManager, Registrar
from skillctl_plugins.plugin import Plugin, Source
from skillctl_plugins.printing import speaking, switched

ENTRY = "register"

_CLAIM = re.compile(r"^PLUGIN_CAPABILITIES\b[^=\n]*=\s*([\[({][^\])}]*|.*)", re.MULTILINE)
_QUOTED = re.compile(r"[\"']([\w-]+)[\"']")


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """A plugin, and what it hooks into; nothing where it is broken."""

    plugin: Plugin
    hooks: tuple[Hook, ...] = ()


def load_file(
    manager: PluginManager, path: Path, *, source: Source, digest: str = "", code: bytes | None = None
) -> Loaded:
    """Run the file (or this code in its place) and let it register; who fails at that is broken, with the reason."""
    plugin = Plugin(name=path.stem, source=source, state="active", path=str(path), digest=digest)
    loaded = _loaded(manager, plugin, lambda: _module(path, code))
    return as_it_claims(loaded, path.read_bytes() if code is None else code)


def load_object(manager: PluginManager, name: str, load: Callable[[], object]) -> Loaded:
    """The plugin of an installed distribution: a module with `register`, or the function itself."""
    return _loaded(manager, Plugin(name=name, source="entry-point", state="active"), load)


def _loaded(manager: PluginManager, plugin: Plugin, load: Callable[[], object]) -> Loaded:
    with switched(), speaking(plugin.name):
        try:
            module = load()
            plugin = _described(plugin, module)
            register = getattr(module, ENTRY, module)
            if not callable(register):
                return Loaded(plugin=_broken(plugin, f"it has no function `{ENTRY}(manager)`"))
            registrar = Registrar(manager, plugin.name)
            register(registrar)
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin raises makes it a broken one
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return Loaded(plugin=_broken(plugin, reason))
    events = tuple(dict.fromkeys(hook.event for hook in registrar.hooks))
    return Loaded(plugin=replace(plugin, hooks=events), hooks=tuple(registrar.hooks))


def as_it_claims(loaded: Loaded, code: bytes) -> Loaded:
    """With the capabilities that stand in the text of a plugin that broke before it could tell them."""
    plugin = loaded.plugin
    if plugin.state != "broken" or plugin.capabilities:
        return loaded
    claim = _CLAIM.search(code.decode(errors="replace"))
    words = _QUOTED.findall(claim[1]) if claim else ()
    return replace(loaded, plugin=replace(plugin, capabilities=tuple(words)))


class _Source(SourceFileLoader):
    """Loads the code that was read before, and writes no bytecode beside it."""

    def __init__(self, name: str, path: str, code: bytes | None) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  the loader's own signature
        code = self.get_data(self.path) if self._code is None else self._code
        return self.source_to_code(code, self.path)


def _module(path: Path, code: bytes | None) -> ModuleType:
    name = f"skillctl_plugin_{path.stem}"
    loader = _Source(name, str(path), code)
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for the module of a class
    loader.exec_module(module)
    return module


def _described(plugin: Plugin, module: object) -> Plugin:
    def said(name: str) -> str:
        value = getattr(module, f"PLUGIN_{name}", "")
        return value if isinstance(value, str) else str(value)

    def listed(name: str) -> tuple[str, ...]:
        value = getattr(module, f"PLUGIN_{name}", ())
        if isinstance(value, str):
            return (value,)
        return tuple(str(each) for each in value) if isinstance(value, Sequence) else ()

    return replace(
        plugin,
        name=said("NAME") or plugin.name,
        description=said("DESCRIPTION"),
        version=said("VERSION"),
        dependencies=listed("DEPENDENCIES"),
        capabilities=listed("CAPABILITIES"),
    )


def _broken(plugin: Plugin, reason: str) -> Plugin:
    return replace(plugin, state="broken", problem=reason)

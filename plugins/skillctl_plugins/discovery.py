"""Where plugins come from, and which of them may be loaded.

| where | loaded | in |
|---|---|---|
| `plugins/` in the configuration directory; an absolute `plugins.plugin_dir` | at once | this process |
| a relative `plugins.plugin_dir`: the project's | once the file is trusted | a child process |
| entry points of the group `skillctl.plugins` | if named in `plugins.enabled` | this process |
| hooks of installed packs, from the store | once the pack's tree is trusted | a child process |

Names in `plugins.disabled` are never loaded. A broken plugin is reported and does not stop the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from skillctl.core.settings import PluginSettings
from skillctl.core.value import dataclass, replace
from skillctl.edges.config import directories_of, read_config
from skillctl.edges.disk.files import list_names, read_bytes
from skillctl.edges.disk.look import kind_at, real_path
from skillctl.edges.machine import environment, working_directory
from skillctl.formats.json_text import load_json
from skillctl_plugins.child import load_in_child
from skillctl_plugins.loading import Loaded, load_file, load_object
from skillctl_plugins.manager import PluginManager
from skillctl_plugins.plugin import Plugin, Source
from skillctl_plugins.trust import is_trusted

GROUP = "skillctl.plugins"
DIRECTORY = "plugins"

_FILE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class PackHooks:
    """The hooks module of an installed pack, in the store's tree, whose bytes were hashed again."""

    pack: str
    version: str
    tree: str
    path: Path
    code: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where to look."""

    config: Path
    """The user's configuration directory."""
    state: Path
    """The user's state directory, where trust lies."""
    project: Path
    """What a relative `plugin_dir` is below."""
    settings: PluginSettings
    environ: Mapping[str, str]
    packs: tuple[PackHooks, ...] = ()


def discover(manager: PluginManager, places: Places | None = None) -> tuple[Plugin, ...]:
    """Load what may be loaded into the manager, and give every plugin that was found."""
    places = usual_places() if places is None else places
    seen: dict[str, Plugin] = {}
    for loaded in _found(manager, places):
        plugin = loaded.plugin
        if plugin.name in seen:
            plugin = replace(plugin, state="broken", problem=f"`{plugin.name}` is already {seen[plugin.name].path}")
            manager.add_plugin(replace(plugin, name=f"{plugin.name} ({plugin.path or plugin.source})"))
            continue
        seen[plugin.name] = plugin
        manager.add_plugin(plugin, loaded.hooks if plugin.state == "active" else ())
    _check_dependencies(manager)
    return manager.plugins


def usual_places() -> Places:
    """What the user's configuration and the working directory say."""
    environ = environment()
    directories = directories_of(environ)
    config = read_config(environ, directories, load_json).content.config
    return Places(
        config=Path(directories.config),
        state=Path(directories.state),
        project=Path(working_directory()),
        settings=config.plugins,
        environ=environ,
    )


def _found(manager: PluginManager, places: Places) -> Iterator[Loaded]:
    yield from _of_the_user(manager, places.config / DIRECTORY, places)
    chosen = places.settings.plugin_dir
    if chosen and Path(chosen).is_absolute():
        yield from _of_the_user(manager, Path(chosen), places)
    yield from _of_distributions(manager, places)
    if chosen and not Path(chosen).is_absolute():
        yield from _of_the_project(manager, places.project / chosen, places)
    yield from _of_packs(manager, places)


def _of_the_user(manager: PluginManager, folder: Path, places: Places) -> Iterator[Loaded]:
    for path in _files(folder):
        if path.stem in places.settings.disabled:
            yield _left_out(path, "user", "disabled")
        else:
            yield _unless_disabled(load_file(manager, path, source="user", digest=digest_of(path)), places)


def _of_the_project(manager: PluginManager, folder: Path, places: Places) -> Iterator[Loaded]:
    for path in _files(folder):
        code = _code(path)  # read once: what is trusted is what runs, whatever happens to the file meanwhile
        digest = _digest(code)
        if path.stem in places.settings.disabled:
            yield _left_out(path, "project", "disabled")
        elif not is_trusted(places.state, file_subject(real_path(path)), digest):
            yield _left_out(path, "project", "untrusted", digest)
        else:
            loaded = load_in_child(manager, path, code, source="project", digest=digest, environ=places.environ)
            yield _unless_disabled(loaded, places)


def _of_packs(manager: PluginManager, places: Places) -> Iterator[Loaded]:
    for each in places.packs:
        plugin = Plugin(
            name=each.pack,
            version=each.version,
            source="pack",
            state="untrusted",
            path=str(each.path),
            digest=each.tree,
        )
        if each.pack in places.settings.disabled:
            yield Loaded(plugin=replace(plugin, state="disabled"))
        elif not is_trusted(places.state, pack_subject(each.pack), each.tree):
            yield Loaded(plugin=replace(plugin, problem=_NOT_YET.format(subject=each.pack)))
        else:
            loaded = load_in_child(
                manager, each.path, each.code, source="pack", digest=each.tree, environ=places.environ, name=each.pack
            )
            yield Loaded(plugin=replace(loaded.plugin, version=each.version), hooks=loaded.hooks)


def _of_distributions(manager: PluginManager, places: Places) -> Iterator[Loaded]:
    """Only what is named: looking through every installed distribution takes longer than most commands."""
    if not places.settings.enabled:
        return
    from importlib.metadata import entry_points

    for each in entry_points(group=GROUP):
        if each.name in places.settings.enabled and each.name not in places.settings.disabled:
            yield load_object(manager, each.name, each.load)


_NOT_YET = "it may not run before `skillctl trust {subject}`"


def _left_out(path: Path, source: Source, state: str, digest: str = "") -> Loaded:
    problem = _NOT_YET.format(subject=path) if state == "untrusted" else ""
    is_disabled = state == "disabled"
    return Loaded(
        plugin=Plugin(
            name=path.stem,
            source=source,
            state="disabled" if is_disabled else "untrusted",
            path=str(path),
            digest=digest,
            problem=problem,
        )
    )


def _unless_disabled(loaded: Loaded, places: Places) -> Loaded:
    if loaded.plugin.name not in places.settings.disabled:
        return loaded
    return Loaded(plugin=replace(loaded.plugin, state="disabled"))


def _check_dependencies(manager: PluginManager) -> None:
    """Leave out who lacks one that it needs, and then whoever needs that one."""
    while lacking := _lacking(manager):
        plugin, missing = lacking
        manager.drop(plugin.name, f"it needs the plugin `{missing}`, which is not active")


def _lacking(manager: PluginManager) -> tuple[Plugin, str] | None:
    at_work = {each.name: each for each in manager.plugins if each.state == "active"}
    pairs = ((plugin, name) for plugin in at_work.values() for name in plugin.dependencies)
    return next(((plugin, name) for plugin, name in pairs if name not in at_work), None)


def _files(folder: Path) -> Iterable[Path]:
    names = (name for name in list_names(folder) if name.endswith(".py") and not name.startswith(("_", ".")))
    return [folder / name for name in names if kind_at(str(folder / name)) != "directory"]


def digest_of(path: Path) -> str:
    """`sha256:` of a plugin's file."""
    return _digest(_code(path))


def _code(path: Path) -> bytes:
    return read_bytes(path, max_bytes=_FILE_BYTES) or b""


def _digest(code: bytes) -> str:
    return f"sha256:{hashlib.sha256(code).hexdigest()}"


def file_subject(path: Path) -> str:
    """How trust names a plugin file of a project."""
    return f"file:{path}"


def pack_subject(pack: str) -> str:
    """How trust names a pack's hooks."""
    return f"pack:{pack}"

"""Files and environment to settings, once for each command.

    SKILLCTL_CONFIG_DIR, SKILLCTL_DATA_DIR, SKILLCTL_CACHE_DIR, SKILLCTL_STATE_DIR    the four directories
    SKILLCTL_REGISTRY     the one registry to use, by alias or location
    SKILLCTL_REGISTRY_NAME    the address of a registry that a token is for
    SKILLCTL_TOKEN_NAME   a token for that registry, or for the user's own one of that alias
    SKILLCTL_TOKEN        a token for the one that is used: see `_tokens`
    SKILLCTL_INSECURE     ask servers beyond this machine over http:// too
    SKILLCTL_OFFLINE      use no network
    SKILLCTL_LINK_MODE    auto, copy or hardlink

Without a variable the directories are those that platformdirs gives; it asks the process for XDG variables and home
itself, so `environ` has to be the process's own. On Linux its rule is two lines, and it is applied here without loading
the library, which would cost every command 10 ms. An empty variable counts as not set.

The configuration is `config.json` in the configuration directory. Where there is none, the older toolkit's
`~/.config/orchestrator-toolkit/config.json` is read in its place. Most people have neither, so the door of these files
is only imported where there is one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from skillctl.core.errors import InstallError
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import LIMITS
from skillctl.core.settings import LINK_MODES, Directories, LinkMode, PluginSettings, RuntimeSettings, Settings
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import read_bytes

if TYPE_CHECKING:
    from skillctl.core.config_file import Config, ReadConfig
    from skillctl.core.project import RegistryEntry
    from skillctl.core.web import Secret

CONFIG_FILE = "config.json"

APPLICATION = "skillctl"
OLDER_APPLICATION = "orchestrator-toolkit"

AGENT_VARIABLES = frozenset(
    {
        "APPDATA",
        "CLAUDE_CONFIG_DIR",
        "CODEX_HOME",
        "COPILOT_HOME",
        "FLATPAK_XDG_CONFIG_HOME",
        "GEMINI_CLI_HOME",
        "GROK_HOME",
        "HERMES_HOME",
        "OPENCLAW_STATE_DIR",
        "OPENCODE_CONFIG_DIR",
        "OPENCODE_DISABLE_CLAUDE_CODE_SKILLS",
        "OPENCODE_DISABLE_EXTERNAL_SKILLS",
        "PI_CODING_AGENT_DIR",
        "QWEN_HOME",
        "VIBE_HOME",
        "XDG_CONFIG_HOME",
    }
)
"""What agents' own rules read. Nothing else of the environment becomes part of the settings, which may be printed."""

_OF_STORES = frozenset(
    (
        *("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "GOOGLE_BASE_URL", "AZURE_ENDPOINT"),
        *("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ENDPOINT", "AZURE_STORAGE_USE_EMULATOR", "AZURE_USE_EMULATOR"),
    )
)
"""What says whose an object store is; none of its keys."""
_PASSED_ON = AGENT_VARIABLES | _OF_STORES | {"DOCKER_CONFIG", "PATH", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"}
_TOKEN = "SKILLCTL_TOKEN"
_REGISTRY_NAMED = "SKILLCTL_REGISTRY_"
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})


class LoadJson(Protocol):
    """`formats.json_text.load_json`, passed in: the two rooms don't know each other."""

    def __call__(self, data: bytes, *, file: str, max_bytes: int, max_depth: int) -> JsonValue: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigSource:
    """The configuration, and where it was read."""

    own: str
    """The path of skillctl's own file, whether it is there or not."""
    read: str
    """The path of the file that was read; empty if there is none."""
    data: bytes
    """Its bytes."""
    content: ReadConfig

    @property
    def is_older(self) -> bool:
        """Whether the older toolkit's file was read."""
        return self.read not in ("", self.own)


def read_settings(environ: Mapping[str, str], load_json: LoadJson) -> Settings:
    """The settings of this command. Every file is read once. Errors: those of `read_config`, and E442."""
    directories = directories_of(environ)
    found = _found(environ, directories)
    if found is None:
        return _settings(environ, directories, None, "")
    return settings_from(environ, directories, _understood(found, directories, load_json))


def settings_from(environ: Mapping[str, str], directories: Directories, source: ConfigSource) -> Settings:
    """The settings that environment and configuration make together. InstallError E442 for a senseless variable."""
    return _settings(environ, directories, source.content.config, source.read)


def read_config(environ: Mapping[str, str], directories: Directories, load_json: LoadJson) -> ConfigSource:
    """The user's configuration. An error, with every problem of the file, if our own file breaks a rule."""
    found = _found(environ, directories)
    if found is not None:
        return _understood(found, directories, load_json)
    from skillctl.core.config_file import Config, ReadConfig

    content = ReadConfig(config=Config(), given={})
    return ConfigSource(own=str(config_path(directories)), read="", data=b"", content=content)


def config_path(directories: Directories) -> Path:
    """The path of skillctl's own configuration."""
    return Path(directories.config) / CONFIG_FILE


def older_config_path(environ: Mapping[str, str], directories: Directories) -> Path:
    """The path of the older toolkit's configuration."""
    base = environ.get("XDG_CONFIG_HOME", "")
    above = Path(base) if os.path.isabs(base) else Path(directories.home) / ".config"
    return above / OLDER_APPLICATION / CONFIG_FILE


def directories_of(environ: Mapping[str, str]) -> Directories:
    """The user's directories, absolute. None of them is made."""
    home = _home(environ)

    def chosen(kind: str) -> str:
        value = environ.get(f"SKILLCTL_{kind.upper()}_DIR", "")
        return _absolute(value, home) if value else _of_the_system(kind)

    return Directories(
        home=home, config=chosen("config"), data=chosen("data"), cache=chosen("cache"), state=chosen("state")
    )


def _found(environ: Mapping[str, str], directories: Directories) -> tuple[str, bytes] | None:
    """Path and bytes of the file that counts."""
    for path in (config_path(directories), older_config_path(environ, directories)):
        data = read_bytes(path, max_bytes=LIMITS.manifest_bytes)
        if data is not None:
            return str(path), data
    return None


def _understood(found: tuple[str, bytes], directories: Directories, load_json: LoadJson) -> ConfigSource:
    from skillctl.core.config_file import config_from_json, config_from_older_json

    own = str(config_path(directories))
    file, data = found
    value = load_json(data, file=file, max_bytes=LIMITS.manifest_bytes, max_depth=LIMITS.json_depth)
    door = config_from_json if file == own else config_from_older_json
    return ConfigSource(own=own, read=file, data=data, content=door(value, file=file))


def _settings(environ: Mapping[str, str], directories: Directories, config: Config | None, read: str) -> Settings:
    return Settings(
        directories=directories,
        agents=config.agents if config else (),
        registries=_absolute_registries(config, read, directories) if config else (),
        registry=_registry(environ.get("SKILLCTL_REGISTRY", ""), directories.home),
        link_mode=_link_mode(environ, config),
        runtime=config.runtime if config else RuntimeSettings(),
        plugins=config.plugins if config else PluginSettings(),
        audit=config.audit if config else "on",
        offline=_switch(environ, "SKILLCTL_OFFLINE"),
        tokens=_tokens(environ, config),
        insecure=_insecure(environ, config),
        environment=tuple(sorted((name, environ[name]) for name in _PASSED_ON if environ.get(name))),
    )


_XDG = {
    "config": ("XDG_CONFIG_HOME", "~/.config"),
    "data": ("XDG_DATA_HOME", "~/.local/share"),
    "cache": ("XDG_CACHE_HOME", "~/.cache"),
    "state": ("XDG_STATE_HOME", "~/.local/state"),
}


def _of_the_system(kind: str) -> str:
    if sys.platform == "linux" and os.path.isabs(os.environ.get("HOME", "")) and "ANDROID_DATA" not in os.environ:
        variable, usual = _XDG[kind]
        said = os.environ.get(variable, "")
        return os.path.join(said if os.path.isabs(said) else os.path.expanduser(usual), APPLICATION)
    import platformdirs

    known = platformdirs.PlatformDirs(APPLICATION, appauthor=False)
    match kind:
        case "config":
            return known.user_config_dir
        case "data":
            return known.user_data_dir
        case "cache":
            return known.user_cache_dir
        case _:
            return known.user_state_dir


def _home(environ: Mapping[str, str]) -> str:
    written = environ.get("USERPROFILE" if os.name == "nt" else "HOME", "")
    return written if os.path.isabs(written) else os.path.expanduser("~")


def _absolute(path: str, home: str) -> str:
    if path == "~" or path.startswith(("~/", "~\\")):
        return os.path.normpath(os.path.join(home, path[2:]))
    return os.path.abspath(path)


def _absolute_registries(config: Config, read: str, directories: Directories) -> tuple[RegistryEntry, ...]:
    """The registries with locations that mean the same from any directory; a URL stays as it is."""

    def absolute(location: str) -> str:
        if "://" in location:
            return location
        counted_from = "" if location.startswith("~") else os.path.dirname(read)
        return _absolute(os.path.join(counted_from, location), directories.home)

    return tuple(replace(entry, location=absolute(entry.location)) for entry in config.registries)


def _registry(text: str, home: str) -> str:
    """An alias or a URL as it is, a directory absolute."""
    is_path = text.startswith((".", "~")) or "/" in text or os.sep in text
    return text if not is_path or "://" in text or text.startswith("@") else _absolute(text, home)


def _switch(environ: Mapping[str, str], variable: str) -> bool:
    value = environ.get(variable, "")
    if value.strip().lower() in _YES:
        return True
    if value.strip().lower() in _NO:
        return False
    raise InstallError.of("E442", variable=variable, value=value, expected="1 or 0")


def _insecure(environ: Mapping[str, str], config: Config | None) -> tuple[str, ...]:
    """The origins that the user lets be asked over http://."""
    if environ.get("SKILLCTL_INSECURE") and _switch(environ, "SKILLCTL_INSECURE"):
        return ("*",)
    entries = [each for each in config.registries if each.insecure] if config else []
    return tuple(origin for each in entries if (origin := _origin(each.location)))


def _tokens(environ: Mapping[str, str], config: Config | None) -> tuple[tuple[str, Secret], ...]:
    """Origin -> token, for the origins that the user or the environment itself names.

    A project file never says where a token goes: it could give any alias to any address. A token without a name is for
    SKILLCTL_REGISTRY; without that, for the one origin that is named, if it is one. UsageError E037 for what is none.
    """
    given = {name: value.strip() for name, value in environ.items() if name.startswith(_TOKEN) and value.strip()}
    if not given:
        return ()
    from skillctl.core.web import checked_token

    named = {_variable_part(each.name): _origin(each.location) for each in (config.registries if config else ())}
    named |= {
        name.removeprefix(_REGISTRY_NAMED): _origin(value)
        for name, value in environ.items()
        if name.startswith(_REGISTRY_NAMED)
    }
    chosen = environ.get("SKILLCTL_REGISTRY", "")
    origins = {origin for origin in named.values() if origin}
    bare = _origin(chosen) or named.get(_variable_part(chosen), "") if chosen else ""
    named[""] = bare if chosen else (origins.pop() if len(origins) == 1 else "")
    pairs = (
        (origin, checked_token(value, called=f"the token in {name}"))
        for name, value in given.items()
        if (origin := named.get(name.removeprefix(_TOKEN).removeprefix("_"), ""))
    )
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


def _variable_part(alias: str) -> str:
    """An alias as it stands in the name of a variable: `my-registry` is `MY_REGISTRY`."""
    return "".join(each if each.isascii() and each.isalnum() else "_" for each in alias.upper())


def _origin(location: str) -> str:
    """The origin of a web address; empty for anything else."""
    from skillctl.core.web import is_web, origin_of

    try:
        return origin_of(location) if is_web(location) else ""
    except ValueError:
        return ""


def _link_mode(environ: Mapping[str, str], config: Config | None) -> LinkMode:
    value = environ.get("SKILLCTL_LINK_MODE", "")
    match value:
        case "":
            return config.install.link_mode if config else "auto"
        case "auto" | "copy" | "hardlink":
            return value
        case _:
            expected = f"one of {', '.join(LINK_MODES)}"
            raise InstallError.of("E442", variable="SKILLCTL_LINK_MODE", value=value, expected=expected)

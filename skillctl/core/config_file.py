"""The user's configuration, `config.json` in the configuration directory: values, and the strict door.

One table, `SETTINGS`, says of each key what it takes, what it is without a word and what it is for. The door, `config
set`, `config list`, the JSON Schema and the reference page all follow the table.

    {"format": "1.0", "llm": {"model": "gpt-4.1"}, "agents": ["claude-code"], "install": {"link_mode": "copy"}}

A person writes the file, so an unknown key or a value of the wrong kind is refused, with every other problem of the
file. The file of the older orchestrator toolkit has another door: the same sections, and nothing in it is an error.
What only that file knew (`_OLDER_ONLY`) is told with the reason why it has no setting here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeGuard

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import ROOT, JsonValue, key_path, kind_of
from skillctl.core.names import near_names
from skillctl.core.project import RegistryEntry, registries_from_fields
from skillctl.core.settings import ISOLATION_WISHES, LINK_MODES, LinkMode, PluginSettings, RuntimeSettings, Switch
from skillctl.core.value import dataclass, field

FORMAT = "1.0"

Kind = Literal["text", "number", "decimal", "boolean", "names", "registries", "choice"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LlmConfig:
    """The language model that is asked for plans."""

    model: str = "gpt-4.1"
    temperature: float = 1.0
    max_retries: int = 3
    cache_enabled: bool = True
    cache_ttl_seconds: int = 86_400
    base_url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PathsConfig:
    """Where the runtime writes."""

    output_dir: str = "output"


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallConfig:
    """How packs are installed."""

    link_mode: LinkMode = "auto"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What the user configured; each member has a value that works when nothing is written."""

    llm: LlmConfig = field(default_factory=LlmConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)
    plugins: PluginSettings = field(default_factory=PluginSettings)
    registries: tuple[RegistryEntry, ...] = ()
    agents: tuple[str, ...] = ()
    install: InstallConfig = field(default_factory=InstallConfig)
    runtime: RuntimeSettings = field(default_factory=RuntimeSettings)
    audit: Switch = "on"


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One key of the configuration."""

    key: str
    """`section.name`, or a name at the top."""
    kind: Kind
    about: str
    low: int = 0
    high: int = 0
    """Bounds of a number or decimal, both included."""
    choices: tuple[str, ...] = ()
    may_be_empty: bool = False
    """Whether a text may be empty."""

    @property
    def default(self) -> JsonValue:
        """The value when nobody sets it, as JSON."""
        section, _, name = self.key.partition(".")
        part = getattr(Config(), section)
        value = getattr(part, name) if name else part
        return list(value) if isinstance(value, tuple) else value

    @property
    def takes(self) -> str:
        """What the setting takes, for a sentence."""
        match self.kind:
            case "text":
                return "a text" if self.may_be_empty else "a text that is not empty"
            case "number":
                return f"a whole number from {self.low} to {self.high}"
            case "decimal":
                return f"a number from {self.low} to {self.high}"
            case "boolean":
                return "true or false"
            case "names":
                return "a list of names"
            case "registries":
                return "a list of registries, each with `name` and `location`"
            case "choice":
                return f"one of {', '.join(self.choices)}"


SETTINGS: tuple[Setting, ...] = (
    Setting(key="llm.model", kind="text", about="The model that is asked for plans."),
    Setting(key="llm.temperature", kind="decimal", low=0, high=2, about="How freely the model may choose its words."),
    Setting(
        key="llm.max_retries", kind="number", low=0, high=20, about="How often a request that failed is sent again."
    ),
    Setting(key="llm.cache_enabled", kind="boolean", about="Whether the answer to the same question is kept."),
    Setting(
        key="llm.cache_ttl_seconds",
        kind="number",
        low=0,
        high=31_536_000,
        about="For how many seconds a kept answer is used.",
    ),
    Setting(
        key="llm.base_url",
        kind="text",
        may_be_empty=True,
        about="The address of an API that speaks OpenAI's protocol; empty: OpenAI's own.",
    ),
    Setting(
        key="paths.output_dir",
        kind="text",
        about="Where the runtime writes projects; a relative path counts from the current directory.",
    ),
    Setting(
        key="plugins.enabled", kind="names", about="Plugins of other installed distributions that are to be loaded."
    ),
    Setting(key="plugins.disabled", kind="names", about="Plugins that are not loaded, wherever they come from."),
    Setting(
        key="plugins.plugin_dir",
        kind="text",
        may_be_empty=True,
        about="The directory of your own plugins; empty: `plugins` beside this file. A relative path counts from the "
        "project and needs the project's trust.",
    ),
    Setting(
        key="registries",
        kind="registries",
        about="Where packs come from, in order of preference, after the project's own registries. A relative location "
        "counts from this file.",
    ),
    Setting(
        key="agents",
        kind="names",
        about="The agents that skills are installed for where a project names none; empty: those found on the machine.",
    ),
    Setting(
        key="install.link_mode",
        kind="choice",
        choices=LINK_MODES,
        about="How files get from the store to an agent's directory: `auto` shares blocks where the file system can, "
        "else copies; `hardlink` saves space, but an edit of an installed file then changes the store.",
    ),
    Setting(
        key="audit",
        kind="choice",
        choices=("on", "off"),
        about="Whether what skillctl is about to do is written into the audit log first. Without it each command that "
        "changes something says so.",
    ),
    Setting(
        key="runtime.isolation",
        kind="choice",
        choices=ISOLATION_WISHES,
        about="How programs of plans are kept apart: `auto` is the strongest way that works here; `required` refuses "
        "to run anything where there is none; or one way by name.",
    ),
    *(
        Setting(key=f"runtime.{name}", kind="number", low=0, high=86_400, about=f"{about} 0: only what the plan says.")
        for name, about in (
            ("install_timeout", "The most seconds that a step of an installation may take, whatever a plan says."),
            ("build_timeout", "The most seconds that a step of a build may take."),
            ("run_timeout", "The most seconds that a program may run."),
        )
    ),
    *(
        Setting(key=f"runtime.{name}", kind="number", low=0, high=1 << 30, about=f"{about} 0: only what the plan says.")
        for name, about in (
            ("memory_mb", "The most MiB of memory that a program and all it starts may use, whatever a plan says."),
            ("cpu_s", "The most seconds of processor time that it may use."),
            ("processes", "The most processes that it may have at once."),
            ("output_kb", "The most KiB that it may print."),
        )
    ),
)

_BY_KEY = {setting.key: setting for setting in SETTINGS}
_SECTIONS = frozenset(setting.key.partition(".")[0] for setting in SETTINGS if "." in setting.key)
_BESIDE = frozenset({"$schema", "format"})

_OLDER_ONLY: Mapping[str, str] = {
    "paths.config_dir": "the directory of the configuration is moved by the variable SKILLCTL_CONFIG_DIR",
    "plugins.discover_entry_points": "plugins of other distributions load if `plugins.enabled` names them",
    "security.prefer_keyring": "the environment is asked for a key first, then the keyring",
    "security.allow_plaintext_fallback": "a key lies in a plain file only if you put it there",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadConfig:
    """A configuration file after its door."""

    config: Config
    given: Mapping[str, JsonValue]
    """Key -> value of what the file itself says."""
    notes: tuple[Problem, ...] = ()


def setting(key: str) -> Setting:
    """The setting of that key. InstallError E440 with the keys that may have been meant."""
    found = _BY_KEY.get(key)
    if found is None:
        raise InstallError(_unknown(key, None))
    return found


def check_value(setting: Setting, value: JsonValue, *, place: Place | None = None) -> JsonValue:
    """The value, if the setting takes it. InstallError E441; for registries the problems of the entries."""
    if setting.kind == "registries":
        registries_from_fields(Fields({setting.key: value}, file=place.file if place else ""), own=True)
        return value
    if not _takes(setting, value):
        raise InstallError.of("E441", place=place, key=setting.key, value=_shown(value), expected=setting.takes)
    return value


def config_from_json(value: JsonValue, *, file: str) -> ReadConfig:
    """The strict door of config.json. InstallError with every problem of the file."""
    top = Fields(value, file=file)
    check_format(top, kind="configuration")
    given: dict[str, JsonValue] = {}
    problems: list[Problem] = []
    for key, item, path in _leaves(value):
        place = Place(file=file, path=path)
        known = _BY_KEY.get(key)
        if known is None:
            problems.append(_misplaced(key, item, place))
            continue
        try:
            given[key] = check_value(known, item, place=place)
        except SkillctlError as error:
            problems.extend(error.problems)
    if problems:
        raise InstallError(*problems)
    return ReadConfig(config=_config(given), given=given)


def config_from_older_json(value: JsonValue, *, file: str) -> ReadConfig:
    """What the older toolkit's file says to us. Nothing in it is an error: notes tell what was passed over."""
    given: dict[str, JsonValue] = {}
    notes = [problem("N440", path=file)]
    for key, item, path in _leaves(value):
        place = Place(file=file, path=path)
        known = _BY_KEY.get(key)
        if key in _OLDER_ONLY:
            notes.append(problem("N442", place=place, key=key, reason=_OLDER_ONLY[key]))
        elif known is None:
            notes.append(problem("N441", place=place, key=key))
        else:
            try:
                given[key] = check_value(known, item, place=place)
            except SkillctlError:
                notes.append(problem("W441", place=place, key=key, value=_shown(item), expected=known.takes))
    return ReadConfig(config=_config(given), given=given, notes=tuple(notes))


def with_value(document: Mapping[str, JsonValue], key: str, value: JsonValue) -> dict[str, JsonValue]:
    """The members of the file with that (checked) value, everything else as it stands."""
    section, _, name = key.partition(".")
    if not name:
        return {**document, section: value}
    inner = document.get(section, {})
    return {**document, section: {**(inner if isinstance(inner, Mapping) else {}), name: value}}


def without_value(document: Mapping[str, JsonValue], key: str) -> dict[str, JsonValue]:
    """The members of the file without that key; a section that becomes empty goes too."""
    section, _, name = key.partition(".")
    inner = document.get(section)
    rest = {each: item for each, item in inner.items() if each != name} if isinstance(inner, Mapping) else {}
    if name and rest:
        return {**document, section: rest}
    return {each: item for each, item in document.items() if each != section}


def new_document(given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The members of a new file that says just this."""
    document: dict[str, JsonValue] = {"format": FORMAT}
    for each in SETTINGS:
        if each.key in given:
            document = with_value(document, each.key, given[each.key])
    return document


def value_of(config: Config, key: str) -> JsonValue:
    """The value of a key, as JSON."""
    section, _, name = key.partition(".")
    if key == "registries":
        return [_registry_to_json(entry) for entry in config.registries]
    part = getattr(config, section)
    value = getattr(part, name) if name else part
    return list(value) if isinstance(value, tuple) else value


def _leaves(value: JsonValue) -> Iterator[tuple[str, JsonValue, str]]:
    """Key, value and path of every setting in the file. A section that is no object comes under its own name."""
    for name, item in value.items() if isinstance(value, Mapping) else ():
        path = key_path(ROOT, name)
        if name in _BESIDE:
            continue
        if isinstance(item, Mapping) and name not in _BY_KEY:
            for inner, deeper in item.items():
                yield f"{name}.{inner}", deeper, key_path(path, inner)
        else:
            yield name, item, path


def _misplaced(key: str, value: JsonValue, place: Place) -> Problem:
    if key in _SECTIONS:
        return problem("E441", place=place, key=key, value=_shown(value), expected="an object of settings")
    return _unknown(key, place)


def _unknown(key: str, place: Place | None) -> Problem:
    known = list(_BY_KEY)
    last = key.rpartition(".")[2]
    same_name = [each for each in known if each.rpartition(".")[2] == last]
    same_section = [each for each in known if each.startswith(f"{key.partition('.')[0]}.")]
    near = dict.fromkeys([*same_name, *near_names(key, known), *same_section])
    return problem("E440", place=place, key=key, near=tuple(near)[:4] or tuple(known)[:4])


def _takes(setting: Setting, value: JsonValue) -> bool:
    match setting.kind:
        case "text":
            return isinstance(value, str) and (value != "" or setting.may_be_empty) and "\0" not in value
        case "number":
            return isinstance(value, int) and not isinstance(value, bool) and setting.low <= value <= setting.high
        case "decimal":
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return is_number and setting.low <= value <= setting.high  # type: ignore[operator]
        case "boolean":
            return isinstance(value, bool)
        case "names":
            return _is_list(value) and all(isinstance(item, str) and item != "" for item in value)
        case "choice":
            return value in setting.choices
        case "registries":
            return _is_list(value)


def _is_list(value: JsonValue) -> TypeGuard[Sequence[JsonValue]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _shown(value: JsonValue) -> str:
    """A value for a sentence: small ones as they are written, of others the kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"`{value}`" if len(value) <= 40 else "this text"
    return str(value) if isinstance(value, (int, float)) else kind_of(value)


def _config(given: Mapping[str, JsonValue]) -> Config:
    """The values as their types; each was checked before."""

    def section(name: str) -> dict[str, Any]:
        inside = {key: value for key, value in given.items() if key.startswith(f"{name}.")}
        return {key.partition(".")[2]: tuple(each) if _is_list(each) else each for key, each in inside.items()}

    llm = section("llm")
    if "temperature" in llm:
        llm["temperature"] = float(llm["temperature"])
    return Config(
        llm=LlmConfig(**llm),
        paths=PathsConfig(**section("paths")),
        plugins=PluginSettings(**section("plugins")),
        registries=registries_from_fields(Fields({"registries": given.get("registries", [])}, file=""), own=True),
        agents=Fields({"agents": given.get("agents", [])}, file="").texts("agents"),
        install=InstallConfig(**section("install")),
        runtime=RuntimeSettings(**section("runtime")),
        audit="off" if given.get("audit") == "off" else "on",
    )


def _registry_to_json(entry: RegistryEntry) -> JsonValue:
    from dataclasses import fields

    members = {each.name: getattr(entry, each.name) for each in fields(entry)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in members.items() if value}

"""`skillctl config`: what is configured, where it comes from, and changing it.

A key is `section.name` (`llm.model`) or one of the lists at the top (`agents`, `registries`). A value is written as one
types it: a text as it is, a number, `true` or `false`, names with commas between them, anything else as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from skillctl.agents.table import chosen_agents
from skillctl.app.outcome import Outcome
from skillctl.core.config_file import (
    FORMAT,
    SETTINGS,
    Setting,
    check_value,
    config_from_json,
    new_document,
    setting,
    value_of,
    with_value,
    without_value,
)
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import SkillctlError, UsageError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.settings import Directories, Settings
from skillctl.core.value import dataclass
from skillctl.edges.config import ConfigSource, directories_of, read_config, settings_from
from skillctl.edges.config import config_path as own_config_path
from skillctl.edges.disk.files import read_bytes, write_atomic
from skillctl.edges.disk.look import real_path
from skillctl.formats.json_places import located
from skillctl.formats.json_text import dump_json, load_json

_OVERRIDDEN_BY = {"install.link_mode": "SKILLCTL_LINK_MODE"}

_NUMBER = re.compile(r"-?[0-9]{1,15}\Z")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?\Z")
_BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_EVERY_AGENT = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingValue:
    """One setting as it counts now."""

    key: str
    value: JsonValue
    origin: str
    """`default`, the path of a file, or the name of an environment variable."""
    about: str

    def to_json(self) -> JsonObject:
        return {"key": self.key, "value": self.value, "origin": self.origin}


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigGetOutcome(Outcome):
    """One setting."""

    setting: SettingValue

    def to_json(self) -> JsonObject:
        return self.setting.to_json()


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigListOutcome(Outcome):
    """Every setting, in the order of the reference."""

    settings: tuple[SettingValue, ...]

    def to_json(self) -> JsonObject:
        return {"settings": [each.to_json() for each in self.settings]}


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigSetOutcome(Outcome):
    """A setting that was changed."""

    key: str
    before: JsonValue
    value: JsonValue
    file: str
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "key": self.key,
            "before": self.before,
            "value": self.value,
            "file": self.file,
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigPathOutcome(Outcome):
    """Where the user's things lie."""

    file: str
    """skillctl's own configuration, whether it is there or not."""
    read: str
    """The file that is read: the same, the older toolkit's, or empty if there is none."""
    directories: Directories

    def to_json(self) -> JsonObject:
        return {
            "file": self.file,
            "read": self.read,
            "config": self.directories.config,
            "data": self.directories.data,
            "cache": self.directories.cache,
            "state": self.directories.state,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitRow:
    """One limit."""

    name: str
    value: int
    unit: str
    about: str

    def to_json(self) -> JsonObject:
        return {"name": self.name, "value": self.value, "unit": self.unit, "about": self.about}


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigLimitsOutcome(Outcome):
    """Every limit."""

    limits: tuple[LimitRow, ...]

    def to_json(self) -> JsonObject:
        return {"limits": [each.to_json() for each in self.limits]}


LIMIT_ROWS: Mapping[str, tuple[str, str]] = {
    "archive_bytes": ("bytes", "A pack's archive"),
    "tree_bytes": ("bytes", "All files of a pack together, unpacked"),
    "file_bytes": ("bytes", "One file of a pack"),
    "tree_files": ("files", "Files in a pack"),
    "compression_ratio": ("times", "Unpacked bytes for each packed byte, from the first MiB on"),
    "path_depth": ("names", "Names in a path, the file's included"),
    "path_bytes": ("bytes", "A path, as UTF-8"),
    "manifest_bytes": ("bytes", "A manifest (skill.json), the configuration, a scaffold.json"),
    "front_matter_bytes": ("bytes", "The front matter of a SKILL.md"),
    "json_depth": ("levels", "Nesting of JSON that comes from outside"),
    "project_bytes": ("bytes", "skillctl.json and skillctl.lock"),
    "index_bytes": ("bytes", "One index file of a registry"),
}
"""Field of `Limits` -> unit and what it bounds."""


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of a command; a mistake in the configuration is told with its line."""
    directories = directories_of(environ)
    return settings_from(environ, directories, _read(environ, directories))


def config_get(environ: Mapping[str, str], key: str) -> ConfigGetOutcome:
    """One setting. UsageError with near keys if there is none of that name."""
    _known(key)
    everything = config_list(environ)
    found = next(each for each in everything.settings if each.key == key)
    return ConfigGetOutcome(setting=found, problems=everything.problems)


def config_list(environ: Mapping[str, str]) -> ConfigListOutcome:
    """Every setting and where it comes from, with notes about the file that was read."""
    directories = directories_of(environ)
    source = _read(environ, directories)
    settings = settings_from(environ, directories, source)
    return ConfigListOutcome(
        settings=tuple(_value(each, source, environ, settings) for each in SETTINGS),
        problems=source.content.notes,
    )


def config_set(environ: Mapping[str, str], key: str, text: str, *, dry_run: bool = False) -> ConfigSetOutcome:
    """Write one setting into skillctl's own file. UsageError for an unknown key or a value that it does not take.

    Where the older toolkit's file was read until now, what it says is taken over, since it will no longer be read.
    """
    known = _known(key)
    value = _from_text(known, text)
    return _change(environ, known, lambda document: with_value(document, key, value), dry_run=dry_run)


def config_unset(environ: Mapping[str, str], key: str, *, dry_run: bool = False) -> ConfigSetOutcome:
    """Take one setting out of the file, so that its default counts."""
    return _change(environ, _known(key), lambda document: without_value(document, key), dry_run=dry_run)


def config_path(environ: Mapping[str, str]) -> ConfigPathOutcome:
    """Where configuration, data, cache and state lie. The problems of a broken file are warnings here."""
    directories = directories_of(environ)
    own = str(own_config_path(directories))
    try:
        source = _read(environ, directories)
    except SkillctlError as error:
        warnings = error.as_warnings()
        return ConfigPathOutcome(file=own, read=own, directories=directories, problems=warnings)
    return ConfigPathOutcome(file=own, read=source.read, directories=directories, problems=source.content.notes)


def config_limits(limits: Limits = LIMITS) -> ConfigLimitsOutcome:
    """Every limit that skillctl enforces, with its unit."""
    from dataclasses import fields

    rows = [(each.name, *LIMIT_ROWS[each.name]) for each in fields(limits)]
    return ConfigLimitsOutcome(
        limits=tuple(
            LimitRow(name=name, value=getattr(limits, name), unit=unit, about=about) for name, unit, about in rows
        )
    )


def _read(environ: Mapping[str, str], directories: Directories) -> ConfigSource:
    try:
        return read_config(environ, directories, load_json)
    except SkillctlError as error:
        raise type(error)(*_with_lines(error.problems, directories)) from error


def _with_lines(problems: tuple[Problem, ...], directories: Directories) -> tuple[Problem, ...]:
    """The file is read once more, but only for a message."""
    if not any(each.place and each.place.path and not each.place.line for each in problems):
        return problems
    data = read_bytes(own_config_path(directories), max_bytes=LIMITS.manifest_bytes)
    return tuple(located(problems, data or b""))


def _known(key: str) -> Setting:
    try:
        return setting(key)
    except SkillctlError as error:
        raise UsageError(*error.problems) from error


def _value(each: Setting, source: ConfigSource, environ: Mapping[str, str], settings: Settings) -> SettingValue:
    variable = _OVERRIDDEN_BY.get(each.key, "")
    if environ.get(variable):
        return SettingValue(key=each.key, value=settings.link_mode, origin=variable, about=each.about)
    value = value_of(source.content.config, each.key)
    origin = source.read if each.key in source.content.given else "default"
    return SettingValue(key=each.key, value=value, origin=origin, about=each.about)


def _from_text(known: Setting, text: str) -> JsonValue:
    """The value that the text writes, checked. UsageError if the setting does not take it."""
    try:
        value = check_value(known, _typed(known, text))
        if known.key == "agents" and isinstance(value, list):
            chosen_agents(str(name) for name in value if name != _EVERY_AGENT)
    except SkillctlError as error:
        raise UsageError(*error.problems) from error
    return value


def _typed(known: Setting, text: str) -> JsonValue:
    plain = text.strip()
    match known.kind:
        case "number" if _NUMBER.match(plain):
            return int(plain)
        case "decimal" if _DECIMAL.match(plain):
            return float(plain)
        case "boolean":
            return _BOOLEANS.get(plain.lower(), text)
        case "names" if not plain.startswith("["):
            return [name.strip() for name in plain.split(",") if name.strip()]
        case "names" | "registries":
            return load_json(
                plain.encode(), file=known.key, max_bytes=LIMITS.manifest_bytes, max_depth=LIMITS.json_depth
            )
        case _:
            return text


def _change(
    environ: Mapping[str, str],
    known: Setting,
    edit: Callable[[Mapping[str, JsonValue]], dict[str, JsonValue]],
    *,
    dry_run: bool,
) -> ConfigSetOutcome:
    directories = directories_of(environ)
    source = _read(environ, directories)
    document = _document(source)
    edited = edit(document)
    after = config_from_json(edited, file=source.own)
    if not dry_run and (edited != document or source.is_older):
        # through a link: people keep such files elsewhere and link them
        write_atomic(real_path(Path(source.own)), dump_json(edited))
    taken_over = (problem("N443", path=source.read, own=source.own),) if source.is_older else ()
    return ConfigSetOutcome(
        key=known.key,
        before=value_of(source.content.config, known.key),
        value=value_of(after.config, known.key),
        file=source.own,
        dry_run=dry_run,
        problems=taken_over,
    )


def _document(source: ConfigSource) -> Mapping[str, JsonValue]:
    """What skillctl's own file says now, or would say if it were there."""
    if source.is_older:
        return new_document(source.content.given)
    if not source.read:
        return {"format": FORMAT}
    document = load_json(source.data, file=source.read, max_bytes=LIMITS.manifest_bytes, max_depth=LIMITS.json_depth)
    return document if isinstance(document, Mapping) else {}

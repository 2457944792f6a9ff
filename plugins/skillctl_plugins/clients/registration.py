"""Our entries in the settings of Claude Code: put in beside what is there, and taken out again. Pure.

    {"hooks": {"PreToolUse": [{"matcher": "Bash|Write",
                               "hooks": [{"type": "command", "command": "…", "timeout": 60}]}]}}

An entry is ours if its command ends with `hook EVENT` of skillctl; nothing else is touched. Before a tool or a skill is
used the command ends with `|| exit 2`, which the client takes for a no: without it a hook that can't be started, or
that breaks, would count as a yes.
"""

from __future__ import annotations

import json
import re

from skillctl.core.json_value import JsonObject, JsonValue
from skillctl_plugins.clients.claude_code import CLOSED, EVENTS, TOOLS, Event

SECONDS = 60
"""How long the client waits for one of our hooks, in seconds."""

HOOKS = "hooks"

_OURS = re.compile(rf"\bskillctl\S* hook ({'|'.join(EVENTS)})( \|\| exit 2)?\Z")
_RECORDED = tuple(tool for tool in TOOLS if tool not in ("Read", "Grep"))
_MATCHERS: dict[Event, tuple[str, ...]] = {"PreToolUse": TOOLS, "PostToolUse": _RECORDED}
_INDENT = re.compile(r"\n([ \t]+)\S")


def command_line(program: str, event: Event) -> str:
    """What the client runs; `program` is quoted for a shell."""
    return f"{program} hook {event}" + (" || exit 2" if event in CLOSED else "")


def registered_in(settings: JsonObject) -> tuple[Event, ...]:
    """The events at which the client asks us, by its settings."""
    hooks = _object(settings.get(HOOKS))
    return tuple(event for event in EVENTS if any(_is_ours(each) for each in _commands(hooks.get(event))))


def with_ours(settings: JsonObject, program: str) -> JsonObject:
    """The settings with our entries, each event's last of all; entries of ours that were there are replaced."""
    hooks = dict(_object(without_ours(settings).get(HOOKS)))
    for event in EVENTS:
        entry: dict[str, JsonValue] = {}
        if event in _MATCHERS:
            entry["matcher"] = "|".join(_MATCHERS[event])
        entry[HOOKS] = [{"type": "command", "command": command_line(program, event), "timeout": SECONDS}]
        hooks[event] = [*_list(hooks.get(event)), entry]
    return {**settings, HOOKS: hooks}


def without_ours(settings: JsonObject) -> JsonObject:
    """The settings without our entries; what holds nothing after that goes as well."""
    if not isinstance(settings.get(HOOKS), dict):
        return settings
    hooks: dict[str, JsonValue] = {}
    for event, groups in _object(settings[HOOKS]).items():
        if not any(_is_ours(each) for each in _commands(groups)):
            hooks[event] = groups
            continue
        kept = [left for group in _list(groups) if (left := _without_ours(group)) is not None]
        if kept:
            hooks[event] = kept
    if hooks or not registered_in(settings):
        return {**settings, HOOKS: hooks}
    return {key: value for key, value in settings.items() if key != HOOKS}


def is_mergeable(settings: JsonValue) -> bool:
    """Whether the settings have the form that the client reads, as far as we put something into it."""
    if not isinstance(settings, dict):
        return False
    hooks = settings.get(HOOKS, {})
    return isinstance(hooks, dict) and all(isinstance(hooks.get(event, []), list) for event in EVENTS)


def written_like(before: str, settings: JsonObject) -> str:
    """The settings as text, indented and ended as the text before was."""
    found = _INDENT.search(before)
    indent = found[1] if found else "  "
    text = json.dumps(settings, indent=indent, ensure_ascii=False)
    return f"{text}\n" if not before or before.endswith("\n") else text


def _without_ours(group: JsonValue) -> JsonValue:
    if not isinstance(group, dict) or not any(_is_ours(each) for each in _list(group.get(HOOKS))):
        return group
    kept = [each for each in _list(group[HOOKS]) if not _is_ours(each)]
    return {**group, HOOKS: kept} if kept else None


def _commands(groups: JsonValue) -> list[JsonValue]:
    return [each for group in _list(groups) for each in _list(_object(group).get(HOOKS))]


def _is_ours(entry: JsonValue) -> bool:
    command = _object(entry).get("command")
    return isinstance(command, str) and _OURS.search(command) is not None


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return list(value) if isinstance(value, list) else []

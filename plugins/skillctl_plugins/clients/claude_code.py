"""What Claude Code tells its hooks, and how it wants to be answered.

| event | what is told | an answer can |
|---|---|---|
| SessionStart | the directory | say a line, have skills loaded again |
| PreToolUse | tool and input | deny or ask, with a reason that the model reads |
| UserPromptExpansion | the skill that was typed after a slash | block it, with a reason |
| PostToolUse | tool and input | say a line |
| SessionEnd | why it ends | nothing |

A skill that a person types fires UserPromptExpansion and not PreToolUse, so both are needed to see every use. `{}` says
nothing: the client's own rules go on deciding. "allow" is never said, since that would overrule them.
"""

from __future__ import annotations

import os
from typing import Literal

from skillctl.core.effects import Effect, Fetch, Read, Run, Write
from skillctl.core.errors import PluginError, SkillctlError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import MIB
from skillctl.core.value import dataclass

Event = Literal["SessionStart", "PreToolUse", "UserPromptExpansion", "PostToolUse", "SessionEnd"]

EVENTS: tuple[Event, ...] = ("SessionStart", "PreToolUse", "UserPromptExpansion", "PostToolUse", "SessionEnd")

CLOSED: tuple[Event, ...] = ("PreToolUse", "UserPromptExpansion")
"""Events before something: without an answer it must not happen."""

TOOLS = ("Bash", "PowerShell", "Write", "Edit", "MultiEdit", "NotebookEdit", "Read", "Grep", "WebFetch", "Skill")
"""The tools whose use is judged and recorded."""

_BYTES = 64 * MIB  # the whole text of a file that is written comes along
_DEPTH = 64
_PATHS = {
    "Write": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "NotebookEdit": "notebook_path",
    "Read": "file_path",
    "Grep": "path",
}
_READERS = frozenset({"Read", "Grep"})
_COMMANDS = frozenset({"Bash", "PowerShell"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What the client told."""

    event: Event
    session: str
    cwd: str
    """Absolute."""
    tool: str = ""
    input: JsonObject
    """Of the tool."""
    use: str = ""
    """The id of the tool's use."""
    command: str = ""
    """The skill that was typed."""
    reason: str = ""
    """Why the session ends."""


def event_named(word: str) -> Event | None:
    """The event, by its name in whatever letters: `PreToolUse`, `pre-tool-use`."""
    plain = word.replace("-", "").replace("_", "").lower()
    return next((event for event in EVENTS if event.lower() == plain), None)


def heard(event: Event, data: bytes, *, cwd: str) -> Heard:
    """What stood on stdin; `cwd` is where the hook was started. PluginError E670 if it can't be understood."""
    from skillctl.formats.json_text import load_json

    try:
        value = load_json(data, file="stdin", max_bytes=_BYTES, max_depth=_DEPTH)
    except SkillctlError as error:
        raise PluginError.of("E670", event=event, reason=str(error)) from error
    if not isinstance(value, dict):
        raise PluginError.of("E670", event=event, reason="it is no object")
    given = value.get("tool_input")
    told = _text(value, "cwd")
    return Heard(
        event=event,
        session=_text(value, "session_id"),
        cwd=told if os.path.isabs(told) else cwd,
        tool=_text(value, "tool_name"),
        input=given if isinstance(given, dict) else {},
        use=_text(value, "tool_use_id"),
        command=_text(value, "command_name"),
        reason=_text(value, "reason"),
    )


def effects_of(told: Heard, *, home: str) -> tuple[Effect, ...]:
    """What the tool is about to do. PluginError E671 where its input lacks what it has to have.

    How far a command's network reaches is the client's business: what policies say of that is meant for commands of
    plans, which skillctl starts itself.
    """
    if told.tool in _COMMANDS:
        return (Run(argv=(_needed(told, "command"),), cwd=told.cwd, shell=True, network="none"),)
    if told.tool == "WebFetch":
        return (Fetch(url=_needed(told, "url")),)
    key = _PATHS.get(told.tool)
    if key is None or (told.tool == "Grep" and key not in told.input):
        return ()
    path = _absolute(_needed(told, key), cwd=told.cwd, home=home)
    return (Read(path=path),) if told.tool in _READERS else (Write(path=path),)


def skill_of(told: Heard) -> str:
    """The skill that is about to be used; empty where it is none, or one of a plugin of the client."""
    name = told.command if told.event == "UserPromptExpansion" else ""
    if told.tool == "Skill":
        name = _needed(told, "skill")
    name = name.strip().removeprefix("/")
    return "" if ":" in name else name


def nothing() -> JsonObject:
    """No opinion."""
    return {}


def denied(event: Event, reason: str) -> JsonObject:
    """A no, which the model (or whoever typed the skill) gets to read."""
    if event == "PreToolUse":
        return _decision("deny", reason)
    if event == "UserPromptExpansion":
        return {"decision": "block", "reason": reason}
    return line(event, reason)


def asked(event: Event, reason: str) -> JsonObject:
    """The person at the client shall say; where the client can't ask, that is a no."""
    return _decision("ask", reason) if event == "PreToolUse" else denied(event, reason)


def line(event: Event, text: str) -> JsonObject:
    """One line for the person, and at the beginning of a session for the model as well."""
    if event == "SessionStart":
        return {"systemMessage": text, "hookSpecificOutput": {"hookEventName": event, "additionalContext": text}}
    return {"systemMessage": text}


def reloading(text: str) -> JsonObject:
    """Skills were changed before the session began: they are to be loaded again."""
    output: JsonObject = {"hookEventName": "SessionStart", "additionalContext": text, "reloadSkills": True}
    return {"systemMessage": text, "hookSpecificOutput": output}


def _decision(word: str, reason: str) -> JsonObject:
    output = {"hookEventName": "PreToolUse", "permissionDecision": word, "permissionDecisionReason": reason}
    return {"hookSpecificOutput": output}


def _text(value: JsonObject, key: str) -> str:
    found: JsonValue = value.get(key)
    return found if isinstance(found, str) else ""


def _needed(told: Heard, key: str) -> str:
    found = told.input.get(key)
    if not isinstance(found, str) or not found:
        raise PluginError.of("E671", tool=told.tool, key=key)
    return found


def _absolute(path: str, *, cwd: str, home: str) -> str:
    if path == "~" or path.startswith("~/"):
        path = os.path.join(home, path[2:])
    return os.path.normpath(os.path.join(cwd, path))

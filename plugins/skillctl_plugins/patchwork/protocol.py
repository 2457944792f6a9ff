"""What is written to Patchwork and how its answers are read: the hook protocol, as values and bytes.

1. One JSON object on stdin for each call; session and working directory are always in it.
2. Allowed is exit status 0 with `{}`, or with an object that says nothing but `permissionDecision: "allow"`. Everything
   else is a no: no answer in time, another status, nothing at all, what is no JSON, any other JSON. The exit status
   carries no decision: it is 0 for a no as well.
3. A no has Patchwork's own reason, which the user is shown as it is.
"""

from __future__ import annotations

import json
from typing import Literal

from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import MIB
from skillctl.core.value import dataclass
from skillctl.formats.json_text import load_json
from skillctl_plugins.patchwork.program import Patchwork, Said

Event = Literal["pre-tool", "post-tool", "post-tool-failure", "session-start", "session-end"]

_NAMES: dict[Event, str] = {
    "pre-tool": "PreToolUse",
    "post-tool": "PostToolUse",
    "post-tool-failure": "PostToolUseFailure",
    "session-start": "SessionStart",
    "session-end": "SessionEnd",
}
_DEPTH = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One tool call, as Patchwork knows tools."""

    tool: str
    target: tuple[str, str]
    """The key of the tool's input and its value: `("file_path", "/p/a.txt")`."""

    @property
    def shown(self) -> str:
        """The call for people."""
        return f"{self.tool} {self.target[1]}"

    @property
    def input(self) -> JsonObject:
        """The tool's input. Of a file only the path counts, and a small request arrives whole: no content is sent."""
        key, value = self.target
        return {key: value, "content": ""} if self.tool == "Write" else {key: value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A decision."""

    allowed: bool
    reason: str = ""
    is_own: bool = False
    """Whether Patchwork itself said no; else it gave no answer that could be one, and the reason is ours."""


def request(event: Event, *, session: str, cwd: str, call: Call | None = None, use: str = "") -> bytes:
    """What is written to stdin."""
    members: dict[str, JsonValue] = {"session_id": session, "cwd": cwd, "hook_event_name": _NAMES[event]}
    if call is not None:
        members |= {"tool_name": call.tool, "tool_input": call.input, "tool_use_id": use}
    if call is not None and event == "post-tool":
        members["tool_response"] = {"stdout": ""}
    return json.dumps(members).encode()


def ask(program: Patchwork, data: bytes, *, cwd: str) -> Answer:
    """Ask for a decision."""
    return judged(program.call("hook", "pre-tool", stdin=data, cwd=cwd))


def judged(said: Said) -> Answer:
    """What an answer to a question means."""
    if said.failure:
        return Answer(allowed=False, reason=said.failure)
    if said.status != 0:
        return Answer(allowed=False, reason=f"it ended with status {said.status}")
    if not said.stdout.strip():
        return Answer(allowed=False, reason="it answered with nothing")
    value = parsed(said.stdout)
    if not isinstance(value, dict):
        return Answer(allowed=False, reason="it answered with what is no JSON object")
    if value == {}:
        return Answer(allowed=True)
    return _decided(value)


def parsed(data: bytes) -> JsonValue:
    """The JSON value; None if it is none."""
    try:
        return load_json(data, file="Patchwork's answer", max_bytes=64 * MIB, max_depth=_DEPTH)
    except SkillctlError:
        return None


def _decided(value: JsonObject) -> Answer:
    said = value.get("hookSpecificOutput")
    if not isinstance(said, dict):
        return Answer(allowed=False, reason="it answered with something that is no decision")
    decision, reason = said.get("permissionDecision"), said.get("permissionDecisionReason")
    if decision == "allow" and set(value) == {"hookSpecificOutput"}:
        return Answer(allowed=True)
    if decision == "deny" and isinstance(reason, str) and reason:
        return Answer(allowed=False, reason=reason, is_own=True)
    if decision == "deny":
        return Answer(allowed=False, reason="it denied without a reason", is_own=True)
    return Answer(allowed=False, reason="it answered with something that is no decision")

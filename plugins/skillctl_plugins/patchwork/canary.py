"""Is it Patchwork, does it decide, and is its log whole? Asked before anything is entrusted to it in a run.

Another program may bear the same name, and an installation may be half broken: its hook then fails at run time, which
an agent takes for a yes. Two questions have an answer that no policy changes:

| written | has to be |
|---|---|
| `not json` | a no, "Hook internal error (fail-closed mode)" |
| a Write whose path is a number | a no, "malformed tool input"; Patchwork records this one |
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import PurePath

from skillctl.core.errors import PluginError
from skillctl.core.json_value import JsonValue
from skillctl.core.value import dataclass
from skillctl_plugins.patchwork.program import Patchwork
from skillctl_plugins.patchwork.protocol import Answer, Call, ask, parsed, request

_GARBAGE = b"not json"
INTERNAL_ERROR = "Hook internal error (fail-closed mode)"
"""The reason of a no that is none of its policy's, and that it does not record."""
_MALFORMED_ANSWER = "malformed tool input"
_NO_LOG = "No audit log found"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What `patchwork verify` found."""

    ok: bool
    reason: str
    """Why not; of a log that holds, how much it is."""
    members: Mapping[str, JsonValue]
    """Its own words; empty where it gave none."""


def check_engine(program: Patchwork, *, session: str, cwd: str) -> None:
    """The two questions. PluginError E652 if either is answered otherwise."""
    _expect(program, "what is no JSON", INTERNAL_ERROR, ask(program, _GARBAGE, cwd=cwd))
    malformed = {
        "session_id": session,
        "cwd": cwd,
        "hook_event_name": "PreToolUse",
        "tool_name": "Write",
        "tool_input": {"file_path": 5, "content": ""},
        "tool_use_id": f"canary-{os.urandom(6).hex()}",
    }
    answer = ask(program, json.dumps(malformed).encode(), cwd=cwd)
    _expect(program, "a path that is a number", _MALFORMED_ANSWER, answer)


def check_log(program: Patchwork, *, cwd: str) -> None:
    """PluginError E653 if its log does not verify: then nothing more could be recorded."""
    found = verify(program, cwd=cwd)
    if not found.ok:
        raise PluginError.of("E653", reason=found.reason)


def verify(program: Patchwork, *words: str, cwd: str = "") -> Verification:
    """`patchwork verify --json`. No log yet is a log that holds."""
    said = program.call("verify", "--json", *words, cwd=cwd)
    value = parsed(said.stdout)
    members = value if isinstance(value, dict) else {}
    if said.failure or not members:
        return Verification(ok=False, reason=said.failure or "it gave no report", members={})
    if members.get("error") == _NO_LOG:
        return Verification(ok=True, reason="it has recorded nothing yet", members=members)
    told = members.get("error")
    if said.status == 0 and told is None:
        return Verification(ok=True, reason=f"{members.get('total_events', 0)} events", members=members)
    counts = ("hash_mismatch_count", "prev_link_mismatch_count", "invalid_schema_events", "first_failure_index")
    shown = [f"{key} {members[key]}" for key in counts if members.get(key) not in (None, 0)]
    return Verification(ok=False, reason=str(told or ", ".join(shown) or f"status {said.status}"), members=members)


def lets_everything_pass(program: Patchwork, *, session: str, cwd: str) -> bool:
    """Whether its policy would allow what any useful one denies: a secrets file written, a disk erased.

    A no is recorded by Patchwork, so these are asked one after the other.
    """
    dangerous = (
        Call(tool="Bash", target=("command", "sudo rm -rf /")),
        Call(tool="Write", target=("file_path", str(PurePath(cwd, ".env")))),
    )
    asked = (
        request("pre-tool", session=session, cwd=cwd, call=call, use=f"probe-{number}")
        for number, call in enumerate(dangerous)
    )
    return all(ask(program, data, cwd=cwd).allowed for data in asked)


def _expect(program: Patchwork, asked: str, wanted: str, answer: Answer) -> None:
    if answer.allowed:
        raise PluginError.of("E652", program=program.path, asked=asked, said="yes")
    if wanted not in answer.reason:
        raise PluginError.of("E652", program=program.path, asked=asked, said=answer.reason)

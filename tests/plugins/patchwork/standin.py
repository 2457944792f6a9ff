"""A stand-in for the `patchwork` program, which keeps to its contract, awkward sides included. Standard library only.

It shares nothing with the real one but the contract: exit status 0 whatever it decides, empty output for what it can't
read (a no with fail-closed), events appended under a lock that it gives up on, once per idempotency key, nothing at all
with one torn line in its log, first policy file found, and a second layer that denies what would spread.

How it behaves is said by `$HOME/standin.json`:

    say        "empty", "garbage", "other", "status": answer so, whatever is asked
    say_to     only to calls whose request contains this text
    delay      seconds before an answer
    hold       seconds that a call holds the lock of the log
    lines      write each call's words and request to `$HOME/calls.jsonl`
    together   a pre-tool call answers only when so many of them are there at once, and never else
    alone      a call that finds another one that appends at work notes that in `$HOME/overlaps`
"""

from __future__ import annotations

import fnmatch
import hashlib
import hmac
import json
import os
import re
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOME = os.environ.get("HOME") or os.environ["USERPROFILE"]
ROOM = os.path.join(HOME, ".patchwork")
EVENTS = os.path.join(ROOM, "events.jsonl")
SEALS = os.path.join(ROOM, "seals.jsonl")
KEY = os.path.join(ROOM, "keys", "seal", "k1.key")
CLOSED = os.environ.get("PATCHWORK_PRETOOL_FAIL_CLOSED") == "1"
TRIES, PAUSE = 50, 0.01
READ_FOR = 0.5

TOOLS = {"Write": "file_path", "Edit": "file_path", "Read": "file_path", "Bash": "command", "WebFetch": "url"}
ACTIONS = {
    "Write": "file_create",
    "Edit": "file_edit",
    "Read": "file_read",
    "Bash": "command_execute",
    "WebFetch": "web_fetch",
}
NAMES = {"pre-tool": "PreToolUse", "post-tool": "PostToolUse", "post-tool-failure": "PostToolUseFailure"}
STATUS = {"pre-tool": "denied", "post-tool": "completed", "post-tool-failure": "failed"}
CRITICAL = ("sudo", "curl", "wget", "ssh", "scp", "dd", "mkfs", "chmod 777")
LEVELS = ["none", "low", "medium", "high", "critical"]
SECRET = re.compile(r"(^|/)(\.env|[^/]*(secret|token|credential)[^/]*|[^/]*\.(db|pem|key))$", re.IGNORECASE)
SINKS = ("*/.claude/settings.json", "*/.git/hooks/*", "*/.github/workflows/*", "/etc/cron.*", "*/.vscode/tasks.json")
SPREADING = re.compile(r"^(npm|pnpm|yarn|bun) (install|i|add|ci|rebuild)\b(?!.*--ignore-scripts)|^git push\b")
TO_SHELL = re.compile(r"\b(curl|wget)\b.*\|\s*(ba|z)?sh\b")


class TornLogError(Exception):
    """The log has a line that is no event."""


def control() -> Any:
    try:
        with open(os.path.join(HOME, "standin.json")) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def stdin_text() -> str:
    """What came within half a second of the start."""
    until, data = time.monotonic() + READ_FOR, b""
    while True:
        ready, _, _ = select.select([0], [], [], max(until - time.monotonic(), 0))
        if not ready:
            return data.decode(errors="replace")
        more = os.read(0, 1 << 16)
        if not more:
            return data.decode(errors="replace")
        data += more


def deny(reason: str) -> None:
    output = {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": reason}
    print(json.dumps({"hookSpecificOutput": output}))


def canonical(event: dict[str, Any]) -> bytes:
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_events() -> list[dict[str, Any]]:
    try:
        with open(EVENTS) as file:
            lines = file.read().split("\n")
    except FileNotFoundError:
        return []
    if lines and lines[-1] == "":
        lines.pop()
    try:
        return [json.loads(line) for line in lines]
    except ValueError:
        raise TornLogError from None


def append(event: dict[str, Any], hold: float) -> None:
    """One event more; lost without a word if the lock is not won. TornLogError if the log has an invalid line."""
    os.makedirs(ROOM, exist_ok=True)
    for _ in range(TRIES):
        try:
            os.close(os.open(EVENTS + ".lock", os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            time.sleep(PAUSE)
    else:
        return
    try:
        events = read_events()
        time.sleep(hold)
        if any(each.get("idempotency_key") == event["idempotency_key"] for each in events):
            return
        event["prev_hash"] = events[-1]["event_hash"] if events else None
        event["event_hash"] = "sha256:" + hashlib.sha256(canonical(event)).hexdigest()
        with open(EVENTS, "a") as file:
            file.write(json.dumps(event) + "\n")
    finally:
        os.unlink(EVENTS + ".lock")


def event_of(name: str, asked: dict[str, Any], status: str) -> dict[str, Any]:
    tool, given = asked.get("tool_name"), asked.get("tool_input") or {}
    key = TOOLS.get(tool or "")
    action = ACTIONS.get(tool, "mcp_tool_call") if tool else name.replace("-", "_")
    session, use = asked["session_id"], asked.get("tool_use_id")
    made: dict[str, Any] = {
        "schema_version": 1,
        "id": "evt_" + os.urandom(10).hex().upper(),
        "session_id": session,
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "idempotency_key": f"{session}:{name}:{action}" + (f":{use}" if use else ""),
        "agent": "claude-code",
        "action": action,
        "status": status,
        "project": {"root": asked.get("cwd"), "name": os.path.basename(asked.get("cwd") or "")},
        "provenance": {"hook_event": NAMES.get(name, name), "tool_name": tool},
    }
    if key:
        value = str(given.get(key))
        if key == "file_path" and value.startswith(made["project"]["root"] + "/"):
            value = value[len(made["project"]["root"]) + 1 :]
        made["target"] = {"type": {"file_path": "file"}.get(key, key), key: value}
    return made


def policy(cwd: str) -> dict[str, Any]:
    """The first file found; nothing is merged. The files of tests are JSON, which is YAML as well."""
    for path in (os.path.join(ROOM, "policy.yml"), os.path.join(cwd, ".patchwork", "policy.yml")):
        try:
            with open(path) as file:
                found = {"max_risk": "high", **json.load(file)}
        except FileNotFoundError:
            continue
        for section in ("files", "commands", "network"):
            for rule in [*found.get(section, {}).get("deny", []), *found.get(section, {}).get("allow", [])]:
                assert rule["action"]  # a rule without it makes the whole file invalid
        return found
    return {"max_risk": "critical"}


def risk(tool: str, value: str) -> str:
    if tool == "Write":
        return "critical" if SECRET.search(value) else "medium"
    if tool == "Read":
        return "high" if SECRET.search(value) else "low"
    if tool == "Bash":
        dangerous = value.startswith(CRITICAL) or re.match(r"rm\s+(-\w+\s+)*-\w*r", value)
        return "critical" if dangerous else "medium"
    return "medium"


def matches(rule: dict[str, str], value: str) -> bool:
    if "pattern" in rule:
        pattern = rule["pattern"].lower()
        plain = pattern[3:] if pattern.startswith("**/") else None
        return fnmatch.fnmatch(value.lower(), pattern) or (
            plain is not None and fnmatch.fnmatch(value.lower().rpartition("/")[2], plain)
        )
    if "prefix" in rule:
        return value.lower().startswith(rule["prefix"].lower())
    if "exact" in rule:
        return value == rule["exact"]
    if "domain" in rule:
        host = value.partition("://")[2].partition("/")[0]
        return host == rule["domain"] or host.endswith("." + rule["domain"])
    return False


def judged(tool: str, value: str, cwd: str) -> str | None:
    """The reason of a no, or None."""
    rules = policy(cwd)
    if LEVELS.index(risk(tool, value)) > LEVELS.index(rules["max_risk"]):
        return f"[Patchwork] Risk level {risk(tool, value)} exceeds {rules['max_risk']}"
    section = {"Bash": "commands", "WebFetch": "network"}.get(tool, "files")
    for rule in rules.get(section, {}).get("deny", []):
        if matches(rule, value):
            return f"[Patchwork] {rule.get('reason', 'denied by rule')}"
    said = rules.get(section, {})
    if said.get("default_action") == "deny" and not any(matches(rule, value) for rule in said.get("allow", [])):
        return "[Patchwork] denied by default"
    if section == "files" and tool != "Read" and any(fnmatch.fnmatch(value, sink) for sink in SINKS):
        return "[Patchwork] denied: persistence path (rule: sink_deny)"
    if tool == "Bash" and (SPREADING.search(value) or TO_SHELL.search(value)):
        return (
            "[Patchwork] approval required: tainted session. Ask the human user to run `patchwork approve "
            f"{hashlib.sha256(value.encode()).hexdigest()[:8]}` in their own terminal, then retry."
        )
    return None


def approved(session: str, tool: str, value: str) -> bool:
    """An approval is for one session, tool and target, and is used up."""
    mark = hashlib.sha256(value.encode()).hexdigest()[:8]
    try:
        os.unlink(os.path.join(ROOM, f"approved-{session}-{tool}-{mark}"))
    except FileNotFoundError:
        return False
    return True


def pre_tool(text: str, hold: float) -> None:
    try:
        asked = json.loads(text)
        tool, given = asked["tool_name"], asked["tool_input"]
        key = TOOLS.get(tool)
        if key is None:  # an unknown tool is an MCP tool, which nothing denies
            print("{}")
            return
        value = given.get(key)
        if not isinstance(value, str):
            reason: str | None = f"[Patchwork] malformed tool input: {key} must be a string"
        else:
            reason = judged(tool, value, asked["cwd"])
            if reason and "approve" in reason and approved(asked["session_id"], tool, value):
                reason = None
        if reason is None:
            print("{}")
            return
        append(event_of("pre-tool", asked, "denied"), hold)
        deny(reason)
    except Exception:  # noqa: BLE001  its contract
        if CLOSED:
            deny("[Patchwork] Hook internal error (fail-closed mode)")


def hook(name: str, text: str, hold: float) -> None:
    if name == "pre-tool":
        pre_tool(text, hold)
    elif name in ("post-tool", "post-tool-failure", "session-start", "session-end"):
        try:
            append(event_of(name, json.loads(text), STATUS.get(name, "completed")), hold)
        except Exception:  # noqa: BLE001  its contract
            return


def chain_faults(events: list[dict[str, Any]]) -> tuple[int, int]:
    wrong = links = 0
    before = None
    for each in events:
        inner = {key: value for key, value in each.items() if key != "event_hash"}
        wrong += each["event_hash"] != "sha256:" + hashlib.sha256(canonical(inner)).hexdigest()
        links += each["prev_hash"] != before
        before = each["event_hash"]
    return wrong, links


def signature(tip: str, count: int, at: str) -> str:
    os.makedirs(os.path.dirname(KEY), exist_ok=True)
    if not os.path.exists(KEY):
        with open(KEY, "w") as file:
            file.write(os.urandom(32).hex())
    with open(KEY) as file:
        key = bytes.fromhex(file.read())
    return "hmac-sha256:" + hmac.new(key, f"patchwork-seal:v1:{tip}:{count}:{at}".encode(), "sha256").hexdigest()


def seal() -> int:
    events, at = read_events(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    tip = events[-1]["event_hash"]
    made = {"sealed_at": at, "tip_hash": tip, "chained_events": len(events), "key_id": "k1"}
    with open(SEALS, "a") as file:
        file.write(json.dumps({**made, "signature": signature(tip, len(events), at)}) + "\n")
    print(json.dumps(made))
    return 0


def verify(words: list[str]) -> int:
    if not os.path.exists(EVENTS):
        print(json.dumps({"error": "No audit log found", "path": EVENTS}))
        return 1
    invalid = 0
    try:
        events = read_events()
    except TornLogError:
        events, invalid = [], 1
    wrong, links = chain_faults(events)
    seals = []
    if os.path.exists(SEALS):
        with open(SEALS) as file:
            seals = file.read().splitlines()
    last = json.loads(seals[-1]) if seals else None
    tips = [each["event_hash"] for each in events]
    holds = last is not None and last["tip_hash"] in tips
    failed = invalid or wrong or links or (last is not None and not holds) or ("--require-seal" in words and not last)
    report = {
        "total_events": len(events),
        "chained_events": len(events),
        "legacy_events": 0,
        "invalid_schema_events": invalid,
        "hash_mismatch_count": wrong,
        "prev_link_mismatch_count": links,
        "first_failure_index": 0 if failed else None,
        "seal": {"seal_present": bool(seals), "seal_valid": holds},
    }
    print(json.dumps(report))
    return 1 if failed else 0


def wait_for_others(number: int) -> None:
    """Stay until so many calls are here; end without an answer if they don't come."""
    room = os.path.join(HOME, "here")
    os.makedirs(room, exist_ok=True)
    os.close(os.open(os.path.join(room, str(os.getpid())), os.O_CREAT))
    until = time.monotonic() + 8
    while len(os.listdir(room)) < number:
        if time.monotonic() > until:
            sys.exit(0)
        time.sleep(PAUSE)


def alone(text: str, name: str, hold: float) -> None:
    """One call that appends, with a note if it is not the only one."""
    busy = os.path.join(HOME, "busy")
    try:
        os.close(os.open(busy, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        os.close(os.open(os.path.join(HOME, "overlaps"), os.O_CREAT))
    hook(name, text, hold)
    if os.path.exists(busy):
        os.unlink(busy)


def main(words: list[str]) -> int:
    settings = control()
    text = stdin_text() if words[:1] == ["hook"] else ""
    if settings.get("lines"):
        seen = {"words": words, "stdin": text, "closed": CLOSED, "at": time.monotonic(), "environ": sorted(os.environ)}
        with open(os.path.join(HOME, "calls.jsonl"), "a") as file:
            file.write(json.dumps(seen) + "\n")
    time.sleep(settings.get("delay", 0) if settings.get("say_to", "") in text else 0)
    said = settings.get("say") if settings.get("say_to", "") in text and words[1:2] == ["pre-tool"] else None
    if said:
        print({"empty": "", "garbage": "ok!", "other": '{"allow": true}', "status": "{}"}[said], end="")
        return 3 if said == "status" else 0
    if words[:2] == ["hook", "pre-tool"] and "/together/" in text:
        wait_for_others(settings.get("together", 0))
    if words[:1] == ["hook"] and words[1:] != ["pre-tool"] and settings.get("alone"):
        alone(text, words[1], settings.get("hold", 0))
        return 0
    if words[:1] == ["hook"]:
        hook(words[1] if len(words) > 1 else "", text, settings.get("hold", 0))
        return 0
    if words == ["--version"]:
        print("0.6.9")
        return 0
    if words[:2] == ["verify", "--json"]:
        return verify(words)
    if words == ["seal", "--json"]:
        return seal()
    print(f"error: unknown command {words}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

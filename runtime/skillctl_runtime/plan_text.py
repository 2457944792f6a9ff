"""A plan as JSON without the contents of its files, for a project's record; and its digest, which has them.

Read again by `plan_door`, the record gives the same plan with empty files: all that a run needs.
"""

from __future__ import annotations

import hashlib
import json

from skillctl.core.json_value import JsonObject, JsonValue
from skillctl_runtime.plan import Check, Plan, Ready
from skillctl_runtime.plan_door import parse_plan


def plan_to_json(plan: Plan) -> JsonObject:
    """The plan's members; of its files the names alone."""
    members: dict[str, JsonValue] = {
        "name": plan.name,
        "description": plan.description,
        "stack": plan.stack,
        "files": [{"filename": each.path, "code": ""} for each in plan.files],
        "delete": plan.delete,
        "dependencies": _dependencies(plan),
        "install": plan.install,
        "build": plan.build,
        "run": plan.run,
        "args": plan.args,
        "cwd": plan.cwd,
        "env": dict(plan.env),
        "secrets": plan.secrets,
        "stdin": plan.stdin,
        "ports": plan.ports,
        "ready": None if plan.ready is None else ready_to_json(plan.ready),
        "checks": [_check(each) for each in plan.checks],
        "timeouts": {"install": plan.timeouts.install, "build": plan.timeouts.build, "run": plan.timeouts.run},
        "limits": {
            "memory_mb": plan.limits.memory_mb,
            "cpu_s": plan.limits.cpu_s,
            "processes": plan.limits.processes,
            "output_kb": plan.limits.output_kb,
        },
        "network": {"allow": plan.allow} if plan.allow else plan.network,
    }
    return {name: value for name, value in members.items() if value not in (None, "", (), [], {})}


def plan_from_json(value: JsonObject, *, where: str) -> Plan:
    """The plan of a record."""
    return parse_plan(json.dumps(value, default=list), where=where).plan


def plan_digest(plan: Plan) -> str:
    """What two plans share that are the same in every byte."""
    whole = hashlib.sha256(json.dumps(plan_to_json(plan), sort_keys=True, default=list).encode())
    for each in plan.files:
        whole.update(f"\0{each.path}\0{each.executable}\0{len(each.data)}\0".encode())
        whole.update(each.data)
    return whole.hexdigest()


def ready_to_json(ready: Ready) -> JsonObject:
    """When a server counts as started."""
    members: dict[str, JsonValue] = {
        "port": ready.port,
        "http": ready.http,
        "status": ready.status,
        "log": ready.log,
        "file": ready.file,
    }
    return {**{name: value for name, value in members.items() if value}, "timeout": ready.timeout}


def ready_from_json(value: JsonObject) -> Ready:
    """What `ready_to_json` wrote."""

    def number(key: str) -> int:
        found = value.get(key, 0)
        return found if isinstance(found, int) else 0

    timeout = value.get("timeout", 30.0)
    return Ready(
        port=number("port"),
        http=str(value.get("http", "")),
        status=number("status"),
        log=str(value.get("log", "")),
        file=str(value.get("file", "")),
        timeout=float(timeout) if isinstance(timeout, (int, float)) else 30.0,
    )


def _dependencies(plan: Plan) -> JsonObject:
    found = plan.dependencies
    members: dict[str, JsonValue] = {
        "packages": found.packages,
        "dev": found.dev,
        "system": found.system,
        "manager": found.manager,
        "runtime_version": found.runtime_version,
    }
    return {name: value for name, value in members.items() if value not in (None, "", ())}


def _check(check: Check) -> JsonObject:
    members: dict[str, JsonValue] = {
        "type": check.kind,
        "contains": check.contains,
        "regex": check.regex,
        "path": check.path,
        "status": check.status,
        "code": check.code,
        "command": check.command,
        "timeout": check.timeout,
    }
    return {name: value for name, value in members.items() if value not in (None, "", ())}

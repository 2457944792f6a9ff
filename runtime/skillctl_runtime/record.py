"""`.skillctl/project.json`: what the runtime knows of a project that it made.

It marks the directory as ours, and holds the plan (without the files' contents), the parts, how the project is started,
and what the next execution needs to see that nothing is to be done: the steps with their keys and outputs, the files
that tools rewrote, what was asked of the machine. It is a cache but for plan and start: what can't be read is as if it
were not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import MIB
from skillctl.core.value import dataclass, field
from skillctl.edges.disk.below import write_below
from skillctl.edges.disk.files import read_bytes
from skillctl_runtime.plan import Plan
from skillctl_runtime.plan_text import plan_from_json, ready_from_json, ready_to_json
from skillctl_runtime.stack import Start
from skillctl_runtime.state import RECORD, STATE

FORMAT = "1.0"
_LARGEST = 64 * MIB


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRecord:
    """How a step went the last time."""

    key: str
    status: int
    stdout: str = ""
    output: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Path -> digest of what could be seen there when the part was done."""
    kind: str = ""
    argv: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewritten:
    """A file that tools changed after it was written, or made beside."""

    planned: str
    """Digest of what was there before; empty: nothing."""
    left: str
    """Digest of what the tools left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectRecord:
    """All of it."""

    plan: JsonObject = field(default_factory=dict)
    digest: str = ""
    """Of the plan as it was written."""
    steps: Mapping[str, StepRecord] = field(default_factory=dict)
    """`<folder>:<step>` -> how it went."""
    rewritten: Mapping[str, Rewritten] = field(default_factory=dict)
    start: Start | None = None
    folder: str = ""
    """Of the part that is started."""
    paths: tuple[str, ...] = ()
    """Directories of programs, relative to the project, that come first on the search path of a run."""
    answers: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    """The project's files with their stamps when the execution was over."""
    setting: str = ""
    """Digest of everything else that counts: isolation, variables."""
    result: JsonObject = field(default_factory=dict)
    learned: tuple[str, ...] = ()
    """Packages that were missing at a run and belong to the plan since."""

    def parsed_plan(self, root: Path) -> Plan:
        """The plan, its files without contents."""
        return plan_from_json(self.plan, where=str(root / STATE / RECORD))


def read_record(root: Path) -> ProjectRecord | None:
    """What is known of the project; None where nothing is, or nothing that can be read."""
    data = read_bytes(root / STATE / RECORD, max_bytes=_LARGEST)
    if data is None:
        return None
    try:
        value = json.loads(data)
        return _from_json(value) if value.get("format") == FORMAT else ProjectRecord()
    except (ValueError, KeyError, TypeError, AttributeError):
        return ProjectRecord()


def project_record(root: Path) -> ProjectRecord:
    """What is known of a project that has to be one. ExecutionError E515 if it is none."""
    found = read_record(root)
    if found is None or not found.plan:
        raise ExecutionError.of("E515", path=str(root))
    return found


def write_record(root: Path, record: ProjectRecord) -> None:
    """Keep it."""
    data = json.dumps(_to_json(record), default=list, ensure_ascii=False).encode() + b"\n"
    write_below(root, f"{STATE}/{RECORD}", data, executable=False)


def start_to_json(start: Start) -> JsonObject:
    """How a project is started."""
    return {
        "argv": start.argv,
        "line": start.line,
        "cwd": start.cwd,
        "env": dict(start.env),
        "artifact": start.artifact,
        "server": start.server,
        "ready": None if start.ready is None else ready_to_json(start.ready),
        "port": start.port,
        "port_words": start.port_words,
        "because": start.because,
    }


def _start(value: Mapping[str, Any] | None) -> Start | None:
    if value is None:
        return None
    ready = value.get("ready")
    return Start(
        argv=tuple(value["argv"]),
        line=value["line"],
        cwd=value["cwd"],
        env=dict(value["env"]),
        artifact=value["artifact"],
        server=bool(value["server"]),
        ready=None if ready is None else ready_from_json(ready),
        port=int(value["port"]),
        port_words=tuple(value["port_words"]),
        because=tuple(value["because"]),
    )


def _to_json(record: ProjectRecord) -> JsonObject:
    steps: dict[str, JsonValue] = {
        name: {
            "key": each.key,
            "kind": each.kind,
            "argv": each.argv,
            "status": each.status,
            "seconds": round(each.seconds, 3),
            "stdout": each.stdout,
            "output": each.output,
            "outputs": dict(each.outputs),
        }
        for name, each in record.steps.items()
    }
    return {
        "format": FORMAT,
        "made_by": "skillctl",
        "plan": record.plan,
        "digest": record.digest,
        "start": None if record.start is None else start_to_json(record.start),
        "folder": record.folder,
        "paths": record.paths,
        "steps": steps,
        "rewritten": {path: [each.planned, each.left] for path, each in record.rewritten.items()},
        "answers": dict(record.answers),
        "seen": dict(record.seen),
        "setting": record.setting,
        "result": record.result,
        "learned": record.learned,
    }


def _from_json(value: Mapping[str, Any]) -> ProjectRecord:
    steps = {
        str(name): StepRecord(
            key=each["key"],
            kind=each["kind"],
            argv=tuple(each["argv"]),
            status=int(each["status"]),
            seconds=float(each["seconds"]),
            stdout=each["stdout"],
            output=each["output"],
            outputs=dict(each["outputs"]),
        )
        for name, each in value["steps"].items()
    }
    return ProjectRecord(
        plan=value["plan"],
        digest=value["digest"],
        start=_start(value["start"]),
        folder=value["folder"],
        paths=tuple(value["paths"]),
        steps=steps,
        rewritten={path: Rewritten(planned=each[0], left=each[1]) for path, each in value["rewritten"].items()},
        answers=dict(value["answers"]),
        seen=dict(value["seen"]),
        setting=value["setting"],
        result=value["result"],
        learned=tuple(value.get("learned", ())),
    )

"""What came of an execution: a value, and the mapping that the Python interface and the envelope give."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass, field
from skillctl_runtime.isolation import Isolation
from skillctl_runtime.plan import STACK_NAMES, Advice, Repair, StackName
from skillctl_runtime.stack import Part


@dataclass(frozen=True, kw_only=True, slots=True)
class StepReport:
    """A step that was done, or needed not be."""

    folder: str
    id: str
    kind: str
    argv: tuple[str, ...]
    status: int
    hit: bool
    seconds: float

    def to_json(self) -> JsonObject:
        """One entry of `steps`."""
        return {
            "part": self.folder,
            "id": self.id,
            "kind": self.kind,
            "argv": self.argv,
            "status": self.status,
            "hit": self.hit,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A project that was made, and how it is started."""

    project_dir: str
    name: str
    stack: str
    """Of the part that is started; empty where there is none."""
    run_cmd: str
    """As it would be typed in the project's directory; empty where there is nothing to start."""
    parts: tuple[Part, ...] = ()
    steps: tuple[StepReport, ...] = ()
    artifact: str = ""
    """The binary or jar that was built, absolute."""
    launcher: str = ""
    """`run.sh`, absolute."""
    server: bool = False
    port: int = 0
    because: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    advice: tuple[Advice, ...] = ()
    problems: tuple[Problem, ...] = ()
    isolation: Isolation = field(default=Isolation(backend="none"))
    run: str = ""
    """The name of its journal."""
    journal: str = ""
    written: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    backup: str = ""
    unchanged: bool = False
    """Nothing was called, since nothing had changed."""
    dry_run: bool = False
    seconds: float = 0.0

    def to_json(self) -> JsonObject:
        """The mapping: `project_dir`, `stack`, `run_cmd`, `binary` or `jar`, and everything else."""
        members: dict[str, JsonValue] = {
            "ok": True,
            "project_dir": self.project_dir,
            "name": self.name,
            "stack": self.stack,
            "run_cmd": self.run_cmd,
            "artifact": self.artifact,
            "launcher": self.launcher,
            "server": self.server,
            "port": self.port,
            "because": self.because,
            "parts": [_part(each) for each in self.parts],
            "steps": [each.to_json() for each in self.steps],
            "repairs": [{"rule": each.rule, "what": each.what, "file": each.file} for each in self.repairs],
            "advice": [{"rule": each.rule, "what": each.what, "file": each.file} for each in self.advice],
            "isolation": self.isolation.to_json(),
            "run": self.run,
            "journal": self.journal,
            "written": self.written,
            "deleted": self.deleted,
            "backup": self.backup,
            "unchanged": self.unchanged,
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 3),
        }
        if self.artifact:
            members["jar" if os.path.splitext(self.artifact)[1] in (".jar", ".war") else "binary"] = self.artifact
        return members


def _part(part: Part) -> JsonObject:
    return {
        "folder": part.folder,
        "stack": part.stack,
        "primary": part.primary,
        "because": part.because,
        "rejected": [
            {"stack": each.stack, "strength": each.strength, "because": each.because} for each in part.rejected
        ],
    }


def warnings_of(advice: Iterable[Advice]) -> tuple[Problem, ...]:
    """Advice as the warnings that a command shows."""
    return tuple(problem("W521", place=Place(file=each.file) if each.file else None, what=each.what) for each in advice)


def result_of(value: JsonObject, isolation: Isolation) -> Result:
    """A result out of a project's record."""
    told: Mapping[str, object] = value

    def texts(found: object) -> tuple[str, ...]:
        return tuple(map(str, found)) if isinstance(found, (list, tuple)) else ()

    def items(key: str) -> list[Mapping[str, object]]:
        found = told.get(key)
        return [each for each in found if isinstance(each, Mapping)] if isinstance(found, (list, tuple)) else []

    def stack_of(each: Mapping[str, object]) -> StackName:
        return next(name for name in STACK_NAMES if name == each["stack"])

    return Result(
        project_dir=str(told.get("project_dir", "")),
        name=str(told.get("name", "")),
        stack=str(told.get("stack", "")),
        run_cmd=str(told.get("run_cmd", "")),
        parts=tuple(
            Part(
                folder=str(each["folder"]),
                stack=stack_of(each),
                primary=bool(each["primary"]),
                because=texts(each["because"]),
            )
            for each in items("parts")
        ),
        steps=tuple(
            StepReport(
                folder=str(each["part"]),
                id=str(each["id"]),
                kind=str(each["kind"]),
                argv=texts(each["argv"]),
                status=int(str(each["status"])),
                hit=bool(each["hit"]),
                seconds=float(str(each["seconds"])),
            )
            for each in items("steps")
        ),
        artifact=str(told.get("artifact", "")),
        launcher=str(told.get("launcher", "")),
        server=bool(told.get("server")),
        port=int(str(told.get("port", 0))),
        because=texts(told.get("because")),
        repairs=tuple(Repair(rule=str(e["rule"]), what=str(e["what"]), file=str(e["file"])) for e in items("repairs")),
        advice=tuple(Advice(rule=str(e["rule"]), what=str(e["what"]), file=str(e["file"])) for e in items("advice")),
        isolation=isolation,
        run=str(told.get("run", "")),
        journal=str(told.get("journal", "")),
    )

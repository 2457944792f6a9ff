"""What the runtime makes of a directory: its stacks with the evidence for and against, and what it would run there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl_runtime.files import DirectoryFiles
from skillctl_runtime.foresight import Foreseen, ForeseenPart, foresee
from skillctl_runtime.machine import RealMachine
from skillctl_runtime.plan import Plan
from skillctl_runtime.record import read_record
from skillctl_runtime.stack import Evidence, Start

_SHOWN_FILES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectOutcome(Outcome):
    """What was found."""

    directory: str
    found: Foreseen

    @property
    def primary(self) -> ForeseenPart:
        """The part that is started."""
        return self.found.parts[0]

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {
            "directory": self.directory,
            "stack": self.primary.part.stack,
            "manager": self.primary.manager,
            "parts": [_part_to_json(each) for each in self.found.parts],
            "repairs": [{"rule": each.rule, "what": each.what, "file": each.file} for each in self.found.repairs],
            "advice": [{"rule": each.rule, "what": each.what, "file": each.file} for each in self.found.advice],
        }


def detect(settings: Settings, directory: Path, environ: Mapping[str, str]) -> DetectOutcome:
    """What executing the directory's files would do. ExecutionError E536 if it is none, E527 if nothing is known of it.

    A project that the runtime made is seen in the light of its plan: `stack` and the run command count.
    """
    if not directory.is_dir():
        raise ExecutionError.of("E536", directory=str(directory))
    record = read_record(directory)
    plan = record.parsed_plan(directory) if record is not None and record.plan else Plan(name=directory.name, files=())
    files = DirectoryFiles(str(directory), [each.path for each in plan.files])
    found = foresee(plan, files, RealMachine(environ, settings.directories.cache))
    if not found.parts:
        raise ExecutionError.of("E527", files=files.paths()[:_SHOWN_FILES])
    return DetectOutcome(directory=str(directory), found=found)


def command_line(words: tuple[str, ...]) -> str:
    """The words as a shell would take them."""
    import shlex

    return shlex.join((os.path.basename(words[0]) if os.path.isabs(words[0]) else words[0], *words[1:]))


def start_line(start: Start) -> str:
    """How it is started."""
    return start.line or command_line(start.argv)


def _part_to_json(found: ForeseenPart) -> JsonObject:
    part = found.part
    start: JsonValue = None
    if found.start is not None:
        start = {
            "command": start_line(found.start),
            "because": list(found.start.because),
            "server": found.start.server,
            "port": found.start.port,
        }
    return {
        "folder": part.folder,
        "stack": part.stack,
        "primary": part.primary,
        "because": list(part.because),
        "rejected": [_evidence_to_json(each) for each in part.rejected],
        "manager": found.manager,
        "commands": [{"step": each.id, "kind": each.kind, "command": command_line(each.argv)} for each in found.steps],
        "more": not found.whole,
        "start": start,
        "missing": [{"tools": list(each.any_of), "why": each.why, "how": each.how} for each in found.missing],
    }


def _evidence_to_json(evidence: Evidence) -> JsonObject:
    return {"stack": evidence.stack, "strength": evidence.strength, "because": list(evidence.because)}

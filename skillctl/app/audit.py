"""The audit log as a person meets it: shown, verified, exported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from skillctl.app.outcome import Outcome
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import write_atomic
from skillctl.formats.sarif import sarif_text
from skillctl_plugins.audit.log import AuditLog, audit_log
from skillctl_plugins.audit.record import Record
from skillctl_plugins.audit.verify import Verdict, read_lines, verify_log
from skillctl_plugins.patchwork.canary import Verification, verify
from skillctl_plugins.patchwork.program import patchwork_of

Format = Literal["json", "jsonl", "csv", "sarif"]
FORMATS: tuple[Format, ...] = ("json", "jsonl", "csv", "sarif")

_COLUMNS = ("seq", "time", "kind", "name", "phase", "run", "project", "ok", "detail", "effects")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogOutcome(Outcome):
    """Records of the log."""

    file: str
    records: tuple[Record, ...]

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"file": self.file, "records": [each.to_json() for each in self.records]}


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyOutcome(Outcome):
    """What a look at the whole log found."""

    file: str
    verdict: Verdict
    root: str
    """The root that was signed, in hex; empty where there is no log."""
    patchwork: Verification | None = None
    """What Patchwork says of its own log; None where it is not active."""

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        verdict = self.verdict
        return {
            "patchwork": None if self.patchwork is None else {"ok": self.patchwork.ok, **self.patchwork.members},
            "file": self.file,
            "records": verdict.records,
            "root": self.root,
            "findings": [{"line": each.line, "what": each.what} for each in verdict.findings],
            "open": list(verdict.open_phases),
            "torn": list(verdict.torn),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOutcome(Outcome):
    """A copy of the log in another form."""

    text: str
    file: str
    """Where it was written; empty: nowhere."""
    records: int

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"file": self.file, "records": self.records, **({} if self.file else {"text": self.text})}


def show_log(settings: Settings, *, tail: int, run: str) -> LogOutcome:
    """The last `tail` records (0: all), of one run where it is named."""
    log = audit_log(settings.directories)
    records = tuple(record for record, _ in _chosen(log, tail=tail, run=run))
    return LogOutcome(file=str(log.file), records=records, problems=_notes(settings))


def check_log(settings: Settings, *, now: str) -> VerifyOutcome:
    """Verify the whole log, and sign what it is now if it is whole; where Patchwork is active, ask it about its own."""
    log = audit_log(settings.directories)
    verdict = verify_log(log)
    checkpoint = log.sign(now=now) if verdict.ok and verdict.records else None
    program = patchwork_of(settings)
    patchwork = None if program is None else verify(program)
    return VerifyOutcome(
        file=str(log.file),
        verdict=verdict,
        root=checkpoint.root if checkpoint else "",
        patchwork=patchwork,
        problems=(*_found(verdict, log.folder), *_of_patchwork(patchwork), *_notes(settings)),
    )


def _of_patchwork(found: Verification | None) -> Iterable[Problem]:
    if found is not None and not found.ok:
        yield problem("E653", reason=found.reason)


def export_log(settings: Settings, form: Format, target: Path | None, *, tail: int = 0, run: str = "") -> ExportOutcome:
    """The records in another form, into a file or as text."""
    found = _chosen(audit_log(settings.directories), tail=tail, run=run)
    records = tuple(record for record, _ in found)
    # the lines themselves: a record that was changed must not get a hash that fits in its copy
    text = b"".join(line for _, line in found).decode() if form == "jsonl" else _WRITERS[form](records)
    if target is not None:
        write_atomic(target, text.encode())
    return ExportOutcome(text=text, file=str(target or ""), records=len(records), problems=_notes(settings))


def _chosen(log: AuditLog, *, tail: int, run: str) -> tuple[tuple[Record, bytes], ...]:
    """Records with their lines."""
    found = tuple(pair for pair in read_lines(log.file) if not run or run in (pair[0].run, pair[0].phase))
    return found[-tail:] if tail else found


def _notes(settings: Settings) -> tuple[Problem, ...]:
    return (problem("N630"),) if settings.audit == "off" else ()


def _found(verdict: Verdict, folder: Path) -> Iterable[Problem]:
    for each in verdict.findings:
        if each.line:
            yield problem("E631", line=each.line, what=each.what, folder=str(folder))
        else:
            yield problem("E632", what=each.what, folder=str(folder))
    for line in verdict.torn:
        yield problem("W631", line=line)
    if verdict.open_phases:
        count = "a phase" if len(verdict.open_phases) == 1 else f"{len(verdict.open_phases)} phases"
        yield problem("W630", count=count, phases=verdict.open_phases[:8])


def _as_json(records: Sequence[Record]) -> str:
    return json.dumps([each.to_json() for each in records], ensure_ascii=False, indent=2) + "\n"


def _as_csv(records: Sequence[Record]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in records:
        value = each.to_json()
        effects = json.dumps(value["effects"], ensure_ascii=False)
        writer.writerow([effects if column == "effects" else value.get(column, "") for column in _COLUMNS])
    return text.getvalue()


def _as_sarif(records: Sequence[Record]) -> str:
    """What went wrong, as SARIF 2.1.0: a result for each phase that was refused or failed."""
    results: list[JsonValue] = [
        {
            "ruleId": f"skillctl/{each.name}",
            "level": "error",
            "message": {"text": each.detail or f"{each.name} failed"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": each.project or "."}}}],
            "properties": {"seq": each.seq, "time": each.time, "phase": each.phase, "run": each.run},
        }
        for each in records
        if each.kind == "end" and each.ok is False
    ]
    rules = sorted({str(each["ruleId"]) for each in results if isinstance(each, Mapping)})
    return sarif_text(rules=[{"id": rule} for rule in rules], results=results)


_WRITERS = {"json": _as_json, "csv": _as_csv, "sarif": _as_sarif}

"""Does the audit log still say what was written into it?

Every record is checked for itself (form, hash), in its chain (number, hash before), and the whole against what was kept
of it elsewhere: the signed checkpoint, the tip beside the log, and the second copy outside its directory. So an edit, a
deletion, another order, a cut tail, stripped hashes and half a line are found, and the first bad record is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from skillctl.core.value import dataclass
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.disk.look import kind_at
from skillctl_plugins.audit.checkpoint import Checkpoint, parse_text, verified
from skillctl_plugins.audit.log import (
    BREAKS,
    BREAKS_BYTES,
    CHECKPOINT,
    LOG_BYTES,
    NOTE_BYTES,
    AuditLog,
    Tip,
    parse_breaks,
    read_tip,
)
from skillctl_plugins.audit.merkle import grown, root_of
from skillctl_plugins.audit.record import FIRST, Record, parse_record

_COPY = "the second copy of the last checkpoint"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is not as it was written."""

    what: str
    """One sentence."""
    line: int = 0
    """Of the log, from 1; 0 where it is about the whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a look at the whole log found."""

    records: int
    findings: tuple[Finding, ...] = ()
    """The first bad record first; empty: the log is whole."""
    open_phases: tuple[str, ...] = ()
    """Phases that began and did not end: something was killed, or is at work now."""
    torn: tuple[int, ...] = ()
    """Lines that a crash left half written, and that the log itself tells of."""

    @property
    def ok(self) -> bool:
        """Is the log whole?"""
        return not self.findings


def read_lines(file: Path) -> Iterator[tuple[Record, bytes]]:
    """The records that can be read, in order, each with its line as it stands there: the hash may be another's."""
    for line in (read_bytes(file, max_bytes=LOG_BYTES) or b"").splitlines(keepends=True):
        try:
            yield parse_record(line)[0], line
        except ValueError:
            continue


def read_records(file: Path) -> Iterator[Record]:
    """The records that can be read, in order; for showing them."""
    return (record for record, _ in read_lines(file))


def verify_log(log: AuditLog) -> Verdict:
    """Look at the whole log."""
    files = _read(log)
    chain = _Chain()
    for number, line in enumerate((files.log or b"").splitlines(keepends=True), 1):
        chain.add(number, line)
    chain.finish()
    # behind a bad record nothing is counted, so that no length can be compared
    findings = chain.findings or list(_against_copies(log, files, chain.roots, chain.last))
    return Verdict(
        records=len(chain.roots) - 1,
        findings=tuple(findings),
        open_phases=tuple(chain.open),
        torn=tuple(chain.torn),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Files:
    """The log and all that is kept of it, of one moment; None for what is not there."""

    log: bytes | None
    tip: Tip | None
    note: bytes | None
    copy: bytes | None
    breaks: bytes | None


def _read(log: AuditLog) -> _Files:
    """While nobody adds to it: a record between two looks would pass for damage."""
    with log.held() if kind_at(str(log.folder)) == "directory" else nullcontext():
        return _Files(
            log=read_bytes(log.file, max_bytes=LOG_BYTES),
            tip=read_tip(log.folder),
            note=read_bytes(log.folder / CHECKPOINT, max_bytes=NOTE_BYTES),
            copy=read_bytes(log.copy, max_bytes=NOTE_BYTES),
            breaks=read_bytes(log.folder / BREAKS, max_bytes=BREAKS_BYTES),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Half:
    """A line that is no record: damage, unless the next record tells that a crash left it."""

    number: int
    data: bytes
    why: str


class _Chain:
    """Goes through the log, line by line, as far as the first bad record: what follows one says nothing."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.roots = [root_of(())]
        """The root of the log at each length."""
        self.open: dict[str, None] = {}
        self.torn: list[int] = []
        self._subtrees: tuple[str, ...] = ()
        self.last = FIRST
        """The hash of the last good record."""
        self._half: _Half | None = None

    def add(self, number: int, line: bytes) -> None:
        if self.findings:
            return
        try:
            record, found = parse_record(line)
        except ValueError as error:
            self.finish()
            why = str(error) if line.endswith(b"\n") else "it was only half written"
            self._half = _Half(number=number, data=line.rstrip(b"\n"), why=why)
            return
        if self._half is not None and not self._tells_of(self._half, record):
            self.finish()
            return
        tells = self._half is not None
        self._half = None
        self._check(number, record, found, tells=tells)

    def finish(self) -> None:
        """Nothing follows: a line that nobody told of is damage."""
        if self._half is not None and not self.findings:
            self._say(self._half.number, self._half.why)

    def _tells_of(self, half: _Half, record: Record) -> bool:
        if record.kind != "torn" or record.detail != hashlib.sha256(half.data).hexdigest():
            return False
        self.torn.append(half.number)
        return True

    def _check(self, number: int, record: Record, found: str, *, tells: bool) -> None:
        wanted = len(self.roots) - 1
        if record.hash != found:
            self._say(number, "its hash is not that of its content: it was edited")
        elif record.seq != wanted:
            self._say(number, f"it is record {record.seq} where {wanted} was due: one is missing or moved")
        elif record.prev != self.last:
            self._say(number, "it does not follow the record before it")
        elif record.kind == "torn" and not tells:
            self._say(number, "it tells of half a line that is gone")
        elif record.kind == "end" and record.phase not in self.open:
            self._say(number, "it ends a phase that never began")
        else:
            self._take(record, found)

    def _take(self, record: Record, found: str) -> None:
        self.last = found
        self._subtrees = grown(self._subtrees, record.seq, found)
        self.roots.append(root_of(self._subtrees))
        if record.kind == "begin":
            self.open[record.phase] = None
        elif record.kind == "end":
            del self.open[record.phase]

    def _say(self, line: int, what: str) -> None:
        self.findings.append(Finding(line=line, what=what))


def _against_copies(log: AuditLog, files: _Files, roots: Sequence[str], last: str) -> Iterator[Finding]:
    """What the checkpoints say of a log of this length, whose last record has that hash."""
    size = len(roots) - 1
    tip, note, copy = files.tip, files.note, files.copy
    yield from _broken(files.breaks or b"", roots)
    if size == 0 and tip is None and note is None and copy is None:
        return
    if tip is None:
        yield Finding(what="tip.json, which tells where the log ends, is gone or damaged")
    else:
        yield from _compared(tip.checkpoint, roots, "tip.json", may_be_older=_was_killed(tip, size, last))
    killed = tip is not None and _was_killed(tip, size, last)
    if copy is None:
        yield Finding(what=f"{_COPY}, {log.copy}, is gone")
    else:
        yield from _copied(copy, note, roots, may_be_older=killed)
    if note is not None:
        yield from _signed(note, log.folder, roots)
    elif tip is not None and tip.signed:
        yield Finding(what="the signed checkpoint is gone")


def _broken(breaks: bytes, roots: Sequence[str]) -> Iterator[Finding]:
    """Ends that the log once had, and that it has no more."""
    try:
        for each in parse_breaks(breaks):
            if each.size >= len(roots) or roots[each.size] != each.root:
                yield Finding(what=f"it once had {each.size} records of which some were changed or cut since")
    except ValueError:
        yield Finding(what=f"{BREAKS}, which tells of ends that it had, is damaged")


def _was_killed(tip: Tip, size: int, last: str) -> bool:
    """Whether the log's last record is the one that was being added when the tip was written."""
    return size == tip.size + 1 and last == tip.coming


def _copied(copy: bytes, note: bytes | None, roots: Sequence[str], *, may_be_older: bool) -> Iterator[Finding]:
    text, _, kept = copy.decode(errors="replace").partition("\n\n")
    try:
        yield from _compared(parse_text(f"{text}\n"), roots, _COPY, may_be_older=may_be_older)
    except ValueError:
        yield Finding(what=f"{_COPY} is damaged")
    if not may_be_older and kept.encode() != (note or b""):
        yield Finding(what="the signed checkpoint and its second copy are not the same")


def _signed(note: bytes, folder: Path, roots: Sequence[str]) -> Iterator[Finding]:
    try:
        yield from _compared(verified(note, folder), roots, "the signed checkpoint", may_be_older=True)
    except ValueError as error:
        yield Finding(what=f"the signed checkpoint can't be believed: {error}")


def _compared(
    checkpoint: Checkpoint, roots: Sequence[str], name: str, *, may_be_older: bool = False
) -> Iterator[Finding]:
    size = len(roots) - 1
    if checkpoint.size > size:
        yield Finding(what=f"{name} knows of {checkpoint.size} records, and the log has {size}: its tail was cut")
    elif checkpoint.size < size and not may_be_older:
        yield Finding(what=f"{name} knows of {checkpoint.size} records, and the log has {size}")
    elif roots[checkpoint.size] != checkpoint.root:
        yield Finding(what=f"{name} is of another log")

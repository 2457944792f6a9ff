"""The audit log on disk: appended to under a lock, in one write a record, and synced before anything that it announces.

    audit/log.jsonl      the records
    audit/tip.json       length and subtrees of the log, so that a record is added without reading all before it
    audit/checkpoint     the last signed checkpoint, renewed every 64 records and by `log verify`
    audit/key            the key that signs
    audit/breaks         ends of the log that it did not have any more when the next record came
    <data>/audit-tip     a second copy of checkpoint and length, in another directory than the log

A crash leaves at most half a line at the end. The next record is preceded by one that says so, with the digest of the
half: nothing is ever deleted. A log that was cut or changed is added to all the same, but where it ended before that is
kept, so that the next record does not make good what somebody did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from skillctl.core.diagnostics import problem
from skillctl.core.errors import PluginError, SkillctlError
from skillctl.core.settings import Directories
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import append_bytes, list_names, read_bytes, remove_file, write_atomic
from skillctl.edges.disk.locks import locked
from skillctl.edges.disk.look import size_at
from skillctl.edges.disk.sync import sync_file
from skillctl_plugins.audit.checkpoint import Checkpoint, parse_text, signed
from skillctl_plugins.audit.merkle import grown, root_of
from skillctl_plugins.audit.record import FIRST, Record, parse_record, torn_of

LOG, TIP, CHECKPOINT, BREAKS, COPY = "log.jsonl", "tip.json", "checkpoint", "breaks", "audit-tip"
EVERY = 64
"""Records between two signed checkpoints."""
LOG_BYTES = 1 << 30
NOTE_BYTES = 128 * 1024
BREAKS_BYTES = 16 * 1024 * 1024

_WAIT = 30.0

Make = Callable[[int, str], Record]
"""A record for its number and the hash before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tip:
    """Where a log ends."""

    size: int = 0
    """Records."""
    length: int = 0
    """Bytes."""
    last: str = FIRST
    subtrees: tuple[str, ...] = ()
    signed: int = 0
    """The size of the last signed checkpoint."""
    coming: str = ""
    """The hash of the record that is being added: a kill may leave it in the log before the tip knows of it."""

    @property
    def checkpoint(self) -> Checkpoint:
        """What a signature of this tip says."""
        return Checkpoint(size=self.size, root=root_of(self.subtrees))

    def to_bytes(self) -> bytes:
        """Its file."""
        members = {
            "size": self.size,
            "length": self.length,
            "last": self.last,
            "subtrees": list(self.subtrees),
            "signed": self.signed,
            "coming": self.coming,
        }
        return json.dumps(members).encode() + b"\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditLog:
    """The log of one user."""

    folder: Path
    copy: Path
    """The second copy of tip and checkpoint, outside the folder."""

    @property
    def file(self) -> Path:
        """The records."""
        return self.folder / LOG

    def held(self) -> AbstractContextManager[None]:
        """Nobody adds to the log in the block."""
        return locked(self.folder / "lock", timeout=_WAIT, purpose="the audit log")

    def append(self, make: Make, *, now: str, durable: bool) -> Record:
        """Add a record; it is on disk, for good if `durable`, when this returns. PluginError E630 if that fails."""
        try:
            with self.held():
                tip = self._tip(now)
                record = make(tip.size, tip.last)
                tip = self._added(tip, record)
                if durable:
                    sync_file(self.file)
                if tip.size - tip.signed >= EVERY:
                    tip = self._signed(tip)
                self._keep(tip)
        except SkillctlError as error:
            raise PluginError(problem("E630", file=str(self.file), reason=str(error)), *error.problems) from error
        return record

    def has_begun(self, phase: str) -> bool:
        """Whether the log has a whole record of the phase. PluginError E630 if it can't be read."""
        try:
            data = read_bytes(self.file, max_bytes=LOG_BYTES) or b""
        except SkillctlError as error:
            raise PluginError(problem("E630", file=str(self.file), reason=str(error)), *error.problems) from error
        for line in data.splitlines(keepends=True):
            try:
                record, _ = parse_record(line)
            except ValueError:
                continue  # half a line, or damage
            if record.phase == phase:
                return True
        return False

    def sign(self, *, now: str) -> Checkpoint | None:
        """Sign what the log is now; None if there is no log."""
        with self.held():
            tip = self._tip(now)
            if tip.size == 0:
                return None
            self._keep(self._signed(tip))
        return tip.checkpoint

    def _added(self, tip: Tip, record: Record) -> Tip:
        line, leaf = record.sealed()
        write_atomic(self.folder / TIP, replace(tip, coming=leaf).to_bytes())
        append_bytes(self.file, line)
        subtrees = grown(tip.subtrees, tip.size, leaf)
        length = tip.length + len(line)
        return replace(tip, size=tip.size + 1, length=length, last=leaf, subtrees=subtrees, coming="")

    def _signed(self, tip: Tip) -> Tip:
        write_atomic(self.folder / CHECKPOINT, signed(tip.checkpoint, self.folder))
        return replace(tip, signed=tip.size)

    def _keep(self, tip: Tip) -> None:
        note = read_bytes(self.folder / CHECKPOINT, max_bytes=NOTE_BYTES) or b""
        write_atomic(self.copy, tip.checkpoint.text().encode() + b"\n" + note, stage=self.folder)
        write_atomic(self.folder / TIP, tip.to_bytes())  # last: a tip that fits says that all else was written

    def _tip(self, now: str) -> Tip:
        """Where the log ends: as it was kept, if nobody wrote since; else read anew, with half a line told of."""
        kept = read_tip(self.folder)
        if kept is not None and kept.length == (size_at(self.file) or 0) and not kept.coming:
            return kept
        self._clear_away()
        known = read_copy(self.copy) if kept is None else kept.checkpoint
        tip, rest = self._read(0 if kept is None else kept.signed, known)
        if rest:
            append_bytes(self.file, b"\n")
            tip = replace(tip, length=tip.length + len(rest) + 1)
            tip = self._added(tip, torn_of(rest, seq=tip.size, prev=tip.last, time=now))
        return tip

    def _read(self, signed_size: int, known: Checkpoint | None) -> tuple[Tip, bytes]:
        """The tip of the log as it lies there, and what stands behind its last line end.

        Lines that are no records are passed over: `log verify` says what is wrong with them. An end that is known and
        that the log does not have is kept as a break.
        """
        data = read_bytes(self.file, max_bytes=LOG_BYTES) or b""
        *lines, rest = data.split(b"\n")
        tip = Tip(length=len(data) - len(rest), signed=signed_size)
        is_there = known is None or known == tip.checkpoint
        for line in lines:
            try:
                record, _ = parse_record(line + b"\n")
            except ValueError:
                continue  # half a line that was told of, or damage
            leaf = record.hash
            tip = replace(tip, size=tip.size + 1, last=leaf, subtrees=grown(tip.subtrees, tip.size, leaf))
            is_there = is_there or (known is not None and tip.size == known.size and tip.checkpoint == known)
        if known is not None and not is_there:
            append_bytes(self.folder / BREAKS, f"{known.size} {known.root}\n".encode())
        return tip, rest

    def _clear_away(self) -> None:
        """What a kill left half made."""
        for name in list_names(self.folder):
            if name.endswith(".tmp"):
                remove_file(self.folder / name)


def audit_log(directories: Directories) -> AuditLog:
    """The user's log."""
    return AuditLog(folder=Path(directories.state) / "audit", copy=Path(directories.data) / COPY)


def read_tip(folder: Path) -> Tip | None:
    """The tip as it was kept; None if there is none, or it makes no sense."""
    data = read_bytes(folder / TIP, max_bytes=NOTE_BYTES)
    try:
        value = json.loads(data or b"")
        return Tip(
            size=int(value["size"]),
            length=int(value["length"]),
            last=str(value["last"]),
            subtrees=tuple(map(str, value["subtrees"])),
            signed=int(value["signed"]),
            coming=str(value["coming"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def read_copy(file: Path) -> Checkpoint | None:
    """The checkpoint of the second copy; None if there is none, or it makes no sense."""
    data = read_bytes(file, max_bytes=NOTE_BYTES)
    try:
        return None if data is None else parse_text(data.decode(errors="replace").partition("\n\n")[0] + "\n")
    except ValueError:
        return None


def parse_breaks(data: bytes) -> Iterator[Checkpoint]:
    """The ends in a file of breaks. ValueError for a line that is none."""
    for line in data.decode().splitlines():
        size, _, root = line.partition(" ")
        if not size.isdecimal() or len(root) != len(FIRST):
            raise ValueError("it is no list of ends")
        yield Checkpoint(size=int(size), root=root)

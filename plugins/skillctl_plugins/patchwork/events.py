"""What Patchwork has recorded of ours: read from its chain of events itself.

A call that appends can lose its record without a word: the program gives up after half a second of waiting for a lock,
and with one torn line in its log it appends nothing at all, and ends with status 0 in either case. Its own `log`
reads a copy, not the chain. So our events are counted where they have to be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from skillctl.core.value import dataclass
from skillctl.edges.disk.faults import disk_faults
from skillctl.edges.disk.look import size_at


@dataclass(frozen=True, slots=True)
class Recorded:
    """Our events in a part of the log."""

    count: int
    uses: frozenset[str]
    """The ids of tool uses that are among them, as far as events tell them."""


def end_of_log(file: Path) -> int:
    """Where the log ends now, in bytes."""
    return size_at(file) or 0


def recorded_since(file: Path, offset: int, session: str) -> Recorded:
    """The events of the session that were appended behind the offset."""
    ours = [each for each in _events(file, offset) if each.get("session_id") == session]
    keys = [str(each.get("idempotency_key") or "") for each in ours]
    return Recorded(len(ours), frozenset(key.rpartition(":")[2] for key in keys if key))


def _events(file: Path, offset: int) -> Iterator[dict[str, object]]:
    for line in _behind(file, offset).split(b"\n"):
        try:
            value = json.loads(line)
        except ValueError:  # a line that is being written, or a torn one: no record
            continue
        if isinstance(value, dict):
            yield value


def _behind(file: Path, offset: int) -> bytes:
    with disk_faults(file):
        try:
            with file.open("rb") as opened:
                opened.seek(offset)
                return opened.read()
        except FileNotFoundError:
            return b""

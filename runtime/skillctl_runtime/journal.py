"""What was run, one JSON line each, in `.skillctl/runs/<id>.jsonl`: argv, cwd, names of variables, exit, sizes, tail.

Values of secrets never get in: they are replaced wherever they would stand.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from skillctl.core.json_value import JsonValue
from skillctl.core.limits import MIB
from skillctl.edges.disk.below import append_below
from skillctl.edges.disk.files import list_names, read_bytes, remove_file
from skillctl_runtime.state import RUNS, STATE

KEPT = 50
TAIL = 2_000
"""Characters of a command's output that a line keeps."""

_HIDDEN = "***"
_SHORTEST = 4  # a secret of three letters would blot out half of every text


class Journal:
    """The lines of one execution or run."""

    def __init__(self, project: Path, run: str, now: Callable[[], str], secrets: Collection[str] = ()) -> None:
        self.run = run
        self.path = project / STATE / RUNS / f"{run}.jsonl"
        self._project = project
        self._now = now
        self._secrets = tuple(sorted((each for each in secrets if len(each) >= _SHORTEST), key=len, reverse=True))
        self._lock = threading.Lock()

    def line(self, event: str, **facts: JsonValue) -> None:
        """One line: what happened, when, and its facts."""
        told: dict[str, JsonValue] = {"event": event, "time": self._now(), **facts}
        text = json.dumps(told, ensure_ascii=False, default=list)
        with self._lock:
            line = self._hushed(text).encode(errors="replace") + b"\n"
            append_below(self._project, f"{STATE}/{RUNS}/{self.run}.jsonl", line)

    def tail(self, data: bytes) -> str:
        """The end of an output, for a line; hushed before it is cut, since half a secret is found by nobody."""
        text = data.decode("utf-8", "replace")
        for each in self._secrets:
            text = text.replace(each, _HIDDEN)
        return text[-TAIL:]

    def _hushed(self, text: str) -> str:
        for each in self._secrets:
            text = text.replace(json.dumps(each, ensure_ascii=False)[1:-1], _HIDDEN)
        return text


def run_id(project: Path, now: str) -> str:
    """A name for the next journal: it sorts by time, and is that of no other run anywhere. `now` is RFC 3339.

    The journal of a run is only there when its first command is over, and the log of all projects has its phases by
    this name: what tells apart those of one second, in one project or in two, is chance.
    """
    stamp = now.replace("-", "").replace(":", "").rstrip("Z")
    number = 1 + sum(name.startswith(f"{stamp}-") for name in runs(project))
    return f"{stamp}-{number:02}-{os.urandom(3).hex()}"


def runs(project: Path) -> list[str]:
    """The names of the journals of a project, the oldest first."""
    names = list_names(project / STATE / RUNS)
    return [name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl")]


def prune(project: Path) -> None:
    """Forget all but the newest journals."""
    for each in runs(project)[:-KEPT]:
        remove_file(project / STATE / RUNS / f"{each}.jsonl")


def read(project: Path, run: str) -> list[dict[str, JsonValue]]:
    """The lines of a journal; a line that a kill cut off is passed over."""
    found = []
    for line in (read_bytes(project / STATE / RUNS / f"{run}.jsonl", max_bytes=64 * MIB) or b"").splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found

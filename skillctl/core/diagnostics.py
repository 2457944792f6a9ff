"""Problems as values: what was seen, where, and how bad it is.

A `Problem` is evidence: a stable code, a place and the facts. It holds no prose. `skillctl.core.wording` turns it
into a `Diagnostic`, the sentence and the hint that a person reads and the envelope carries, so that all wording
stands in one place and every code has its page in the reference.

The first letter of a code is its usual severity (E error, W warning, N note), the first digit its area:
0 usage, 1 manifest and skill files, 2 registry and archive, 3 resolution, 4 install and state, 5 runtime, 6 plugins,
7 trust in registries, and what serves them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from skillctl.core.value import dataclass, field

Severity = Literal["error", "warning", "note"]

_SEVERITIES: Mapping[str, Severity] = {"E": "error", "W": "warning", "N": "note"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in which file; every part that is not known is empty or 0."""

    file: str = ""
    path: str = ""
    """Path inside the file, `$.skills[0].path`, or the member of an archive."""
    line: int = 0
    """From 1."""
    column: int = 0
    """From 1, in characters."""

    def __str__(self) -> str:
        spot = self.file
        if self.line:
            spot += f":{self.line}:{self.column}" if self.column else f":{self.line}"
        return f"{spot} ({self.path})" if spot and self.path else spot or self.path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or worth knowing, as evidence."""

    code: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    place: Place | None = None
    severity: Severity = "error"


def problem(code: str, *, place: Place | None = None, severity: Severity | None = None, **evidence: object) -> Problem:
    """A problem of the code's usual severity, unless told another."""
    return Problem(code, evidence, place, severity or _SEVERITIES[code[0]])


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnostic:
    """A problem in words, ready to be shown."""

    code: str
    severity: Severity
    title: str
    detail: str = ""
    hint: str = ""
    place: Place | None = None

"""The table that the benchmark prints: Markdown, so that it can be put into the documentation as it is."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, what came out, and what it is held against."""

    what: str
    found: str
    target: str = ""
    met: bool | None = None
    """None: shown only."""


def milliseconds(seconds: float) -> str:
    """12.3 ms or 1.23 s."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def spread(seconds: list[float]) -> str:
    """The median, and the least."""
    return f"{milliseconds(statistics.median(seconds))}, at best {milliseconds(min(seconds))}"


def printed(title: str, rows: list[Row]) -> str:
    """A heading and a table."""
    verdicts = {True: "met", False: "**missed**", None: ""}
    lines = [f"### {title}", "", "| what | measured | to reach | |", "|---|--:|--:|---|"]
    lines += [f"| {row.what} | {row.found} | {row.target} | {verdicts[row.met]} |" for row in rows]
    return "\n".join(lines) + "\n"

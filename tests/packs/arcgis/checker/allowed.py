"""The exceptions: findings that are known to be none, each with the source that says so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.packs.arcgis.checker.finding import Finding
from tests.packs.arcgis.checker.names import DATA


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """One line of `allowed.json`."""

    kind: str
    text: str
    """What stands in backticks in the sentence of the finding."""
    file: str
    """A pattern; `*` for every file."""
    source: str

    def covers(self, finding: Finding) -> bool:
        return (
            finding.kind == self.kind and f"`{self.text}`" in finding.sentence and fnmatchcase(finding.file, self.file)
        )


def exceptions() -> list[Allowed]:
    listed = json.loads((DATA / "allowed.json").read_text(encoding="utf-8"))["allowed"]
    return [
        Allowed(kind=each["kind"], text=each["text"], file=each.get("file", "*"), source=each["source"])
        for each in listed
    ]


def without_allowed(findings: list[Finding], allowed: list[Allowed]) -> list[Finding]:
    return [finding for finding in findings if not any(each.covers(finding) for each in allowed)]

"""What install and build made in a project, removed."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass
from skillctl_runtime.cleaning import clean_project


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanOutcome(Outcome):
    """What went."""

    root: str
    removed: tuple[str, ...]
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"root": self.root, "removed": list(self.removed), "dry_run": self.dry_run}


def clean(root: Path, *, history: bool, dry_run: bool) -> CleanOutcome:
    """Remove it. ExecutionError E515 if the directory is no project of the runtime."""
    removed = clean_project(root, history=history, dry_run=dry_run)
    return CleanOutcome(root=str(root), removed=removed, dry_run=dry_run)

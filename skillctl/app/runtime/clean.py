"""What install and build made in a project, removed."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.guarding import new_phase_id
from skillctl.app.outcome import Outcome
from skillctl.core.effects import Delete, Phase, guarded
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.clock import now
from skillctl_plugins.guards import standard_guards
from skillctl_runtime.cleaning import clean_project, made_in


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanOutcome(Outcome):
    """What went."""

    root: str
    removed: tuple[str, ...]
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"root": self.root, "removed": list(self.removed), "dry_run": self.dry_run}


def clean(settings: Settings, root: Path, *, history: bool, dry_run: bool) -> CleanOutcome:
    """Remove it. ExecutionError E515 if the directory is no project of the runtime; PluginError if a guard says no."""
    paths = made_in(root, history=history)
    if dry_run or not paths:
        return CleanOutcome(root=str(root), removed=paths, dry_run=dry_run)
    effects = tuple(Delete(path=str(root / path)) for path in paths)
    phase = Phase(id=new_phase_id(), name="plan", project=str(root), effects=effects)
    with guarded(standard_guards(settings, clock=now), phase) as problems:
        clean_project(root, paths)
    return CleanOutcome(problems=tuple(problems), root=str(root), removed=paths, dry_run=False)

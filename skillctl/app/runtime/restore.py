"""The backups of a project of the runtime, and one of them brought back."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.guarding import new_phase_id
from skillctl.app.outcome import Outcome
from skillctl.core.effects import Phase, guarded
from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.clock import now
from skillctl_plugins.guards import standard_guards
from skillctl_runtime.order import effects_of
from skillctl_runtime.writing import Backup, backups, bring_back, is_project, restored_plan


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreOutcome(Outcome):
    """What was brought back, or what could be."""

    root: str
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    backups: tuple[Backup, ...] = ()
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {
            "root": self.root,
            "changed": list(self.changed),
            "deleted": list(self.deleted),
            "backups": [{"id": each.id, "made": each.made, "files": list(each.kept)} for each in self.backups],
            "dry_run": self.dry_run,
        }


def take_stock(root: Path) -> RestoreOutcome:
    """The project's backups, the oldest first. ExecutionError E515 if the directory is no project."""
    if not is_project(root):
        raise ExecutionError.of("E515", path=str(root))
    return RestoreOutcome(root=str(root), backups=tuple(backups(root)))


def restore(settings: Settings, root: Path, number: str, *, dry_run: bool) -> RestoreOutcome:
    """Bring a backup back; of none named, the newest. ExecutionError E514, E515; PluginError if a guard says no."""
    plan = restored_plan(root, number)
    if dry_run:
        changed = tuple(each.path for each in plan.files)
        return RestoreOutcome(root=str(root), changed=changed, deleted=plan.delete, dry_run=True)
    effects = tuple(effects_of(root, plan))
    phase = Phase(id=new_phase_id(), name="plan", project=str(root), effects=effects)
    with guarded(standard_guards(settings, clock=now), phase) as problems:
        written = bring_back(root, plan, now=now())
    return RestoreOutcome(
        problems=tuple(problems), root=str(root), changed=written.changed, deleted=written.deleted, dry_run=False
    )

"""The backups of a project of the runtime, and one of them brought back."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass
from skillctl_runtime.writing import Backup, backups, is_project, restore_backup, restored_plan


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


def restore(root: Path, number: str, *, now: str, dry_run: bool) -> RestoreOutcome:
    """Bring a backup back; of none named, the newest. ExecutionError E514, E515."""
    if dry_run:
        plan = restored_plan(root, number)
        changed, deleted = tuple(each.path for each in plan.files), plan.delete
    else:
        written = restore_backup(root, number, now=now)
        changed, deleted = written.changed, written.deleted
    return RestoreOutcome(root=str(root), changed=changed, deleted=deleted, dry_run=dry_run)

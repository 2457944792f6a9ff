"""`diff`: how two releases of a pack, or two directories or archives, differ."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.one_pack import Lookout
from skillctl.app.outcome import Outcome
from skillctl.core.json_value import JsonObject
from skillctl.core.pack_difference import PackDifference, pack_difference
from skillctl.core.release_difference import FileDifference, ManifestChange, file_differences, manifest_changes
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class DiffOutcome(Outcome):
    """How two releases differ."""

    before: str
    """What the one is called: its name and version."""
    after: str
    difference: PackDifference
    manifest: tuple[ManifestChange, ...]
    files: tuple[FileDifference, ...]
    told_by_status: bool = False
    """Whether the status of the command is to tell that they differ."""

    @property
    def is_empty(self) -> bool:
        """Whether they are the same to the last byte."""
        return not self.files

    @property
    def status(self) -> int:
        return 1 if self.told_by_status and not self.is_empty else 0

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {
            **self.difference.to_json(),
            "before": self.before,
            "after": self.after,
            "same": self.is_empty,
            "manifest": [each.to_json() for each in self.manifest],
            "diffs": [each.to_json() for each in self.files],
        }


def diff(
    settings: Settings, cwd: Path, one: str, other: str, *, user: bool = False, told_by_status: bool = False
) -> DiffOutcome:
    """From the one to the other. Errors are those of `one_pack`."""
    lookout = Lookout(settings, cwd, user=user)
    before, after = lookout.look(one), lookout.look(other)
    return DiffOutcome(
        before=before.called,
        after=after.called,
        difference=pack_difference(after.stored.name, before.stored, after.stored),
        manifest=tuple(manifest_changes(before.manifest, after.manifest)),
        files=tuple(file_differences(before.files, after.files)),
        told_by_status=told_by_status,
    )

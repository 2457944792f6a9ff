"""Deleting a release from a registry that is served."""

from __future__ import annotations

from pathlib import Path

from skillctl.app.outcome import Outcome
from skillctl.app.publish import registry_meant
from skillctl.app.served import ServedRegistry
from skillctl.core.json_value import JsonObject
from skillctl.core.names import parse_pack_name
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.core.versions import parse_version


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteOutcome(Outcome):
    """A release that is gone for good."""

    name: str
    version: str
    registry: str
    already: bool
    """Whether it was so before."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "version": self.version,
            "registry": self.registry,
            "already": self.already,
            "dry_run": self.dry_run,
        }


def delete_release(
    settings: Settings, cwd: Path, name: str, version: str, registry: str, *, dry_run: bool = False
) -> DeleteOutcome:
    """Delete a release and its archive; its name and version stay taken. For administrators.

    RegistryError E227 if there is no such release, E721 without an administrator's token, E731 for a registry without a
    server: there a file is all that stands, and nobody could say that a version was taken.
    """
    pack, wanted = parse_pack_name(name), parse_version(version)
    label, location = registry_meant(settings, cwd, registry)
    taken = ServedRegistry(settings, location, label=label).delete(pack, str(wanted), dry_run=dry_run)
    return DeleteOutcome(name=pack, version=str(wanted), registry=label, already=taken.already, dry_run=dry_run)

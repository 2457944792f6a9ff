"""Owners of packs and scopes in a registry that is served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.outcome import Outcome
from skillctl.app.served import ServedRegistry, served_registry
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass

if TYPE_CHECKING:
    from skillctl_registry.endpoints.owners import Owners


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnersOutcome(Outcome):
    """Who owns something now."""

    name: str
    registry: str
    owners: tuple[str, ...]
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "registry": self.registry,
            "owners": list(self.owners),
            "dry_run": self.dry_run,
        }


def list_owners(settings: Settings, cwd: Path, name: str, registry: str) -> OwnersOutcome:
    """Who owns a pack or a scope. RegistryError E736 if there is no such thing."""
    served = served_registry(settings, cwd, registry)
    return _outcome(served, name, served.owners(name))


def add_owner(
    settings: Settings, cwd: Path, name: str, user: str, registry: str, *, dry_run: bool = False
) -> OwnersOutcome:
    """Make somebody an owner. RegistryError E722 if one is none oneself."""
    served = served_registry(settings, cwd, registry)
    return _outcome(served, name, served.add_owner(name, user, dry_run=dry_run), dry_run=dry_run)


def remove_owner(
    settings: Settings, cwd: Path, name: str, user: str, registry: str, *, dry_run: bool = False
) -> OwnersOutcome:
    """Make somebody an owner no more. RegistryError E738 for the last one."""
    served = served_registry(settings, cwd, registry)
    return _outcome(served, name, served.remove_owner(name, user, dry_run=dry_run), dry_run=dry_run)


def _outcome(served: ServedRegistry, name: str, owners: Owners, *, dry_run: bool = False) -> OwnersOutcome:
    return OwnersOutcome(
        name=name, registry=served.label, owners=owners.names, dry_run=dry_run, problems=owners.problems
    )

"""Owners: who may publish and yank a pack, and who may publish under a scope.

    GET    api/v1/owners?name=arcgis              {"owners": ["ada"]}
    POST   api/v1/owners                          {"name": "@acme", "user": "bob", "dry_run": false}
    DELETE api/v1/owners?name=@acme&user=bob      and dry_run=true

The first publish of a name makes its publisher the owner. A scope is an organisation, and its owners are its members:
they own every pack in it. An administrator begins a scope by giving it its first owner. A dry run is answered as the
change would be, by its owners or by the refusal. Where there is something to warn of, `problems` say it.
"""

from __future__ import annotations

from skillctl.core.diagnostics import Problem
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl.core.web import Request, Response
from skillctl_registry.endpoints.asking import API, asking, removing, telling
from skillctl_registry.endpoints.problems import problems_from_json, problems_to_json, succeeded

OWNERS = f"{API}owners"


@dataclass(frozen=True, kw_only=True, slots=True)
class Owners:
    """Who owns a pack or a scope."""

    names: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def owners_request(registry: str, name: str) -> Request:
    """Who owns a pack or a scope."""
    return asking(registry, OWNERS, {"name": name})


def add_owner_request(registry: str, name: str, user: str, *, dry_run: bool = False) -> Request:
    """One owner more."""
    return telling(registry, OWNERS, {"name": name, "user": user, "dry_run": dry_run})


def remove_owner_request(registry: str, name: str, user: str, *, dry_run: bool = False) -> Request:
    """One owner less."""
    return removing(registry, OWNERS, {"name": name, "user": user}, dry_run=dry_run)


def owners_response(response: Response, *, limits: Limits = LIMITS) -> Owners:
    """The owners as they are now. RegistryError with what the server says is wrong."""
    with succeeded(response, limits=limits) as fields:
        return Owners(names=fields.texts("owners"), problems=problems_from_json(fields))


def owners_to_json(owners: Owners) -> JsonObject:
    """The body of the answer."""
    return {"owners": list(owners.names), **problems_to_json(owners.problems)}

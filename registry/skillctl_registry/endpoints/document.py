"""What a server says that it can be asked: its OpenAPI document, at `<registry>/api/v1/openapi.json`.

A server that is older than a `dry_run` would not heed it, and do the thing. So whoever means a dry run reads first
whether the operation knows one; each server has told that of itself since there are servers.
"""

from __future__ import annotations

from skillctl.core.fields import Fields
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.web import Request, Response, joined
from skillctl_registry.endpoints.asking import API, asking
from skillctl_registry.endpoints.problems import succeeded

DOCUMENT = f"{API}openapi.json"
DRY_RUN = "dry_run"

_NOTHING = frozenset({404, 405, 410, 501})


def document_request(registry: str) -> Request:
    """The document."""
    return asking(registry, DOCUMENT)


def knows_dry_run(response: Response, registry: str, request: Request, *, limits: Limits = LIMITS) -> bool:
    """Whether the server whose document was answered heeds a dry run of that request to it."""
    if response.status in _NOTHING:
        return False
    path = "/" + request.url.partition("?")[0].removeprefix(joined(registry, ""))
    with succeeded(response, limits=limits) as fields:
        return DRY_RUN in _asked_for(_inside(fields, "paths", path, request.method.lower()))


def _asked_for(operation: Fields) -> set[str]:
    """The names of what an operation takes: parameters of the query, and members of a body."""
    body = _inside(operation, "requestBody", "content", "application/json", "schema")
    return {each.text("name") for each in operation.items("parameters")} | {*body.any_object("properties")}


def _inside(fields: Fields, *keys: str) -> Fields:
    """What lies there; nothing where a key is missing."""
    for key in keys:
        fields = Fields(fields.any_object(key), file="openapi.json")
    return fields

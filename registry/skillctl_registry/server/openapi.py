"""The OpenAPI document of the server, made of its table of endpoints."""

from __future__ import annotations

from skillctl.core.about import __version__
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import LIMITS
from skillctl_registry.endpoints.asking import API
from skillctl_registry.endpoints.releases import SIGNATURES
from skillctl_registry.server.routes import ROUTES, Route

_REFUSALS = {
    "400": "The request is not what the endpoint takes.",
    "401": "No token, or one that is not known.",
    "403": "The token may not do this, or its user doesn't own the pack.",
    "404": "There is no such thing.",
    "409": "It contradicts what is there: the version is taken, the name looks like another.",
    "413": "The body is too large.",
    "415": "The body is of another type.",
    "422": "The pack breaks a rule.",
    "429": "Too many requests; Retry-After says when to come again.",
}


def document() -> JsonObject:
    """The document."""
    paths: dict[str, dict[str, JsonValue]] = {}
    for each in ROUTES:
        paths.setdefault(f"/{each.path}", {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "skillctl registry",
            "version": __version__,
            "description": "What is written to a registry, and asked of it beside its files.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problems": _problems()},
        },
    }


def _operation(route: Route) -> JsonObject:
    operation: dict[str, JsonValue] = {
        "summary": route.about,
        "operationId": f"{route.method.lower()}_{route.path.removeprefix(API)}",
        "responses": {"200": _answer(route), **{status: _refusal(about) for status, about in _REFUSALS.items()}},
    }
    parameters = [_parameter(route, number) for number in range(len(route.parameters))]
    if route.takes == "archive":
        parameters.append(
            {
                "name": SIGNATURES,
                "in": "header",
                "description": "Signatures of authors, as JSON.",
                "schema": {"type": "string"},
            }
        )
        operation["requestBody"] = {
            "required": True,
            "description": f"A pack's archive, {LIMITS.archive_bytes} bytes at most.",
            "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
        }
    if route.takes == "json":
        schema: JsonObject = {"type": "object", "properties": route.body, "required": list(route.required)}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if parameters:
        operation["parameters"] = parameters
    if route.needs:
        operation["security"] = [{"token": []}]
        operation["description"] = "Needs a token." if route.needs == "token" else f"Needs a token for `{route.needs}`."
    return operation


def _parameter(route: Route, number: int) -> JsonObject:
    each = route.parameters[number]
    return {
        "name": each.name,
        "in": "query",
        "description": each.about,
        "required": each.required,
        "schema": each.schema,
    }


def _answer(route: Route) -> JsonObject:
    optional = {"expires"} if route.path.endswith("whoami") else set()
    schema: JsonObject = {
        "type": "object",
        "properties": route.gives,
        "required": [each for each in route.gives if each not in optional],
    }
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _refusal(about: str) -> JsonObject:
    content: JsonObject = {"application/json": {"schema": {"$ref": "#/components/schemas/Problems"}}}
    return {"description": about, "content": content}


def _problems() -> JsonObject:
    text: JsonObject = {"type": "string"}
    one: JsonObject = {
        "type": "object",
        "properties": {
            "code": text,
            "severity": text,
            "title": text,
            "hint": text,
            "evidence": {"type": "object"},
            "place": {"type": "object"},
        },
        "required": ["code", "title", "hint"],
    }
    problems: JsonObject = {"type": "array", "minItems": 1, "items": one}
    return {"type": "object", "properties": {"problems": problems}, "required": ["problems"]}

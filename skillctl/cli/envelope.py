"""The envelope: one JSON object on standard output, the same for every command (`--json`).

Its schema is published as `skillctl/formats/schemas/envelope.schema.json`. It is one line of ASCII, so that it is read
the same under every locale and nothing in it can move a terminal's cursor.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from skillctl.core.diagnostics import Diagnostic, Place
from skillctl.core.json_value import JsonObject, JsonValue

SCHEMA = "urn:skillctl:schema:envelope-1"
"""Changes when a program that reads envelopes would have to change; new members don't."""


def envelope(*, command: str, ok: bool, result: JsonValue, problems: Iterable[Diagnostic]) -> str:
    """The envelope's line, without a line end."""
    members: JsonObject = {
        "schema": SCHEMA,
        "command": command,
        "ok": ok,
        "result": result,
        "problems": [_problem(told) for told in problems],
    }
    return json.dumps(members, ensure_ascii=True, allow_nan=False, default=_plain)


def _problem(told: Diagnostic) -> JsonObject:
    return {
        "code": told.code,
        "severity": told.severity,
        "title": told.title,
        "detail": told.detail,
        "hint": told.hint,
        "place": _place(told.place),
    }


def _place(place: Place | None) -> JsonValue:
    if place is None:
        return None
    return {"file": place.file, "path": place.path, "line": place.line, "column": place.column}


def _plain(value: object) -> JsonValue:
    """Frozen values hold mappings and sequences that `json` does not know by name."""
    from collections.abc import Mapping, Sequence

    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")

"""Findings as SARIF 2.1.0, the form in which code hosts take what a check found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from skillctl.core.about import __version__
from skillctl.core.diagnostics import Place, Problem
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.wording import worded, wordings
from skillctl.formats.silence import Silenced

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"E": "error", "W": "warning", "N": "note"}


def sarif_text(*, rules: Sequence[JsonValue], results: Sequence[JsonValue]) -> str:
    """A document of one run."""
    driver: JsonObject = {"name": "skillctl", "semanticVersion": __version__, "rules": list(rules)}
    document: JsonObject = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": list(results)}],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def findings_as_sarif(problems: Iterable[Problem], silenced: Iterable[Silenced]) -> str:
    """Problems as results, those that were silenced with the reason; every rule that has one is described."""
    found = [(each, "") for each in problems] + [(each.problem, each.reason) for each in silenced]
    codes = sorted({each.code for each, _ in found})
    at = {code: index for index, code in enumerate(codes)}
    return sarif_text(
        rules=[_rule(code) for code in codes], results=[_result(each, at[each.code], reason) for each, reason in found]
    )


def _rule(code: str) -> JsonObject:
    words = wordings()[code]
    help_text = words.hint or words.about
    return {
        "id": code,
        "shortDescription": {"text": words.title},
        "fullDescription": {"text": words.about},
        "help": {"text": help_text},
        "defaultConfiguration": {"level": _LEVELS[code[0]]},
    }


def _result(each: Problem, rule: int, reason: str) -> JsonObject:
    told = worded(each)
    members: dict[str, JsonValue] = {
        "ruleId": each.code,
        "ruleIndex": rule,
        "level": told.severity,
        "message": {"text": f"{told.title}. Hint: {told.hint}" if told.hint else told.title},
    }
    location = _location(told.place)
    if location:
        members["locations"] = [location]
    if reason:
        members["suppressions"] = [{"kind": "inSource", "justification": reason}]
    return members


def _location(place: Place | None) -> Mapping[str, JsonValue]:
    if place is None or not place.file:
        return {}
    physical: dict[str, JsonValue] = {"artifactLocation": {"uri": quote(place.file, safe="/@:+~!$&'()*,;=")}}
    if place.line:
        region: dict[str, JsonValue] = {"startLine": place.line}
        if place.column:
            region["startColumn"] = place.column
        physical["region"] = region
    members: dict[str, JsonValue] = {"physicalLocation": physical}
    if place.path:
        members["logicalLocations"] = [{"fullyQualifiedName": place.path}]
    return members

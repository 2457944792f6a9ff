"""SARIF 2.1.0: the parts that code hosts read, each as the standard wants it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import jsonschema

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.formats.checks import examine_pack
from skillctl.formats.sarif import findings_as_sarif
from tests.support.packs import pack

# What the standard says of the parts that are written here (sections 3.13 to 3.35), in our own words.
SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "text": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}},
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {
                    "required": ["driver"],
                    "properties": {
                        "driver": {
                            "required": ["name"],
                            "properties": {
                                "semanticVersion": {"pattern": r"^\d+\.\d+\.\d+"},
                                "rules": {"items": {"$ref": "#/$defs/rule"}, "uniqueItems": True},
                            },
                        }
                    },
                },
                "results": {"items": {"$ref": "#/$defs/result"}},
            },
        },
        "rule": {
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                "shortDescription": {"$ref": "#/$defs/text"},
                "fullDescription": {"$ref": "#/$defs/text"},
                "help": {"$ref": "#/$defs/text"},
                "defaultConfiguration": {"properties": {"level": {"$ref": "#/$defs/level"}}},
            },
        },
        "level": {"enum": ["none", "note", "warning", "error"]},
        "result": {
            "required": ["message"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/$defs/level"},
                "message": {"$ref": "#/$defs/text"},
                "locations": {"items": {"$ref": "#/$defs/location"}},
                "suppressions": {
                    "items": {
                        "required": ["kind"],
                        "properties": {"kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}},
                    }
                },
            },
        },
        "location": {
            "properties": {
                "physicalLocation": {
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {"properties": {"uri": {"type": "string", "pattern": r"^[!-~]+$"}}},
                        "region": {
                            "properties": {
                                "startLine": {"type": "integer", "minimum": 1},
                                "startColumn": {"type": "integer", "minimum": 1},
                            }
                        },
                    },
                },
                "logicalLocations": {"items": {"required": ["fullyQualifiedName"]}},
            }
        },
    },
}


def run_of(text: str) -> dict[str, Any]:
    document = json.loads(text)
    jsonschema.validate(document, SHAPE)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_every_result_points_to_its_rule_and_place() -> None:
    files = {".env": "x\n", "ä b.md": "token = 'q8Zr2LmW0vTnPx41LsKd77'\n"}
    report = examine_pack(
        pack("tiny", files=files, license="mit", validate={"ignore": {"W122": "an example"}}), prefix="packs/tiny/"
    )
    run = run_of(findings_as_sarif(report.problems, report.silenced))
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(rules)
    found = {result["ruleId"]: result for result in run["results"]}
    assert set(found) == {"N116", "E122", "W122"}
    for code, result in found.items():
        assert rules[result["ruleIndex"]] == code
    assert [found[code]["level"] for code in ("N116", "E122", "W122")] == ["note", "error", "warning"]
    place = found["E122"]["locations"][0]["physicalLocation"]
    assert unquote(place["artifactLocation"]["uri"]) == "packs/tiny/ä b.md"
    assert place["region"] == {"startLine": 1, "startColumn": 10}
    assert found["W122"]["suppressions"] == [{"kind": "inSource", "justification": "an example"}]
    assert found["N116"]["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "$.license"}]


def test_nothing_found_is_a_run_without_results() -> None:
    assert run_of(findings_as_sarif([], []))["results"] == []


def test_a_problem_without_a_place_has_no_location() -> None:
    (result,) = run_of(findings_as_sarif([problem("N100")], []))["results"]
    assert "locations" not in result


def test_a_stricter_severity_is_the_results_own() -> None:
    found = Problem("W100", {"key": "x"}, Place(file="skill.json"), "error")
    (result,) = run_of(findings_as_sarif([found], []))["results"]
    assert result["level"] == "error"
    assert re.search("`x`", result["message"]["text"])

"""Which stacks a project has: cases as data, `detect/*.json`, and what a run command means.

    {"about": "a sentence", "files": {"path": "text"}, "stack": "", "run": "", "parts": [["folder", "stack"]],
     "because": "said of the primary part", "rejected": ["stacks that were seen in its folder and not taken"]}

`parts` are all of them, the primary one first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skillctl_runtime.detect import detect_parts, run_verb
from skillctl_runtime.files import PlanFiles
from skillctl_runtime.plan import Plan, PlanFile

CASES = sorted((Path(__file__).parent / "detect").glob("*.json"))
KEYS = {"about", "files", "stack", "run", "parts", "because", "rejected"}


def plan_of(case: dict[str, Any]) -> Plan:
    files = tuple(PlanFile(path=path, data=text.encode()) for path, text in case["files"].items())
    run = (case["run"],) if "run" in case else ()
    return Plan(name="x", files=files, run=run, stack=case.get("stack"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_project_has_the_parts_that_its_case_says(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    assert not set(case) - KEYS
    plan = plan_of(case)
    parts = detect_parts(plan, PlanFiles(plan))
    assert [[each.folder, each.stack] for each in parts] == case["parts"]
    assert [each.primary for each in parts] == [True, *[False] * (len(parts) - 1)][: len(parts)]
    for each in parts:
        assert each.because
    if "because" in case:
        assert case["because"] in parts[0].because
    if "rejected" in case:
        assert [each.stack for each in parts[0].rejected] == case["rejected"]


def test_every_part_stays_what_it_is_when_its_repairs_are_made() -> None:
    from tests.runtime.stacks.script_world import python

    repaired = python({"main.py": "import six\n", "web/package.json": "{}"}).repaired().plan
    before = detect_parts(repaired, PlanFiles(repaired))
    assert [(each.folder, each.stack) for each in before] == [("", "python"), ("web", "node")]


@pytest.mark.parametrize(
    ("line", "verb", "folder"),
    [
        ("python main.py", "python", ""),
        ("/usr/bin/python3.12 -m app", "python", ""),
        ("PORT=1 DEBUG=x npm start", "npm", ""),
        ("exec ./gradlew run", "gradlew", ""),
        ("cd api && uvicorn main:app", "uvicorn", "api"),
        ("cd api; cd v2; go run .", "go", "api/v2"),
        ("cd ../elsewhere && go run .", "go", ""),
        ("echo 'a && b' | cargo run", "cargo", ""),
        ("env A=1 java -jar x.jar", "java", ""),
        ("(cd web && npm run dev)", "npm", "web"),
        ("an 'unclosed", "", ""),
        ("", "", ""),
    ],
)
def test_a_run_command_means_the_program_that_it_ends_up_calling(line: str, verb: str, folder: str) -> None:
    assert run_verb(line) == (verb, folder)


def test_the_files_of_a_folder_are_those_below_it_and_no_others() -> None:
    paths = ("a", "a-b/c", "a.b", "a/b", "a/b/c", "a0/x", "b/a/d")
    plan = Plan(name="x", files=tuple(PlanFile(path=each, data=b"") for each in paths))
    files = PlanFiles(plan)
    assert files.under("a").paths() == ("b", "b/c")
    assert files.under("a").under("b").paths() == files.under("a/b").paths() == ("c",)
    assert files.under("").paths() == paths
    assert files.under("none").paths() == ()

"""The examples for hosts and bots: the YAML parses, the commands exist, the patterns find what they should."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from skillctl.core.project import ProjectFile, project_to_json
from skillctl.core.source import parse_request
from skillctl.formats.json_text import dump_json
from skillctl.formats.schema import schema
from tests.checkout import IN_CHECKOUT, ROOT
from tests.cli.conftest import Bench
from tests.docs.test_pages import unknown
from tests.docs.walk import steps
from tests.registry.making import NOW
from tests.support.packs import pack, publish_to, yank_in

pytestmark = pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")

CI = "docs/how-to/check-in-ci.md"
COMMIT = "docs/how-to/check-before-each-commit.md"
RENOVATE = "docs/how-to/keep-packs-current.md"


def files_of(page: str) -> dict[str, str]:
    """The files that the page has its reader write: path -> text."""
    if not IN_CHECKOUT:  # asked while tests are collected, before any of them is skipped
        return {}
    return {step.path: step.text for step in steps((ROOT / page).read_text(encoding="utf-8")) if step.path}


def hooks() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    assert isinstance(loaded, list)
    return loaded


def commands(workflow: dict[str, Any]) -> Iterator[str]:
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            yield from step.get("run", "").splitlines()


@pytest.mark.parametrize("path", files_of(CI))
def test_a_workflow_parses_and_its_commands_are_there(path: str) -> None:
    workflow = yaml.safe_load(files_of(CI)[path])
    ours = [line for line in commands(workflow) if line.startswith("skillctl")]
    assert ours
    assert [f"{line}: {word}" for line in ours for word in unknown(line)] == []


def test_the_hooks_are_those_that_the_page_shows_and_their_commands_are_there() -> None:
    config = yaml.safe_load(files_of(COMMIT)[".pre-commit-config.yaml"])
    (repository,) = config["repos"]
    assert {each["id"] for each in repository["hooks"]} == {each["id"] for each in hooks()}
    for each in hooks():
        assert list(unknown(each["entry"])) == []
        assert each["pass_filenames"] is False
    assert [
        word for each in repository["hooks"] for word in unknown(" ".join(["skillctl validate", *each.get("args", [])]))
    ] == []


@pytest.mark.parametrize(
    ("hook", "path", "is_looked_at"),
    [
        ("skillctl-validate", "skill.json", True),
        ("skillctl-validate", "packs/terraform/CONTEXT.md", True),
        ("skillctl-validate", "skills/terraform/scripts/run.sh", True),
        ("skillctl-validate", "src/main.py", False),
        ("skillctl-validate", "docs/skill.jsonl", False),
        ("skillctl-lock", "skillctl.json", True),
        ("skillctl-lock", "tools/skillctl.lock", True),
        ("skillctl-lock", "skillctl.json.bak", False),
    ],
)
def test_a_hook_runs_for_the_files_that_it_is_about(hook: str, path: str, is_looked_at: bool) -> None:
    (pattern,) = (each["files"] for each in hooks() if each["id"] == hook)
    assert (re.search(pattern, path) is not None) == is_looked_at


def test_a_hook_fails_where_a_pack_is_faulty_and_passes_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skillctl = Bench(tmp_path, monkeypatch)
    (entry,) = (each["entry"] for each in hooks() if each["id"] == "skillctl-validate")
    words = entry.split()[1:]
    assert skillctl("new", "terraform", "-d", "Writes Terraform", "--yes").status == 0
    (skillctl.project / "packs").mkdir()
    (skillctl.project / "terraform").rename(skillctl.project / "packs" / "terraform")
    assert skillctl(*words).status == 0
    (skillctl.project / "packs" / "terraform" / "CONTEXT.md").unlink()
    assert skillctl(*words).status == 1


def renovate() -> dict[str, Any]:
    loaded = json.loads(files_of(RENOVATE)["renovate.json"])
    assert isinstance(loaded, dict)
    return loaded


def test_the_bot_finds_every_constraint_in_a_project_file_as_skillctl_writes_it() -> None:
    (manager,) = renovate()["customManagers"]
    (pattern,) = manager["matchStrings"]
    wanted = {"arcgis": "^1.2.0", "@acme/tools": "~0.3.1", "exact": "==2.0.0", "early": "^1.0.0-beta.1", "any": "*"}
    project = ProjectFile(
        packs={name: parse_request(f"{name}@{constraint}").wanted for name, constraint in wanted.items()},
        agents=("claude-code",),
    )
    text = dump_json(project_to_json(project)).decode()
    found = {match["depName"]: match["currentValue"] for match in re.finditer(pattern.replace("(?<", "(?P<"), text)}
    assert found == {name: constraint for name, constraint in wanted.items() if constraint != "*"}
    (file_pattern,) = manager["managerFilePatterns"]
    assert re.search(file_pattern.strip("/").replace("\\/", "/"), "tools/skillctl.json")


def test_the_pattern_is_one_that_linear_engines_take() -> None:
    import re2  # type: ignore[import-untyped]

    (manager,) = renovate()["customManagers"]
    for pattern in (*manager["matchStrings"], *(each.strip("/") for each in manager["managerFilePatterns"])):
        re2.compile(pattern.replace("(?<", "(?P<"))


def test_the_bot_asks_where_a_registry_keeps_its_index_and_every_line_is_a_release(tmp_path: Path) -> None:
    registry = publish_to(tmp_path / "packs", pack("arcgis", "1.0.0"), pack("arcgis", "1.1.0"))
    yank_in(registry, "arcgis", "1.0.0")
    source = renovate()["customDatasources"]["skillctl"]
    template = source["defaultRegistryUrlTemplate"].removeprefix("https://packs.example.com/")
    address = template.replace("{{replace '^(..).*$' '$1' packageName}}", "ar").replace("{{packageName}}", "arcgis")
    lines = [json.loads(line) for line in (registry / address).read_text(encoding="utf-8").splitlines()]
    offered = [line["version"] for line in lines if "version" in line and "yanked" not in line]
    assert offered == ["1.1.0"]
    assert all(line["published"] == NOW for line in lines)


def test_the_envelope_that_the_reference_shows_keeps_to_its_schema() -> None:
    page = (ROOT / "docs" / "reference" / "envelope.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```json\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    jsonschema.validate(json.loads(shown), schema("envelope"))

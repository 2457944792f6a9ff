"""The ArcGIS pack holds together: what it names is where it says, each task loads little, nothing is said twice.

The installed layout is that of `skillctl.core.layout`: a skill's files at the root of its directory, and its context
files below, under their path in the pack.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache

import pytest

from skillctl.core.layout import lay_out
from skillctl.core.manifest import Manifest, manifest_from_json
from skillctl.core.tokens import estimated_tokens, listing_tokens
from skillctl.formats.json_text import load_json
from tests.packs.arcgis.checker.pack import PACK
from tests.packs.arcgis.loaded import page, pages
from tests.packs.arcgis.paragraphs import paragraphs, repeated

COMMANDS = ("arcgis", "arcgis-discover", "arcgis-ingest", "arcgis-project", "arcgis-setup")
SPECIFIED = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}
REFERENCES = tuple(each.name for each in pages() if each.name.startswith("references/"))

MOST_TOKENS = {"CONTEXT.md": 3_000, "SKILL.md": 4_500, "reference": 6_000}
MOST_TOKENS_OF_A_TASK = 15_000
MOST_TOKENS_OF_DESCRIPTIONS = 700
LEAST_LINES_OF_KNOWLEDGE = 5_600
MOST_LINES_OF_A_REFERENCE = 450
SHARE = 0.4
"""Of the shorter of two paragraphs, in runs of eight words: more is the same paragraph again."""

LEFT_BY_TOOLS = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".DS_Store"}
PATH = re.compile(
    r"(?<![\w/.:\\-])(?:(?:references|scripts|projects|plans|examples)/[\w./-]*\w|[A-Z]+\.md\b|[\w-]+\.md\b)"
)
ROW = re.compile(r"^\|(.+)\|\s*$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A row of a table that says what to read for what."""

    command: str
    about: str
    references: tuple[str, ...]


@cache
def manifest() -> Manifest:
    return manifest_from_json(
        load_json((PACK / "skill.json").read_bytes(), file="skill.json", max_bytes=100_000, max_depth=20)
    )


@cache
def installed() -> dict[str, frozenset[str]]:
    """Command -> the paths in its installed directory."""
    files = [path.relative_to(PACK).as_posix() for path in PACK.rglob("*") if path.is_file()]
    shipped = [path for path in files if not LEFT_BY_TOOLS & set(path.split("/"))]
    return {skill: frozenset(paths) for skill, paths in lay_out(manifest(), shipped).items()}


def skill_text(command: str) -> str:
    return page(f"skills/{command}/SKILL.md").text


def tokens(path: str) -> int:
    return estimated_tokens((PACK / path).read_bytes())


def front_matter(text: str) -> dict[str, str]:
    """Field -> value as written, of front matter that has one field a line; any other form fails."""
    opening, block, _ = text.split("---\n", 2)
    assert opening == ""
    pairs = [re.fullmatch(r"([a-z-]+): (\S.*)", line) for line in block.splitlines()]
    assert all(pairs), block
    return {pair[1]: pair[2] for pair in pairs if pair is not None}


def named_paths(text: str) -> set[str]:
    return {found.rstrip(".") for found in PATH.findall(text)} - {"arcpy.md"}


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in found[1].split("|")] for found in ROW.finditer(text)]


@cache
def tasks() -> tuple[Task, ...]:
    """What the SKILL.md of each command says to read for a task, and what the router says."""
    found = [
        Task(command=command, about=row[0], references=tuple(sorted(path for path in named_paths(" ".join(row[1:])))))
        for command in COMMANDS
        for row in rows(skill_text(command))
        if any(path.startswith("references/") for path in named_paths(" ".join(row[1:])))
    ]
    for row in rows(page("CONTEXT.md").prose):
        stems = [f"references/{name}.md" for name in CODE.findall(row[-1]) if f"references/{name}.md" in REFERENCES]
        routed = routed_to(row) if stems else ()
        found += [Task(command=command, about=row[0], references=tuple(stems)) for command in routed]
    return tuple(found)


def routed_to(row: list[str]) -> tuple[str, ...]:
    named = [name.removeprefix("/") for name in CODE.findall(row[1]) if name.removeprefix("/") in COMMANDS]
    return tuple(named) or COMMANDS


class TestTheManifest:
    def test_it_lists_the_five_commands_and_nothing_else(self) -> None:
        assert sorted(installed()) == sorted(COMMANDS)
        assert sorted(path.parent.name for path in PACK.glob("skills/*/SKILL.md")) == sorted(COMMANDS)

    def test_every_context_file_is_in_the_pack(self) -> None:
        for entry in manifest().skills or ():
            for path in entry.context_files or ():
                assert (PACK / path).exists(), path

    def test_plans_are_files_of_the_pack(self) -> None:
        for name, path in manifest().plans.items():
            assert (PACK / path).is_file(), name


class TestASkill:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_front_matter_has_only_specified_fields_and_a_quoted_description(self, command: str) -> None:
        fields = front_matter(skill_text(command))
        assert set(fields) <= SPECIFIED
        assert fields["name"] == command
        description = fields["description"]
        assert description[0] == description[-1] == '"'
        assert len(description) <= 352, "a description is loaded in every session: 350 characters"
        assert "Use when" in description

    @pytest.mark.parametrize("command", COMMANDS)
    def test_it_has_120_to_250_lines(self, command: str) -> None:
        assert 120 <= len(skill_text(command).splitlines()) <= 250

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_path_that_it_names_is_beside_it(self, command: str) -> None:
        named = {path for path in named_paths(skill_text(command)) if not path.startswith("SKILL")}
        assert "CONTEXT.md" in named
        here = installed()[command]
        folders = {"/".join(path.split("/")[:depth]) for path in here for depth in range(1, path.count("/") + 1)}
        assert named - here - folders == set()

    @pytest.mark.parametrize("command", COMMANDS)
    def test_it_carries_no_reference_that_it_does_not_name(self, command: str) -> None:
        carried = {path for path in installed()[command] if path.startswith("references/")}
        routed = {path for task in tasks() if task.command == command for path in task.references}
        assert carried - named_paths(skill_text(command)) - routed == set()


class TestTheRouter:
    def test_it_sends_each_task_to_a_command_that_carries_the_references(self) -> None:
        assert len(tasks()) >= 30
        for task in tasks():
            assert set(task.references) <= installed()[task.command], task

    def test_it_names_every_reference_and_no_path_because_it_lies_beside_every_command(self) -> None:
        prose = page("CONTEXT.md").prose
        assert not re.findall(r"references/[\w-]", prose)
        stems = {name for row in rows(prose) for name in CODE.findall(row[-1])}
        assert {path.removeprefix("references/").removesuffix(".md") for path in REFERENCES} <= stems

    def test_every_reference_is_reachable_from_a_command(self) -> None:
        assert {path for task in tasks() for path in task.references} >= set(REFERENCES)
        assert {path for paths in installed().values() for path in paths} >= set(REFERENCES)

    def test_references_are_one_level_deep_and_send_to_no_further_file(self) -> None:
        for name in REFERENCES:
            assert name.count("/") == 1
            assert named_paths(page(name).prose) == set(), name


class TestSize:
    def test_the_knowledge_has_at_least_5600_lines(self) -> None:
        assert sum(len(page(name).lines) for name in ("CONTEXT.md", *REFERENCES)) >= LEAST_LINES_OF_KNOWLEDGE

    @pytest.mark.parametrize("name", REFERENCES)
    def test_a_reference_is_short_enough_to_be_read_whole(self, name: str) -> None:
        assert 80 <= len(page(name).lines) <= MOST_LINES_OF_A_REFERENCE
        assert tokens(name) <= MOST_TOKENS["reference"], tokens(name)

    def test_the_router_is_short(self) -> None:
        assert tokens("CONTEXT.md") <= MOST_TOKENS["CONTEXT.md"], tokens("CONTEXT.md")

    @pytest.mark.parametrize("command", COMMANDS)
    def test_a_command_is_short(self, command: str) -> None:
        path = f"skills/{command}/SKILL.md"
        assert tokens(path) <= MOST_TOKENS["SKILL.md"], tokens(path)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_a_task_with_the_references_that_it_names_stays_below_fifteen_thousand_tokens(self, command: str) -> None:
        base = tokens(f"skills/{command}/SKILL.md") + tokens("CONTEXT.md")
        cost = {task.about: base + sum(map(tokens, task.references)) for task in tasks() if task.command == command}
        assert {about: spent for about, spent in cost.items() if spent >= MOST_TOKENS_OF_A_TASK} == {}

    def test_descriptions_together_stay_below_seven_hundred_tokens(self) -> None:
        described = {command: front_matter(skill_text(command))["description"].strip('"') for command in COMMANDS}
        assert sum(listing_tokens(*each) for each in described.items()) < MOST_TOKENS_OF_DESCRIPTIONS


class TestNothingIsSaidTwice:
    def test_no_paragraph_stands_in_another(self) -> None:
        """Example projects fill in the template: they have its headings and tables by right."""
        filled = re.compile(r"projects/(?!README)")
        every = [paragraph for each in pages() if not filled.match(each.name) for paragraph in paragraphs(each)]
        again = [f"{one} and {other}: {share:.0%}" for one, other, share in repeated(every, share=SHARE)]
        assert again == []

    def test_no_block_of_code_stands_twice(self) -> None:
        seen: dict[str, str] = {}
        for each in pages():
            for block in each.blocks:
                if block.language == "python" and len(block.text.splitlines()) >= 6:
                    at = f"{each.name}:{block.line}"
                    assert block.text not in seen, f"{at} and {seen[block.text]}"
                    seen[block.text] = at

    def test_no_function_is_written_out_twice(self) -> None:
        seen: dict[str, str] = {}
        for each in pages():
            for block in (block for block in each.blocks if block.language == "python"):
                for node in ast.parse(block.text).body:
                    if isinstance(node, ast.FunctionDef) and len(node.body) >= 4:
                        body, at = ast.dump(node), f"{each.name}:{block.line + node.lineno - 1}"
                        assert body not in seen, f"{at} and {seen[body]}"
                        seen[body] = at


class TestGotchas:
    def test_each_has_symptom_cause_and_cure(self) -> None:
        entries = [each for each in re.split(r"\n\s*\n", page("references/gotchas.md").prose) if each.startswith("**")]
        assert len(entries) >= 48
        for entry in entries:
            symptom, *rest = entry.splitlines()
            assert re.fullmatch(r"\*\*.+\*\*", symptom), entry
            text = "\n".join(rest)
            assert re.search(r"^Cause: \S", text, re.MULTILINE), entry
            assert re.search(r"^Cure: \S", text, re.MULTILINE), entry
            assert text.index("Cause:") < text.index("Cure:"), entry

    def test_no_symptom_stands_twice(self) -> None:
        symptoms = re.findall(r"^\*\*(.+)\*\*$", page("references/gotchas.md").prose, re.MULTILINE)
        assert len({each.lower() for each in symptoms}) == len(symptoms)


def test_the_readme_says_why_the_knowledge_is_a_router_with_references() -> None:
    readme = page("README.md").text.lower()
    assert "router" in readme
    assert "token" in readme

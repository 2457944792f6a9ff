"""The ArcGIS pack holds together: what it names is where it says, every example parses, and it stays cheap to load.

Whether the arcpy names in it exist needs lists that are not part of this check; here is what the pack's own files can
prove. The installed layout is: a skill's files at the root of its directory, and its context files below, under their
path in the pack.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from skillctl.edges.bundled import packs_directory

PACK = Path(packs_directory()) / "arcgis"
COMMANDS = ("arcgis", "arcgis-discover", "arcgis-ingest", "arcgis-project", "arcgis-setup")
SPECIFIED = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMED_FILE = re.compile(r"(?:references/[\w.-]+|\b[A-Z]+\.md\b|[\w-]+\.md\b)")
ROUTE = re.compile(r"^\| .+ \| (`/[a-z-]+`|any) \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Skill:
    """One command: its directory's name, the text of its SKILL.md, and what is copied below its directory."""

    name: str
    text: str
    context_files: frozenset[str]


def tokens(text: str) -> int:
    """An estimate: four bytes are one token."""
    return len(text.encode()) // 4


def read(path: str) -> str:
    return (PACK / path).read_text(encoding="utf-8")


def manifest() -> dict[str, object]:
    read_back = json.loads(read("skill.json"))
    assert isinstance(read_back, dict)
    return read_back


def skills() -> tuple[Skill, ...]:
    """The skills with their installed context files; a pack-level file goes to each that does not say otherwise."""
    listed, shared = manifest()["skills"], manifest()["context_files"]
    assert isinstance(listed, list)
    assert isinstance(shared, list)
    return tuple(
        Skill(
            name=PurePosixPath(each["path"]).name,
            text=read(f"{each['path']}/SKILL.md"),
            context_files=frozenset(each.get("context_files", shared)),
        )
        for each in listed
    )


def skill(name: str) -> Skill:
    return next(each for each in skills() if each.name == name)


def front_matter(text: str) -> dict[str, str]:
    """Field -> value as written, of front matter that has one field a line; any other form fails."""
    opening, block, _ = text.split("---\n", 2)
    assert opening == ""
    pairs = [re.fullmatch(r"([a-z-]+): (\S.*)", line) for line in block.splitlines()]
    assert all(pairs), block
    return {pair[1]: pair[2] for pair in pairs if pair is not None}


def markdown_files() -> list[str]:
    return sorted(path.relative_to(PACK).as_posix() for path in PACK.rglob("*.md"))


def references() -> list[str]:
    return [path for path in markdown_files() if path.startswith("references/")]


def prose(text: str) -> str:
    return FENCE.sub("", text)


def routes() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The rows of the router: commands, and the references that they read for the task."""
    rows: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        (COMMANDS if command == "any" else (command.strip("`/"),), tuple(re.findall(r"`([\w-]+)`", named)))
        for command, named in ROUTE.findall(read("CONTEXT.md"))
    ]
    assert rows
    return rows


def test_the_manifest_lists_the_five_commands_and_nothing_else() -> None:
    assert sorted(each.name for each in skills()) == sorted(COMMANDS)
    assert sorted(path.parent.name for path in PACK.glob("skills/*/SKILL.md")) == sorted(COMMANDS)


def test_every_context_file_is_in_the_pack_and_meets_no_file_of_a_skill() -> None:
    for each in skills():
        for path in each.context_files:
            assert (PACK / path).is_file(), path
            assert not (PACK / "skills" / each.name / path).exists(), path


@pytest.mark.parametrize("name", COMMANDS)
def test_front_matter_has_only_specified_fields_and_a_quoted_description(name: str) -> None:
    fields = front_matter(skill(name).text)
    assert set(fields) <= SPECIFIED
    assert fields["name"] == name
    description = fields["description"]
    assert description[0] == description[-1] == '"'
    assert len(description) <= 352, "a description is loaded in every session: 350 characters"
    assert "Use when" in description


def test_descriptions_together_stay_below_seven_hundred_tokens() -> None:
    assert sum(tokens(front_matter(each.text)["description"]) for each in skills()) < 700


@pytest.mark.parametrize("path", markdown_files())
def test_every_fence_names_its_language_and_every_python_block_parses(path: str) -> None:
    text = read(path)
    blocks = FENCE.findall(text)
    assert text.count("```") == 2 * len(blocks), "a fence is open, or stands inside a line"
    for language, code in blocks:
        assert language, f"a block without a language begins {code[:40]!r}"
        if language == "python":
            ast.parse(code, filename=path)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_file_that_a_skill_names_is_beside_it(name: str) -> None:
    named = set(NAMED_FILE.findall(prose(skill(name).text)))
    assert "CONTEXT.md" in named
    assert named <= skill(name).context_files


@pytest.mark.parametrize("name", COMMANDS)
def test_a_skill_carries_no_file_that_it_does_not_name(name: str) -> None:
    assert skill(name).context_files <= set(NAMED_FILE.findall(skill(name).text))


def test_the_router_sends_each_task_to_a_command_that_carries_the_references() -> None:
    for commands, names in routes():
        assert names
        for command in commands:
            for stem in names:
                assert f"references/{stem}.md" in skill(command).context_files, (command, stem)


def test_the_router_names_no_path_because_it_is_copied_beside_every_command() -> None:
    assert not re.findall(r"references/[\w-]", prose(read("CONTEXT.md")))


def test_every_reference_is_reachable_from_the_router_and_from_a_skill() -> None:
    routed = {f"references/{stem}.md" for _, names in routes() for stem in names}
    carried = {path for each in skills() for path in each.context_files}
    assert set(references()) == routed
    assert set(references()) <= carried


@pytest.mark.parametrize("path", references())
def test_a_reference_names_no_other_file_of_the_pack(path: str) -> None:
    assert not NAMED_FILE.findall(prose(read(path)))


def test_sizes_stay_in_their_bounds() -> None:
    bounds = {"CONTEXT.md": (1, 120)}
    bounds |= dict.fromkeys(references(), (100, 220))
    bounds |= {f"skills/{name}/SKILL.md": (120, 250) for name in COMMANDS}
    for path, (least, most) in bounds.items():
        assert least <= len(read(path).splitlines()) <= most, path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_task_with_its_three_largest_references_stays_below_fifteen_thousand_tokens(name: str) -> None:
    carried = skill(name).context_files
    sizes = sorted((tokens(read(path)) for path in carried if path.startswith("references/")), reverse=True)
    assert tokens(skill(name).text) + tokens(read("CONTEXT.md")) + sum(sizes[:3]) < 15_000


def test_no_paragraph_stands_in_the_pack_twice() -> None:
    seen: dict[str, str] = {}
    for path in markdown_files():
        for paragraph in re.split(r"\n\s*\n", prose(read(path))):
            words = " ".join(paragraph.split())
            if len(words) > 80:
                assert words not in seen, f"{path} and {seen[words]}: {words[:60]}"
                seen[words] = path

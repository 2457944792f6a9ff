"""The pack that teaches skillctl is true: every command line in it runs, in the order in which it stands there.

The commands in the middle of a sentence or of a table run too. See `tests.docs.walk` for what a page means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from skillctl.app.config import load_settings
from skillctl.app.validate import ValidateRequest, validate
from skillctl.cli.table import ENTRIES, KEEP, entry_at, expanded
from skillctl.core.wording import wordings
from skillctl.edges.bundled import packs_directory
from tests.docs.walk import World, mentioned, outer_path, steps
from tests.support.packs import pack, publish_to, skill_text, write_pack

PACK = Path(packs_directory()) / "skillctl"
SKILLS = ("skillctl", "skillctl-author", "skillctl-guard", "skillctl-publish", "skillctl-runtime")
PAGES = ("CONTEXT.md", "README.md", *(f"skills/{name}/SKILL.md" for name in SKILLS))


def nothing(world: World) -> None:
    """A page that takes nothing for granted."""


def for_a_user(world: World) -> None:
    """A pack in three versions in the user's own registry, and one in a directory."""
    write_pack(world.where, "drafts", pack("drafts"))
    write_pack(world.where, "sketches", {"SKILL.md": skill_text("sketches")})
    publish_to(world.registry, *(pack("terraform", version) for version in ("1.0.0", "1.1.0", "2.0.0")))


def for_an_author(world: World) -> None:
    """The pack that the author's pack depends on."""
    publish_to(world.registry, pack("cloud-base", "1.0.0"))


def for_a_publisher(world: World) -> None:
    """A pack that was never published."""
    files = pack("terraform", "0.1.0", license="MIT")
    for path, data in files.items():
        (world.where / "terraform" / path).parent.mkdir(parents=True, exist_ok=True)
        (world.where / "terraform" / path).write_bytes(data)


def for_the_careful(world: World) -> None:
    """A pack that is installed."""
    world.walk("```sh\nskillctl install arcgis\n```")


BEFORE: Mapping[str, Callable[[World], None]] = {
    "skills/skillctl/SKILL.md": for_a_user,
    "skills/skillctl-author/SKILL.md": for_an_author,
    "skills/skillctl-guard/SKILL.md": for_the_careful,
    "skills/skillctl-publish/SKILL.md": for_a_publisher,
}


def read(page: str) -> str:
    return (PACK / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_line_of_the_pack_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path.resolve(), monkeypatch, outer_path())
    BEFORE.get(page, nothing)(world)
    ran = world.walk(read(page), inline=True)
    assert ran == len([said for _, said in mentioned(read(page))])


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("`skillctl instal arcgis`", "E020"),
        ("```sh\nskillctl install arcgis --fast\n```", "E021"),
        ("```sh\nskillctl install nothing-of-this-name\n```", "E302"),
        ("```console\n$ skillctl config get agents\nclaude-code\n```", "(none)"),
    ],
)
def test_a_command_line_that_is_wrong_is_found(
    page: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path.resolve(), monkeypatch, outer_path())
    with pytest.raises(AssertionError) as found:
        world.walk(page, inline=True)
    assert said in str(found.value)


def test_the_pack_has_nothing_that_a_strict_check_would_mind(tmp_path: Path) -> None:
    settings = load_settings({"HOME": str(tmp_path)})
    outcome = validate(settings, ValidateRequest(cwd=tmp_path, paths=(PACK,), strict=True))
    assert outcome.ok
    assert not [each for each in outcome.problems if each.severity != "note"]


@pytest.mark.parametrize("name", SKILLS)
def test_a_skill_is_short_and_says_in_quotes_when_to_use_it(name: str) -> None:
    lines = read(f"skills/{name}/SKILL.md").splitlines()
    assert len(lines) <= 200
    (description,) = (line for line in lines[:6] if line.startswith("description: "))
    assert description.startswith('description: "')
    assert " Use when " in description


def test_every_command_that_works_on_packs_is_taught() -> None:
    taught = {named(said) for page in PAGES for _, said in mentioned(read(page))}
    expected = {entry.name for entry in ENTRIES if entry.section != KEEP}
    assert expected - taught == {"init", "runtime generate"}, (
        "`install` makes a project by itself, and an agent is a model itself"
    )


def test_a_code_that_is_explained_is_one_that_there_is() -> None:
    codes = {code for page in PAGES for code in re.findall(r"\b[EWN]\d{3}\b", read(page))}
    assert codes
    assert codes - set(wordings()) == set()


def named(said: str) -> str:
    found = entry_at(expanded(said.split()[1:]))
    return found[0].name if found else ""


def test_nothing_is_taught_that_is_only_shown() -> None:
    """Blocks of text are not run, so no command line may hide in one."""
    for page in PAGES:
        run = {step.command.split("#")[0].strip() for step in steps(read(page), inline=True)}
        assert {said.split("#")[0].strip() for _, said in mentioned(read(page))} <= run, page

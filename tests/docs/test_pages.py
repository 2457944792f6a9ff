"""What the pages say is so: commands run, links lead somewhere, and no command is named that isn't there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from skillctl.cli.leaf import leaf
from skillctl.cli.table import ENTRIES, GROUPS, entry_at, expanded
from tests.checkout import IN_CHECKOUT, ROOT
from tests.docs.walk import Step, World, first_missing, mentioned, outer_path, steps
from tests.support.packs import pack, publish_to, skill_text, write_pack
from tests.support.repositories import Repository

pytestmark = pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_CODE = re.compile(r"^( *)```.*?^\1```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def written() -> list[str]:
    """The pages for readers, relative to the root."""
    folders = [path for folder in ("docs", "packs") for path in (ROOT / folder).rglob("*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *folders))


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def walked() -> list[str]:
    """The pages that have something to run. Those of a pack have tests of their own."""
    return [page for page in written() if not page.startswith("packs/") and steps(text_of(page))]


# --- what a page takes for granted ------------------------------------------------------------------------------------


def nothing(world: World) -> None:
    """A page that takes nothing for granted."""


def in_a_project(world: World) -> None:
    """A project that has arcgis, for Claude Code."""
    do(world, "skillctl install arcgis --agent claude-code")


def with_a_pack(world: World) -> None:
    """A pack that its author has just begun, in the directory that the page is read in."""
    do(world, 'skillctl new terraform -d "Write and review Terraform modules" --author "Ann"')


def with_releases(world: World) -> None:
    """A pack in two versions in the default registry, and a project that has the newer one."""
    publish_to(world.registry, pack("terraform", "1.1.0"), pack("terraform", "1.2.0"))
    do(world, "skillctl install terraform")


def with_a_conflict(world: World) -> None:
    """Two packs that need different versions of a third."""
    charts = [pack("charts", version) for version in ("1.0.0", "1.5.0", "2.0.0")]
    publish_to(world.registry, *charts, pack("reports", "1.0.0", "charts ^1"), pack("dashboards", "1.0.0", "charts ^2"))


def with_a_team_registry(world: World) -> None:
    """A directory that the team publishes to, and a pack of somebody's own in the default registry."""
    publish_to(world.shared / "packs", pack("@acme/tools", "1.0.0"), pack("terraform", "3.0.0"))
    publish_to(world.registry, pack("terraform", "1.2.0"))


def with_a_fresh_clone(world: World) -> None:
    """A project as git brings it: its two files, and nothing that is ignored."""
    in_a_project(world)
    do(world, "rm -r .claude .skillctl")


def with_two_projects(world: World) -> None:
    """Two versions in the store, of which one is needed."""
    with_releases(world)
    do(world, "skillctl install terraform@==1.1.0")


def with_other_places(world: World) -> None:
    """A marketplace in a git repository that the team shares, and a pack in a directory of the project."""
    plugins = {"charts": ("charts",), "maps": ("map-draw", "map-read")}
    entries = [{"name": name, "source": f"./{name}", "description": f"What {name} does."} for name in plugins]
    files = {".claude-plugin/marketplace.json": json.dumps({"name": "tools", "plugins": entries}).encode()}
    for name, skills in plugins.items():
        files |= {f"{name}/skills/{each}/SKILL.md": skill_text(each) for each in skills}
    Repository(world.shared / "tools").commit(files)
    write_pack(world.where, "drafts", pack("drafts"))


def with_newer_releases(world: World) -> None:
    """A project with `maps` 1.0.0, of which there are two newer releases; one runs a command when it is loaded."""
    publish_to(world.registry, pack("maps"))
    do(world, "skillctl install maps --agent claude-code")
    new = {"skills/maps/new.md": "x"}
    more = pack("maps", "1.1.0", files=new, text="Now !`git log`", permissions={"network": ["example.com"]})
    publish_to(world.registry, more, pack("maps", "2.0.0"))


def with_two_that_need_one(world: World) -> None:
    """Two packs that need a third."""
    charts = [pack("charts", version) for version in ("1.0.0", "1.5.0", "2.0.0")]
    needing = (pack("reports", "1.0.0", "charts >=1.2"), pack("dashboards", "1.0.0", "charts ^1"))
    publish_to(world.registry, *charts, *needing)
    do(world, "skillctl install reports dashboards")


BEFORE: Mapping[str, Callable[[World], None]] = {
    "docs/how-to/choose-registries.md": with_a_team_registry,
    "docs/how-to/choose-versions.md": with_newer_releases,
    "docs/how-to/commit-skills.md": in_a_project,
    "docs/how-to/edited-files-and-foreign-skills.md": in_a_project,
    "docs/how-to/find-out-why.md": with_two_that_need_one,
    "docs/how-to/free-the-cache.md": with_two_projects,
    "docs/how-to/install-from-anywhere.md": with_other_places,
    "docs/how-to/keep-to-a-budget.md": in_a_project,
    "docs/how-to/let-other-tools-install.md": with_a_team_registry,
    "docs/how-to/publish-to-a-team-directory.md": with_a_pack,
    "docs/how-to/sign-a-registry.md": with_a_pack,
    "docs/how-to/use-a-company-registry.md": with_a_pack,
    "docs/how-to/sign-your-releases.md": with_a_pack,
    "docs/how-to/publish-with-confidence.md": with_a_pack,
    "docs/how-to/resolve-a-conflict.md": with_a_conflict,
    "docs/how-to/restore-in-ci.md": with_a_fresh_clone,
    "docs/how-to/update-safely.md": with_newer_releases,
    "docs/how-to/verify.md": in_a_project,
    "docs/how-to/write-a-pack.md": with_a_pack,
    "docs/how-to/yank.md": with_releases,
}


def do(world: World, command: str) -> None:
    world.take(Step(line=0, command=command))


# --- the tests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", walked())
def test_what_a_page_tells_the_reader_to_do_works_as_it_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path.resolve(), monkeypatch, outer_path())
    BEFORE.get(page, nothing)(world)
    world.walk(text_of(page))


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-pack.md"])
def test_the_pages_that_newcomers_read_have_commands_to_run(page: str) -> None:
    assert len(steps(text_of(page))) > 5


@pytest.mark.parametrize("page", written())
def test_a_page_names_only_commands_and_options_that_there_are(page: str) -> None:
    assert [f"{page}:{line}: {said}" for line, said in mentioned(text_of(page)) for _ in unknown(said)] == []


@pytest.mark.parametrize("page", written())
def test_a_link_leads_to_a_page_and_a_heading_that_there_are(page: str) -> None:
    broken = [link for link in links(page) if not leads_somewhere(page, link)]
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set[str](), ["docs/index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += [each for link in links(page) for each in behind(target(page, link)[0])]
    assert {page for page in written() if page.startswith("docs/")} - reached == set()


def test_what_is_prepared_is_prepared_for_a_page_that_there_is() -> None:
    assert set(BEFORE) - set(walked()) == set()


@pytest.mark.parametrize(
    "said", ["skillctl instal x", "skillctl install --fast", "skillctl config frobnicate", "skillctl list -x"]
)
def test_a_command_or_option_that_is_not_there_is_seen(said: str) -> None:
    assert list(unknown(said))


@pytest.mark.parametrize(
    "said",
    ["skillctl", "skillctl --help", "skillctl add -a codex x", "skillctl config", "skillctl config get|set|list",
     "skillctl new x --template=dir --yes", "skillctl install --registry REGISTRY", "skillctl help install"],
)  # fmt: skip
def test_a_command_line_that_is_there_is_left_alone(said: str) -> None:
    assert not list(unknown(said))


def test_shown_output_is_found_in_its_order_whatever_stands_between() -> None:
    said = "made it\n+ base  1.5.0\n\ntree1:00ff in /srv\n"
    assert first_missing(("+ base 1.5.0", "…", "tree1:… in /srv"), said) is None
    assert first_missing(("tree1:… in /srv", "+ base 1.5.0"), said) == "+ base 1.5.0"
    assert first_missing(("base",), said) == "base"


# --- reading ----------------------------------------------------------------------------------------------------------


def unknown(said: str) -> Iterator[str]:
    """The words of a command line that name no command, and the options that it does not have."""
    words = said.removeprefix("skillctl").split()
    if not words or words[0].startswith(("-", "{")):
        return
    words = expanded(words)
    found = entry_at([word.rstrip(".,;") for word in words])
    if found is None:
        group = next((group for group in GROUPS if group.name == words[0]), None)
        members = {entry.name.partition(" ")[2] for entry in ENTRIES}
        if group is None or any(each not in members for word in words[1:2] for each in word.split("|")):
            yield words[0]
        return
    entry, length = found
    known = {"--help", "-h", *(name for each in leaf(entry).params for name in each.opts)}
    for word in words[length:]:
        option = word.partition("=")[0].strip("[]")
        if re.fullmatch(r"--?[a-z][a-z-]*", option) and option not in known:
            yield option


def links(page: str) -> list[str]:
    """The links of a page to other pages and files, those in code left out."""
    found = _LINK.findall(_CODE.sub("", text_of(page)))
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def target(page: str, link: str) -> tuple[str, str]:
    """The file, relative to the root, and the heading that a link leads to."""
    path, _, heading = link.partition("#")
    folder = (ROOT / page).parent
    return ((folder / path).resolve().relative_to(ROOT).as_posix() if path else page), heading


def behind(path: str) -> list[str]:
    """The pages that a link to this path opens: the page, or those of a folder."""
    if (ROOT / path).is_dir():
        return [each for each in written() if each.startswith(f"{path}/")]
    return [path] if path.endswith(".md") else []


def leads_somewhere(page: str, link: str) -> bool:
    if page.startswith("packs/") and "/skills/" in page:  # context files are installed beside the skill
        return any((ROOT / each / link).exists() for each in (Path(page).parent, Path(*Path(page).parts[:2])))
    path, heading = target(page, link)
    if not (ROOT / path).exists():
        return False
    return not heading or heading in {anchor(each) for each in _HEADING.findall(text_of(path))}


def anchor(heading: str) -> str:
    """What a heading is called in a link, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")

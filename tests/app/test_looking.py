"""`outdated`, `tree`, `why`, `info` and `diff`: they tell what is, and write nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.app.diff import DiffOutcome, diff
from skillctl.app.info import InfoOutcome, info
from skillctl.app.lock_graph import Edge, LockGraph, lock_graph
from skillctl.app.outdated import OutdatedOutcome, outdated
from skillctl.app.tree import TreeOutcome, tree
from skillctl.app.why import WhyOutcome, chains_to, why
from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.lockfile import Lock, LockedPack
from skillctl.core.project import ProjectFile
from skillctl.core.requirements import Constraint
from skillctl.core.source import Wanted
from skillctl.core.versions import Version
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack, skill_text, write_pack
from tests.support.repositories import Repository

Run = Callable[..., Ran]


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """`maps` and `charts` 1.0.0 need `base`; of each there is more."""
    machine.publish(pack("base"), pack("maps", "1.0.0", "base ^1.0"), pack("charts", "1.0.0", "maps", "base >=1"))
    machine.install("maps", "charts")
    return machine


def tell(machine: Machine, **options: Any) -> OutdatedOutcome:
    return outdated(machine.settings(), machine.project, **options)


# --- outdated


def test_where_everything_is_the_newest_nothing_is_outdated(machine: Machine) -> None:
    before = machine.seen()
    assert (tell(machine).packs, tell(machine).looked_at) == ((), 3)
    assert machine.seen() == before


def test_what_update_would_take_and_what_there_is_are_told(machine: Machine) -> None:
    machine.publish(pack("maps", "1.2.0", "base"), pack("maps", "2.0.0"), pack("base", "2.0.0"))
    rows = [(each.name, each.installed, each.wanted, each.latest, each.requirement) for each in tell(machine).packs]
    assert rows == [("base", "1.0.0", "2.0.0", "2.0.0", ""), ("maps", "1.0.0", "1.2.0", "2.0.0", "^1.0.0")]
    machine.update()
    assert machine.versions == {"base": "2.0.0", "charts": "1.0.0", "maps": "1.2.0"}


def test_a_pre_release_is_no_latest_where_there_is_another(machine: Machine) -> None:
    machine.publish(pack("maps", "2.0.0-rc.1"))
    assert tell(machine).packs == ()


def test_what_was_yanked_is_told_though_there_is_nothing_newer(machine: Machine) -> None:
    machine.yank("maps", "1.0.0", "it leaks")
    (told,) = tell(machine).packs
    assert (told.name, told.yanked, told.wanted, told.latest) == ("maps", "it leaks", "", "1.0.0")


def test_what_is_deprecated_as_a_whole_is_told(machine: Machine) -> None:
    line = {"v": 1, "name": "maps", "status": "deprecated", "reason": "use charts"}
    index = machine.registry / "index/ma/maps"
    index.write_text(index.read_text() + json.dumps(line) + "\n")
    (told,) = tell(machine).packs
    assert (told.name, told.deprecated) == ("maps", "deprecated: use charts")


def test_the_status_tells_only_if_it_is_asked_to(machine: Machine) -> None:
    machine.publish(pack("maps", "2.0.0"))
    assert (tell(machine).status, tell(machine, told_by_status=True).status) == (0, 1)
    machine.update(latest=True)
    assert tell(machine, told_by_status=True).status == 0


def test_without_a_lock_there_is_nothing_to_look_at(machine: Machine) -> None:
    (machine.project / "skillctl.lock").unlink()
    with pytest.raises(InstallError) as caught:
        tell(machine)
    assert caught.value.code == "E413"


# --- tree and why


def shown(machine: Machine, *names: str, **options: Any) -> TreeOutcome:
    return tree(machine.settings(), machine.project, names=names, **options)


def lines(outcome: TreeOutcome) -> list[str]:
    return [
        f"{'  ' * each.depth}{each.name} {each.requirement}{' (*)' * each.told_above}{' ...' * each.cut}"
        for each in outcome.branches
    ]


def test_a_tree_tells_what_stands_below_a_pack_once(machine: Machine) -> None:
    assert lines(shown(machine)) == ["charts ^1.0.0", "  base >=1", "  maps *", "    base ^1.0", "maps ^1.0.0 (*)"]


def test_upside_down_it_tells_who_needs_a_pack(machine: Machine) -> None:
    assert lines(shown(machine, "base", invert=True)) == ["base ", "  charts >=1", "  maps ^1.0", "    charts *"]
    assert lines(shown(machine, invert=True))[0] == "base "


def test_a_depth_cuts_and_says_so(machine: Machine) -> None:
    assert lines(shown(machine, depth=1)) == [
        "charts ^1.0.0",
        "  base >=1",
        "  maps * ...",
        "maps ^1.0.0",
        "  base ^1.0",
    ]


def test_a_tree_on_the_command_line(skillctl: Run) -> None:
    assert skillctl("tree").out.splitlines() == [
        "charts 1.0.0  ^1.0.0",
        "|-- base 1.0.0  >=1",
        "`-- maps 1.0.0  *",
        "    `-- base 1.0.0  ^1.0",
        "maps 1.0.0  ^1.0.0 (*)",
    ]


def reason(machine: Machine, name: str) -> WhyOutcome:
    return why(machine.settings(), machine.project, name)


def test_why_tells_every_shortest_chain_with_what_is_asked(machine: Machine) -> None:
    chains = [[(step.name, step.requirement) for step in chain] for chain in reason(machine, "base").chains]
    assert chains == [[("charts", "^1.0.0"), ("base", ">=1")], [("maps", "^1.0.0"), ("base", "^1.0")]]


def test_why_of_a_pack_that_is_not_installed_is_an_error_with_near_names(machine: Machine) -> None:
    with pytest.raises(InstallError) as caught:
        reason(machine, "map")
    assert caught.value.code == "E416"


NAMES = st.sampled_from(["aa", "bb", "cc", "dd", "ee"])
EDGES = st.dictionaries(NAMES, st.dictionaries(NAMES, st.sampled_from(["*", "^1", ">=1"]), max_size=3), max_size=5)


def graph_of(edges: dict[str, dict[str, str]], roots: set[str]) -> LockGraph:
    packs = {
        name: LockedPack(version=Version(1, 0, 0), tree="tree1:", registry="r", dependencies=needs)
        for name, needs in edges.items()
    }
    project = ProjectFile(packs={name: Wanted(constraint=Constraint("^1")) for name in roots})
    return lock_graph(project, Lock(packs=packs))


@given(EDGES, st.sets(NAMES, max_size=3), NAMES)
def test_every_chain_is_a_way_in_the_lock_and_none_is_shorter(
    edges: dict[str, dict[str, str]], roots: set[str], name: str
) -> None:
    graph = graph_of(edges, roots)
    chains = [*chains_to(graph, name)]
    assert len(set(chains)) == len(chains)
    assert {chain[0].name for chain in chains} == {
        root for root in roots if steps_between(edges, root, name) is not None
    }
    for chain in chains:
        assert Edge(chain[0].name, chain[0].requirement) in graph.roots
        assert chain[-1].name == name
        for one, other in pairwise(chain):
            assert edges[one.name][other.name] == other.requirement
        assert len(chain) - 1 == steps_between(edges, chain[0].name, name)


def steps_between(edges: dict[str, dict[str, str]], one: str, other: str) -> int | None:
    seen, now = {one}, {one}
    for steps in range(len(edges) + 2):
        if other in now:
            return steps
        now = {each for name in now for each in edges.get(name, {})} - seen
        seen |= now
    return None


# --- info and diff


def told(machine: Machine, text: str, **options: Any) -> InfoOutcome:
    return info(machine.settings(), machine.project, text, **options)


@pytest.fixture
def rich(machine: Machine) -> Machine:
    machine.publish(
        pack(
            "rich",
            "1.0.0",
            "base ^1",
            skills=("one", "two"),
            files={"CONTEXT.md": "x" * 400, "hooks.py": ""},
            text="Now !`date`",
            context_files=["CONTEXT.md"],
            hooks_module="hooks.py",
            license="MIT",
            permissions={"tools": ["Read"]},
        )
    )
    return machine


def test_info_tells_commands_with_their_cost_and_what_they_bring(rich: Machine) -> None:
    before = rich.seen()
    found = told(rich, "rich")
    assert rich.seen() == before
    assert [(each.cost.skill, each.cost.context_files, each.files) for each in found.commands] == [
        ("one", 100, 2),
        ("two", 100, 2),
    ]
    assert [(each.kind, each.skill, each.what) for each in found.asks] == [
        ("shell", "one", "date"),
        ("shell", "two", "date"),
        ("hooks module", "", "hooks.py"),
        ("permitted tool", "", "Read"),
    ]
    assert (found.manifest.license, found.where, found.installed, found.place) == ("MIT", "local", "", "registry")


def test_info_shows_the_installed_release_unless_another_is_named(machine: Machine) -> None:
    machine.publish(pack("maps", "1.5.0"), pack("maps", "2.0.0"))
    machine.yank("maps", "2.0.0")
    assert (str(told(machine, "maps").manifest.version), told(machine, "maps").place) == ("1.0.0", "installed")
    assert str(told(machine, "maps@^1").manifest.version) == "1.5.0"
    assert str(told(machine, "maps@2.0.0").manifest.version) == "2.0.0"
    assert [(str(each.version), each.yanked) for each in told(machine, "maps").releases] == [
        ("2.0.0", "broken"),
        ("1.5.0", None),
        ("1.0.0", None),
    ]


@pytest.mark.parametrize(
    ("reason", "line"), [("it leaks", "! yanked: it leaks"), ("", "! yanked: no reason was given")]
)
def test_info_of_a_yanked_release_says_so_in_its_head(machine: Machine, skillctl: Run, reason: str, line: str) -> None:
    machine.yank("maps", "1.0.0", reason)
    assert told(machine, "maps@1.0.0").to_json()["yanked"] == reason
    head = skillctl("info", "maps@1.0.0").out.partition("slash command")[0]
    assert line in head
    machine.yank("maps", "1.0.0", None)
    assert told(machine, "maps@1.0.0").to_json()["yanked"] is None


def test_info_works_without_the_registry_for_what_is_installed(machine: Machine) -> None:
    import shutil

    shutil.rmtree(machine.registry)
    assert str(told(machine, "maps").manifest.version) == "1.0.0"


def test_a_registry_out_of_reach_is_not_asked_for_what_another_one_served(machine: Machine) -> None:
    registry = {"name": "team", "location": "https://packs.example.com"}
    machine.write_project(registries=[registry], packs={"maps": "^1.0.0", "charts": "^1.0.0"})
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    assert (told(machine, "maps").where, told(machine, "maps").place) == ("local", "installed")
    with pytest.raises(SkillctlError):
        told(machine, "unknown")


def test_info_of_a_directory_and_of_an_archive_are_alike(machine: Machine, skillctl: Run) -> None:
    write_pack(machine.project, "mine", pack("mine", text="!`id`"))
    skillctl("pack", "mine")
    (archive,) = machine.project.glob("*.tar.gz")
    one, other = told(machine, "./mine"), told(machine, f"./{archive.name}")
    assert (one.place, other.place) == ("directory", "archive")
    assert one.tree == other.tree
    assert one.asks == other.asks != ()


def test_info_of_one_pack_of_a_directory_picks_as_install_does(machine: Machine) -> None:
    write_pack(machine.project, "shelf/mine", pack("mine"))
    write_pack(machine.project, "shelf/yours", pack("yours"))
    found = told(machine, "./shelf@mine")
    assert (found.manifest.name, found.place, found.where) == ("mine", "directory", "./shelf@mine")
    assert differ(machine, "./shelf@mine", "./shelf/mine").is_empty


def test_a_pack_that_has_no_release_any_more_is_told_as_such(machine: Machine) -> None:
    index = machine.publish(pack("wharf")) / "index" / "wh" / "wharf"
    index.write_bytes(b"")
    with pytest.raises(SkillctlError) as caught:
        told(machine, "wharf")
    assert caught.value.code == "E312"
    assert "deleted" in str(caught.value.problems[0].evidence["advice"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no-such-pack", "E240"),
        ("map", "E241"),
        ("maps@^9", "E312"),
        ("maps@1.0.1", "E312"),
        ("./nothing", "E252"),
        ("./nothing@mine", "E252"),
        (".", "E275"),
        ("not a name", "E001"),
    ],
)
def test_what_can_not_be_looked_at_is_said_plainly(machine: Machine, text: str, code: str) -> None:
    with pytest.raises(SkillctlError) as caught:
        told(machine, text)
    assert caught.value.code == code


def differ(machine: Machine, one: str, other: str) -> DiffOutcome:
    return diff(machine.settings(), machine.project, one, other)


def test_a_diff_tells_files_lines_manifest_and_what_is_newly_asked_for(rich: Machine) -> None:
    rich.publish(pack("rich", "1.1.0", skills=("one",), files={"image.png": "\0"}, text="Then !`id`"))
    found = differ(rich, "rich@1.0.0", "rich@1.1.0")
    assert found.difference.new == ("image.png",)
    assert found.difference.gone == ("CONTEXT.md", "hooks.py", "skills/two/SKILL.md")
    assert [each.what for each in found.difference.asks] == ["id"]
    assert {each.key for each in found.manifest} >= {"version", "license", "dependencies"}
    by_path = {each.path: each for each in found.files}
    assert "-Now !`date`" in by_path["skills/one/SKILL.md"].lines
    assert "+Then !`id`" in by_path["skills/one/SKILL.md"].lines
    assert by_path["image.png"].remark == "it is no text"


def test_a_diff_with_itself_is_empty(rich: Machine, tmp_path: Path) -> None:
    write_pack(rich.project, "copy", pack("maps", "1.0.0", "base ^1.0"))
    for one, other in (("rich", "rich@1.0.0"), ("maps", "./copy"), ("./copy", "./copy")):
        found = differ(rich, one, other)
        assert (found.is_empty, found.difference.is_empty, found.manifest) == (True, True, ())


def test_a_diff_the_other_way_round_swaps_what_is_new_and_gone(rich: Machine) -> None:
    rich.publish(pack("rich", "1.1.0", files={"new.md": "x"}))
    there, back = differ(rich, "rich@1.0.0", "rich@1.1.0"), differ(rich, "rich@1.1.0", "rich@1.0.0")
    assert (there.difference.new, there.difference.gone) == (back.difference.gone, back.difference.new)
    assert there.difference.changed == back.difference.changed


def test_a_very_long_file_is_not_compared_line_by_line(machine: Machine) -> None:
    write_pack(machine.project, "a", pack("long", files={"a.md": "x\n" * 5_000}))
    write_pack(machine.project, "b", pack("long", files={"a.md": "y\n" * 5_000}))
    (file,) = differ(machine, "./a", "./b").files
    assert (file.lines, file.remark) == ((), "it has more than 4,000 lines")


def test_the_status_of_a_diff_tells_only_if_it_is_asked_to(skillctl: Run) -> None:
    assert skillctl("diff", "maps", "charts").status == 0
    assert skillctl("diff", "maps", "charts", "--exit-code").status == 1
    assert skillctl("diff", "maps", "maps", "--exit-code").status == 0


# --- packs from places of their own


@pytest.fixture
def placed(machine: Machine) -> tuple[Machine, Repository]:
    """With a pack of a repository that has the tag v1.0.0, and one that lies in a directory and has no skill.json."""
    repository = Repository(machine.room / "tools")
    repository.commit(pack("tools"))
    repository.git("tag", "v1.0.0")
    skill = machine.project / "drafts" / "skills" / "draft" / "SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_bytes(skill_text("draft"))
    machine.install(f"git+{repository.url}", "./drafts")
    return machine, repository


def test_packs_of_other_places_are_outdated_when_there_is_another_tag_or_file(
    placed: tuple[Machine, Repository],
) -> None:
    machine, repository = placed
    assert tell(machine).packs == ()
    repository.commit(pack("tools", "2.0.0"))
    repository.git("tag", "v2.0.0")
    (machine.project / "drafts" / "skills" / "draft" / "SKILL.md").write_bytes(skill_text("draft", "better"))
    rows = {each.name: each for each in tell(machine).packs}
    assert {*rows} == {"drafts", "tools"}
    assert rows["tools"].latest.startswith("2.0.0")
    assert rows["drafts"].wanted == rows["drafts"].latest != rows["drafts"].installed


def test_info_and_tree_know_packs_of_other_places(placed: tuple[Machine, Repository]) -> None:
    machine, _ = placed
    assert told(machine, "drafts").manifest.name == "drafts"
    assert [each.name for each in shown(machine).branches if each.depth == 0] == ["charts", "drafts", "maps", "tools"]

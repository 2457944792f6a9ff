"""Which pack of a git repository is meant, and which of its tags: picks, ranges and versions."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from skillctl.core.errors import RegistryError, ResolveError
from tests.sources.conftest import Tools
from tests.sources.making import Repositories, skills
from tests.support.machine import Machine
from tests.support.packs import pack, skill_text
from tests.support.repositories import serving

# Several packs in one repository


@pytest.fixture
def marketplace(repository: Repositories) -> Tools:
    """A repository with two plugins and a license."""
    many = repository("many")
    plugins = [{"name": name, "source": f"./plugins/{name}", "version": "1.1.0"} for name in ("alpha", "beta")]
    files: dict[str, bytes | str | None] = {
        ".claude-plugin/marketplace.json": json.dumps(
            {"name": "m", "owner": {"name": "x"}, "plugins": plugins}
        ).encode()
    }
    for name in ("alpha", "beta"):
        files[f"plugins/{name}/skills/{name}-one/SKILL.md"] = skill_text(f"{name}-one")
        files[f"plugins/{name}/skills/{name}-two/SKILL.md"] = skill_text(f"{name}-two")
    many.release(files)
    return many


def test_of_several_packs_one_must_be_picked(machine: Machine, marketplace: Tools) -> None:
    with pytest.raises(RegistryError) as caught:
        machine.install(marketplace.asked)
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence["known"]) == ("E257", ["alpha", "beta"])
    assert problem.evidence["example"] == f"{marketplace.asked}@alpha"
    assert machine.skills() == []


def test_a_pack_is_picked_by_its_name(machine: Machine, marketplace: Tools) -> None:
    machine.install(f"{marketplace.asked}@beta")
    assert machine.versions == {"beta": "1.1.0"}
    assert machine.skills() == ["beta-one", "beta-two"]


def test_a_skill_is_picked_by_its_name(machine: Machine, marketplace: Tools) -> None:
    machine.install(f"{marketplace.asked}@beta-two")
    assert machine.wanted["packs"]["beta"]["skills"] == ["beta-two"]
    assert machine.skills() == ["beta-two"]
    machine.install(f"{marketplace.asked}@beta-one")
    assert machine.skills() == ["beta-one", "beta-two"]


def test_a_pack_is_picked_by_its_path(machine: Machine, marketplace: Tools) -> None:
    machine.install(f"{marketplace.asked}#subdirectory=plugins/alpha")
    assert machine.skills() == ["alpha-one", "alpha-two"]


def test_a_star_picks_every_pack(machine: Machine, marketplace: Tools) -> None:
    machine.install(f"{marketplace.asked}@*")
    assert sorted(machine.versions) == ["alpha", "beta"]
    assert len(machine.skills()) == 4
    commits = {each["source"]["commit"] for each in machine.lock["packs"].values()}
    assert len(commits) == 1


def test_a_name_that_is_neither_pack_nor_skill_is_told_with_what_there_is(machine: Machine, marketplace: Tools) -> None:
    with pytest.raises(RegistryError) as caught:
        machine.install(f"{marketplace.asked}@gamma")
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence["packs"]) == ("E258", ["alpha", "beta"])
    assert problem.evidence["skills"] == ["alpha-one", "alpha-two", "beta-one", "beta-two"]


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--registry", "local"], "--registry"),
        (["--editable"], "--editable"),
        (["--skill", "alpha-one", "extra"], "--skill"),
    ],
)
def test_options_that_do_not_go_with_a_repository(
    machine: Machine, marketplace: Tools, skillctl: Any, words: list[str], option: str
) -> None:
    ran = skillctl("install", f"{marketplace.asked}@alpha", *words)
    assert ran.status == 2
    assert option in ran.err


@pytest.fixture
def tagged(repository: Repositories) -> Tools:
    """A repository with two packs, each with tags of its own."""
    mono = repository("mono")
    for name in ("alpha", "beta"):
        for version in ("1.0.0", "1.2.0"):
            files = {f"{name}/{path}": data for path, data in pack(name, version).items()}
            mono.release(files, f"{name}{'-' if name == 'alpha' else '--'}v{version}")
    return mono


def test_a_pick_with_a_range_goes_by_the_packs_own_tags(machine: Machine, tagged: Tools) -> None:
    machine.install(f"{tagged.asked}@alpha#^1.0", f"{tagged.asked}@beta#==1.0.0")
    assert machine.versions == {"alpha": "1.2.0", "beta": "1.0.0"}


def test_a_skill_is_picked_in_a_range_by_the_tags_of_the_pack_that_has_it(
    machine: Machine, repository: Repositories
) -> None:
    mono = repository("mono")
    files = {f"alpha/{path}": data for path, data in pack("alpha", "1.0.0", skills=["draw", "read"]).items()}
    mono.release(files, "alpha-v1.0.0")
    machine.install(f"{mono.asked}@draw#^1.0")
    assert (machine.versions, machine.skills()) == ({"alpha": "1.0.0"}, ["draw"])


def test_a_star_with_a_range_takes_each_packs_own_tags(machine: Machine, tagged: Tools) -> None:
    machine.install(f"{tagged.asked}@*#^1.0")
    assert machine.versions == {"alpha": "1.2.0", "beta": "1.2.0"}


def test_a_range_without_a_pick_tells_which_packs_have_tags_in_it(
    machine: Machine, tagged: Tools, skillctl: Any
) -> None:
    with pytest.raises(RegistryError) as caught:
        machine.install(f"{tagged.asked}#^1.0")
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence["known"]) == ("E257", ["alpha", "beta"])
    listed = skillctl("install", f"{tagged.asked}#^1.0", "--list")
    assert listed.status == 0
    assert "alpha" in listed.out
    assert "beta" in listed.out


@pytest.mark.parametrize("pick", ["", "@*"])
def test_a_range_that_no_packs_own_tag_meets_is_told_with_the_versions_of_each(
    machine: Machine, tagged: Tools, pick: str
) -> None:
    with pytest.raises(RegistryError) as caught:
        machine.install(f"{tagged.asked}{pick}#^2")
    (problem,) = caught.value.problems
    assert problem.code == "E256"
    assert problem.evidence["known"] == ["alpha 1.2.0", "alpha 1.0.0", "beta 1.2.0", "beta 1.0.0"]


def test_looking_writes_nothing(machine: Machine, marketplace: Tools, skillctl: Any) -> None:
    before = machine.seen(machine.project, machine.data, machine.state)
    ran = skillctl("install", marketplace.asked, "--list", "--json")
    assert ran.status == 0, ran.err
    found = json.loads(ran.out)["result"]["packs"]
    assert [each["name"] for each in found] == ["alpha", "beta"]
    assert [each["name"] for each in found[0]["skills"]] == ["alpha-one", "alpha-two"]
    assert found[0]["skills"][0]["description"] == "What alpha-one does."
    assert machine.seen(machine.project, machine.data, machine.state) == before
    shown = skillctl("install", marketplace.asked, "-l")
    assert "/alpha-one" in shown.out


def test_a_repository_is_fetched_once_however_many_packs_come_from_it(
    machine: Machine, marketplace: Tools, skillctl: Any
) -> None:
    with serving(marketplace.root.parent) as host:
        machine.install(f"git+{host.url}/many@*")
        assert sorted(machine.versions) == ["alpha", "beta"]
        fetches = [each for each in host.requests if "git-upload-pack" in each and each.startswith("POST")]
        before = list(host.requests)
        shutil.rmtree(machine.cache / "store")
        machine.fresh_clone()
        machine.environment["SKILLCTL_OFFLINE"] = "1"
        machine.install()
        assert host.requests == before
    assert len(machine.skills()) == 4
    assert len(fetches) <= 2  # the refs, and the commit


def test_a_tree_url_finds_out_where_the_name_of_the_branch_ends(machine: Machine, marketplace: Tools) -> None:
    marketplace.git("branch", "feature/x")
    with serving(marketplace.root.parent) as host:
        machine.install(f"{host.url}/many/tree/feature/x/plugins/alpha")
    assert machine.wanted["packs"]["alpha"] == {
        "git": f"{host.url}/many",
        "ref": "feature/x",
        "subdirectory": "plugins/alpha",
    }
    assert machine.skills() == ["alpha-one", "alpha-two"]


# Versions


def test_latest_goes_beyond_the_range(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(pack("maps", "1.0.0"), "v1.0.0")
    tools.release(pack("maps", "2.1.0"), "v2.1.0")
    machine.install(f"{tools.asked}#^1")
    machine.update(latest=True)
    assert machine.versions == {"maps": "2.1.0"}
    assert machine.wanted["packs"]["maps"]["version"] in ("^2", "^2.1.0", "^2.1")


def test_a_range_takes_the_highest_tag_in_it_and_update_moves_within(
    machine: Machine, repository: Repositories
) -> None:
    tools = repository("tools")
    for version in ("1.2.0", "1.3.0", "2.0.0"):
        tools.release(pack("maps", version), f"v{version}")
    machine.install(f"{tools.asked}#^1.2")
    assert machine.versions == {"maps": "1.3.0"}
    assert machine.wanted["packs"]["maps"] == {"git": f"file://{tools.root}", "version": "^1.2"}
    tools.release(pack("maps", "1.4.0"), "v1.4.0")
    machine.install()
    assert machine.versions == {"maps": "1.3.0"}
    machine.update()
    assert machine.versions == {"maps": "1.4.0"}


def test_a_tag_is_the_version_of_skills_without_one(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps", text="old"), "v1.0.0")
    tools.release(skills("maps", text="new"), "v1.1.0")
    machine.install(f"{tools.asked}#~1.0.0")
    assert machine.versions == {"tools": "1.0.0"}
    assert machine.skill("maps").read_text().endswith("old\n")
    machine.fresh_clone()
    machine.clean()
    machine.install(frozen=True)
    assert machine.skill("maps").read_text().endswith("old\n")


def test_a_range_that_no_tag_meets_is_told_with_the_versions(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(pack("maps"), "v1.0.0", "not-a-version")
    with pytest.raises(RegistryError) as caught:
        machine.install(f"{tools.asked}#^2")
    assert (caught.value.code, caught.value.problems[0].evidence["known"]) == ("E256", ["1.0.0"])


def test_an_older_tag_is_taken_where_the_newest_does_not_fit(machine: Machine, repository: Repositories) -> None:
    machine.publish(pack("base", "1.0.0"), pack("other", "1.0.0", "base ^1"))
    tools = repository("tools")
    tools.release(pack("maps", "1.0.0", "base ^1"), "v1.0.0")
    tools.release(pack("maps", "1.1.0", "base ^2"), "v1.1.0")
    machine.install("other", f"{tools.asked}#^1")
    assert machine.versions == {"base": "1.0.0", "maps": "1.0.0", "other": "1.0.0"}


def test_dependencies_of_a_repository_come_from_registries(machine: Machine, repository: Repositories) -> None:
    machine.publish(pack("base", "1.0.0"))
    tools = repository("tools")
    tools.release(pack("maps", "1.0.0", "base ^1"))
    machine.install(tools.asked)
    assert machine.versions == {"base": "1.0.0", "maps": "1.0.0"}


def test_the_projects_own_place_is_the_only_candidate_also_for_others(
    machine: Machine, repository: Repositories
) -> None:
    machine.publish(pack("base", "1.9.0"), pack("top", "1.0.0", "base ^1"))
    tools = repository("tools")
    tools.release(pack("base", "1.0.0", text="mine"))
    machine.install(tools.asked)
    machine.install("top")
    assert machine.versions == {"base": "1.0.0", "top": "1.0.0"}
    assert machine.skill("base").read_text().endswith("mine\n")


def test_a_pack_without_a_version_meets_no_range(machine: Machine, repository: Repositories) -> None:
    machine.publish(pack("top", "1.0.0", "tools >=0.0.0"), pack("easy", "1.0.0", "tools"))
    tools = repository("tools")
    tools.release(skills("maps"))
    machine.install(tools.asked)
    with pytest.raises(ResolveError):
        machine.install("top")
    machine.install("easy")
    assert sorted(machine.versions) == ["easy", "tools"]

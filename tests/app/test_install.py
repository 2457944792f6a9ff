"""`install` with names: what is recorded, what is chosen, what lies where afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skillctl.app.install import InstallOutcome
from skillctl.core.errors import InstallError, SkillctlError, UsageError
from skillctl.edges.machine import system_name
from tests.registry.making import with_members
from tests.support.machine import Machine
from tests.support.packs import pack


def test_a_name_is_recorded_as_a_range_from_the_version_that_was_chosen(machine: Machine) -> None:
    machine.publish(pack("maps", "1.2.0"), pack("maps", "1.10.1"))
    done = machine.install("maps")
    assert machine.wanted["packs"] == {"maps": "^1.10.1"}
    assert machine.versions == {"maps": "1.10.1"}
    assert [(each.name, each.before, each.after) for each in done.changed] == [("maps", "", "1.10.1")]
    assert done.made_project
    assert machine.skill("maps").read_text().endswith("maps 1.10.1\n")


@pytest.mark.parametrize(
    ("request_text", "recorded", "version"),
    [
        ("maps@^1.0", "^1.0", "1.9.0"),
        ("maps@1.0.0", "1.0.0", "1.9.0"),
        ("maps@==1.0.0", "==1.0.0", "1.0.0"),
        ("maps@~1.0", "~1.0", "1.0.4"),
        ("maps>=1,<2", ">=1,<2", "1.9.0"),
        ("maps@1.0.x", "1.0.x", "1.0.4"),
        ("maps ^2", "^2", "2.0.0"),
    ],
)
def test_versions_that_are_asked_for_are_recorded_as_written(
    machine: Machine, request_text: str, recorded: str, version: str
) -> None:
    machine.publish(*(pack("maps", each) for each in ("1.0.0", "1.0.4", "1.9.0", "2.0.0")))
    machine.install(request_text)
    assert machine.wanted["packs"] == {"maps": recorded}
    assert machine.versions == {"maps": version}


def test_several_packs_are_installed_at_once(machine: Machine) -> None:
    machine.publish(pack("maps"), pack("charts", "3.1.0"), pack("tables", "0.2.0"))
    machine.install("tables", "maps@^1", "charts")
    assert machine.wanted["packs"] == {"charts": "^3.1.0", "maps": "^1", "tables": "^0.2.0"}
    assert machine.skills() == ["charts", "maps", "tables"]


def test_of_several_packs_either_all_are_installed_or_none(machine: Machine) -> None:
    machine.publish(pack("maps"))
    with pytest.raises(SkillctlError):
        machine.install("maps", "nowhere")
    assert sorted(each.name for each in machine.project.iterdir()) == []


def test_one_pack_asked_for_in_two_ways_is_wrong_usage(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), pack("maps", "2.0.0"))
    with pytest.raises(UsageError) as caught:
        machine.install("maps@^1", "maps@^2")
    assert caught.value.code == "E028"
    machine.install("maps", "maps")
    assert machine.versions == {"maps": "2.0.0"}


def test_dependencies_come_with_it_and_are_not_recorded_in_the_project(machine: Machine) -> None:
    machine.publish(pack("base", "1.4.0"), pack("maps", "1.0.0", "base ^1.0.0"), pack("top", "1.0.0", "maps"))
    machine.install("top")
    assert machine.wanted["packs"] == {"top": "^1.0.0"}
    assert machine.versions == {"base": "1.4.0", "maps": "1.0.0", "top": "1.0.0"}
    assert machine.lock["packs"]["maps"]["dependencies"] == {"base": "^1.0.0"}
    assert machine.skills() == ["base", "maps", "top"]


def test_another_pack_leaves_what_is_locked_where_it_was(machine: Machine) -> None:
    machine.publish(pack("base", "1.0.0"), pack("maps", "1.0.0", "base ^1"))
    machine.install("maps")
    machine.publish(pack("base", "1.5.0"), pack("maps", "1.1.0", "base ^1"), pack("charts", "1.0.0", "base ^1"))
    machine.install("charts")
    assert machine.versions == {"base": "1.0.0", "charts": "1.0.0", "maps": "1.0.0"}


def test_another_pack_moves_what_is_locked_only_where_it_must(machine: Machine) -> None:
    machine.publish(pack("base", "1.0.0"), pack("maps", "1.0.0", "base ^1"), pack("other", "1.0.0"))
    machine.install("maps", "other")
    machine.publish(pack("base", "1.5.0"), pack("other", "1.1.0"), pack("charts", "1.0.0", "base ^1.5"))
    done = machine.install("charts")
    assert machine.versions == {"base": "1.5.0", "charts": "1.0.0", "maps": "1.0.0", "other": "1.0.0"}
    assert {(each.name, each.before, each.after) for each in done.changed} == {
        ("base", "1.0.0", "1.5.0"),
        ("charts", "", "1.0.0"),
    }


def test_a_name_again_keeps_the_range_that_is_recorded(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), pack("maps", "2.0.0"))
    machine.install("maps@^1")
    before = machine.seen(machine.project)
    done = machine.install("maps")
    assert machine.wanted["packs"] == {"maps": "^1"}
    assert not done.changes
    assert machine.seen(machine.project) == before


def test_a_dependency_that_is_then_asked_for_is_recorded_at_the_version_that_is_there(machine: Machine) -> None:
    machine.publish(pack("base", "1.0.0"), pack("maps", "1.0.0", "base ^1"))
    machine.install("maps")
    machine.publish(pack("base", "1.5.0"))
    machine.install("base")
    assert machine.wanted["packs"] == {"base": "^1.0.0", "maps": "^1.0.0"}
    assert machine.versions["base"] == "1.0.0"


def test_the_slash_commands_are_told_with_file_and_tokens(machine: Machine) -> None:
    machine.publish(pack("maps", skills=["map-read", "map-draw"]), pack("other"))
    machine.install("other")
    told = machine.install("maps").commands
    assert [(each.name, each.pack, each.file) for each in told] == [
        ("map-draw", "maps", ".claude/skills/map-draw/SKILL.md"),
        ("map-read", "maps", ".claude/skills/map-read/SKILL.md"),
    ]
    assert all(each.tokens > 0 and each.description for each in told)
    assert all((machine.project / each.file).is_file() for each in told)


def test_they_are_told_again_where_nothing_was_to_do(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.install("maps")
    again = machine.install("maps")
    assert not again.changes
    assert [each.name for each in again.commands] == ["maps"]


# --- skills of a pack ---------------------------------------------------------------------------------------------


def test_only_the_skills_that_are_asked_for_are_taken(machine: Machine) -> None:
    machine.publish(pack("maps", skills=["draw", "print", "read"]))
    machine.install("maps", skills=("read",))
    assert machine.skills() == ["read"]
    assert machine.wanted["packs"] == {"maps": {"skills": ["read"], "version": "^1.0.0"}}
    assert machine.lock["packs"]["maps"]["skills"] == ["read"]


def test_a_further_skill_is_added_to_those_taken_before(machine: Machine) -> None:
    machine.publish(pack("maps", skills=["draw", "print", "read"]))
    machine.install("maps", skills=("read",))
    machine.install("maps", skills=("draw",))
    assert machine.skills() == ["draw", "read"]
    machine.install("maps")
    assert machine.skills() == ["draw", "read"]


def test_a_pack_that_was_taken_whole_is_narrowed(machine: Machine) -> None:
    machine.publish(pack("maps", skills=["draw", "print", "read"]))
    machine.install("maps")
    machine.install("maps", skills=("draw", "print"))
    assert machine.skills() == ["draw", "print"]


def test_a_skill_that_the_pack_does_not_have_is_refused_and_nothing_changes(machine: Machine) -> None:
    machine.publish(pack("maps", skills=["draw", "read"]))
    machine.install("maps", skills=("read",))
    before = machine.seen(machine.project)
    with pytest.raises(InstallError) as caught:
        machine.install("maps", skills=("reed",))
    assert caught.value.code == "E404"
    assert "draw" in str(caught.value.problems[0].evidence["available"])
    assert machine.seen(machine.project) == before


def test_a_skill_without_the_one_pack_that_has_it_is_wrong_usage(machine: Machine) -> None:
    for names in ((), ("maps", "charts")):
        with pytest.raises(UsageError):
            machine.install(*names, skills=("read",))


def test_two_packs_with_one_skill_name_are_refused_by_name_until_one_leaves_it_out(machine: Machine) -> None:
    machine.publish(pack("maps", skills=["draw"]), pack("charts", skills=["draw", "plot"]))
    machine.install("maps")
    before = machine.seen(machine.project)
    with pytest.raises(InstallError) as caught:
        machine.install("charts")
    assert caught.value.code == "E403"
    evidence = caught.value.problems[0].evidence
    assert {evidence["first"], evidence["second"]} == {"maps", "charts"}
    assert evidence["skill"] == "draw"
    assert machine.seen(machine.project) == before
    machine.install("charts", skills=("plot",))
    assert machine.skills() == ["draw", "plot"]


# --- context files ------------------------------------------------------------------------------------------------


def test_context_files_lie_below_each_skill_under_their_path_in_the_pack(machine: Machine) -> None:
    files = {
        "CONTEXT.md": "# all\n",
        "references/areas.md": "areas\n",
        "references/deep/lines.md": "lines\n",
        "data/one.csv": "1\n",
        "data/two.csv": "2\n",
        "data/notes.txt": "no\n",
        "unused.md": "no\n",
        "skills/draw/run.py": "print()\n",
    }
    context = ["CONTEXT.md", "references", "data/*.csv"]
    machine.publish(pack("maps", skills=["draw", "read"], files=files, context_files=context))
    machine.install("maps")
    shared = ["CONTEXT.md", "SKILL.md", "data/one.csv", "data/two.csv", "references/areas.md"]
    assert _files(machine, "read") == sorted([*shared, "references/deep/lines.md"])
    assert _files(machine, "draw") == sorted([*shared, "references/deep/lines.md", "run.py"])
    assert (machine.skill("read").parent / "references/areas.md").read_text() == "areas\n"


def test_a_skill_may_name_context_files_of_its_own(machine: Machine) -> None:
    entries = ["skills/read", {"path": "skills/draw", "context_files": ["draw.md"]}]
    given = pack("maps", skills=["draw", "read"], files={"CONTEXT.md": "# all\n", "draw.md": "draw\n"})
    machine.publish(with_members(given, skills=entries, context_files=["CONTEXT.md"]))
    machine.install("maps")
    assert _files(machine, "read") == ["CONTEXT.md", "SKILL.md"]
    assert _files(machine, "draw") == ["SKILL.md", "draw.md"]


def _files(machine: Machine, skill: str) -> list[str]:
    root = machine.skill(skill).parent
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


# --- unknown names ------------------------------------------------------------------------------------------------


def test_an_unknown_name_is_refused_with_the_names_near_it(machine: Machine) -> None:
    machine.publish(pack("terraform"), pack("maps"))
    with pytest.raises(SkillctlError) as caught:
        machine.install("teraform")
    assert caught.value.code == "E302"
    assert "did you mean `terraform`" in str(caught.value.problems[0].evidence["near"])


def test_every_unknown_name_is_told(machine: Machine) -> None:
    machine.publish(pack("maps"))
    with pytest.raises(SkillctlError) as caught:
        machine.install("maps", "one-thing", "other-thing")
    assert [each.evidence["name"] for each in caught.value.problems] == ["one-thing", "other-thing"]


def test_a_range_that_no_release_meets_is_told_with_what_there_is(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), pack("maps", "1.2.0"))
    with pytest.raises(SkillctlError) as caught:
        machine.install("maps@^2")
    assert caught.value.code == "E303"
    assert "1.2.0" in str(caught.value.problems[0].evidence["there"])


@pytest.mark.parametrize("text", ["Maps", "maps@", "maps@~=1.0", "maps@latest", "-x-"])
def test_a_text_that_is_no_request_is_wrong_usage(machine: Machine, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        machine.install(text)
    assert caught.value.code == "E001"


# --- pre-releases -------------------------------------------------------------------------------------------------


def test_a_pre_release_is_chosen_only_if_it_is_named(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), pack("maps", "1.1.0-beta.1"), pack("maps", "2.0.0-rc.1"))
    machine.install("maps")
    assert machine.versions == {"maps": "1.0.0"}
    machine.install("maps@^1.1.0-beta.1")
    assert machine.versions == {"maps": "1.1.0-beta.1"}


def test_a_pack_that_has_only_pre_releases_needs_one_to_be_named(machine: Machine) -> None:
    machine.publish(pack("maps", "0.1.0-alpha.1"))
    with pytest.raises(SkillctlError) as caught:
        machine.install("maps")
    assert caught.value.code == "E303"
    machine.install("maps@0.1.0-alpha.1")
    assert machine.versions == {"maps": "0.1.0-alpha.1"}


# --- the two rival cases ------------------------------------------------------------------------------------------


def test_two_packs_that_need_different_majors_are_a_conflict_in_words_and_nothing_changes(machine: Machine) -> None:
    machine.publish(pack("base", "1.0.0"), pack("base", "2.0.0"))
    machine.publish(pack("left", "1.0.0", "base ^1"), pack("right", "1.0.0", "base ^2"))
    before = machine.seen(machine.home)
    with pytest.raises(SkillctlError) as caught:
        machine.install("left", "right")
    assert (caught.value.code, caught.value.exit_status) == ("E301", 1)
    told = str(caught.value.problems[0].evidence["story"])
    assert all(word in told for word in ("left", "right", "base", "^1", "^2"))
    assert caught.value.problems[0].evidence["change"]
    assert machine.seen(machine.home) == before


def test_a_conflict_with_what_is_installed_leaves_it_untouched(machine: Machine) -> None:
    machine.publish(pack("base", "1.0.0"), pack("base", "2.0.0"))
    machine.publish(pack("left", "1.0.0", "base ^1"), pack("right", "1.0.0", "base ^2"))
    machine.install("left")
    before = machine.seen(machine.project)
    with pytest.raises(SkillctlError):
        machine.install("right")
    assert machine.seen(machine.project) == before


def test_ranges_that_only_an_old_version_meets_give_the_old_version(machine: Machine) -> None:
    machine.publish(*(pack("base", each) for each in ("1.0.0", "1.5.0", "2.0.0")))
    machine.publish(pack("left", "1.0.0", "base ^1.0.0"), pack("right", "1.0.0", "base ~1.0.0"))
    machine.install("left", "right")
    assert machine.versions["base"] == "1.0.0"


# --- classic manifests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dependency", ["base ^1.0.0", "base>=1", "base"])
@pytest.mark.parametrize("item", ["skills/maps", "skills/maps/SKILL.md", "skills/maps/"])
def test_a_pack_of_the_classic_layout_installs_unchanged(machine: Machine, dependency: str, item: str) -> None:
    classic = with_members(
        pack("maps", "1.0.0", dependency, files={"CONTEXT.md": "# Maps\n", "hooks.py": "def register(manager): ...\n"}),
        author="A. Mapper",
        capabilities=["mapping"],
        skills=[item],
        context_files=["CONTEXT.md"],
        hooks_module="hooks.py",
    )
    machine.publish(classic, pack("base", "1.3.0"))
    machine.install("maps")
    assert machine.versions == {"base": "1.3.0", "maps": "1.0.0"}
    assert _files(machine, "maps") == ["CONTEXT.md", "SKILL.md"]


# --- what packs ask of the machine --------------------------------------------------------------------------------


def test_needs_that_the_machine_does_not_meet_are_warnings(machine: Machine) -> None:
    others = sorted({"linux", "macos", "windows"} - {system_name()})
    requires = {"bins": ["no-such-program"], "env": ["SKILLCTL_NO_SUCH"], "os": others, "skillctl": ">=99"}
    machine.publish(pack("maps", requires=requires))
    done = machine.install("maps")
    assert done.ok
    assert {each.code for each in done.problems} == {"W406", "W407", "W408", "W409"}
    assert machine.skills() == ["maps"]


def test_needs_that_the_machine_meets_are_not_told(machine: Machine) -> None:
    machine.program("gdal")
    machine.publish(pack("maps", requires={"bins": ["gdal"], "env": ["HOME"], "os": ["linux", "macos", "windows"]}))
    assert not machine.install("maps").problems


def test_needs_never_choose_a_version(machine: Machine) -> None:
    machine.publish(pack("maps", "1.0.0"), pack("maps", "1.1.0", requires={"skillctl": ">=99"}))
    machine.install("maps")
    assert machine.versions == {"maps": "1.1.0"}


def test_a_pack_for_other_agents_is_locked_and_installed_nowhere_with_a_warning(machine: Machine) -> None:
    machine.publish(pack("maps", requires={"agents": ["codex"]}), pack("charts"))
    done = machine.install("maps", "charts", agents=("claude-code",))
    assert [each.code for each in done.problems] == ["W403"]
    assert machine.skills() == ["charts"]
    assert set(machine.versions) == {"charts", "maps"}


def test_a_pack_for_one_of_the_agents_goes_to_that_one_alone(machine: Machine) -> None:
    machine.publish(pack("maps", requires={"agents": ["claude-code"]}), pack("charts"))
    machine.install("maps", "charts", agents=("codex", "claude-code"))
    assert machine.skills(".agents/skills") == ["charts"]
    assert machine.skills() == ["charts", "maps"]
    assert not machine.skill("maps").parent.is_symlink()


def test_a_project_for_another_skillctl_is_refused_by_every_verb_that_would_change_it(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.install("maps")
    machine.write_project(format="1.0", packs={"maps": "^1.0.0"}, skillctl=">=99")
    before = machine.seen(machine.project)
    verbs: list[Callable[[], object]] = [
        machine.install,
        machine.sync,
        machine.update,
        lambda: machine.remove("maps"),
    ]
    for verb in verbs:
        with pytest.raises(InstallError) as caught:
            verb()
        assert caught.value.code == "E409"
    assert machine.seen(machine.project) == before


# --- a rehearsal --------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_what_would_change_and_writes_nothing_at_all(machine: Machine) -> None:
    machine.publish(pack("base"), pack("maps", "1.0.0", "base"))
    before = machine.seen(locks=True)
    told = machine.install("maps", dry_run=True)
    assert {each.name for each in told.changed} == {"base", "maps"}
    assert {(each.skill, each.action) for each in told.changes} == {("base", "add"), ("maps", "add")}
    assert machine.seen(locks=True) == before


# --- leaving things as they are -----------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("maps",), ("maps@^1",), ()])
def test_the_same_again_rewrites_no_file(machine: Machine, names: tuple[str, ...]) -> None:
    machine.publish(pack("maps"), pack("base"))
    machine.install("maps@^1")
    before = machine.seen(machine.project, machine.cache, machine.state)
    done = machine.install(*names)
    assert not done.changes
    assert not done.changed
    assert machine.seen(machine.project, machine.cache, machine.state) == before


def test_a_project_file_keeps_the_form_that_a_person_gave_it(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.write_project(packs={"maps": "^1.0.0"}, agents=["claude-code"])
    text = (machine.project / "skillctl.json").read_bytes()
    machine.install()
    machine.install("maps")
    assert (machine.project / "skillctl.json").read_bytes() == text
    assert machine.skills() == ["maps"]


# --- which project ------------------------------------------------------------------------------------------------


def test_a_project_file_is_found_upwards(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.init()
    below = machine.project / "src" / "deep"
    below.mkdir(parents=True)
    done = machine.install("maps", cwd=below)
    assert done.root == str(machine.project)
    assert not done.made_project
    assert machine.skills() == ["maps"]
    assert list(below.iterdir()) == []


@pytest.mark.parametrize("marker", ["directory", "file"])
def test_it_is_not_looked_for_beyond_the_root_of_the_repository(machine: Machine, marker: str) -> None:
    """A worktree and a submodule have a file called .git."""
    machine.publish(pack("maps"))
    machine.init()
    repository = machine.project / "repository"
    below = repository / "src"
    below.mkdir(parents=True)
    if marker == "directory":
        (repository / ".git").mkdir()
    else:
        (repository / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    done = machine.install("maps", cwd=below)
    assert done.root == str(below)
    assert machine.skills() == []
    (below / "skillctl.json").rename(repository / "skillctl.json")
    assert machine.install("maps", cwd=below).root == str(repository)


@pytest.mark.parametrize("linked", [False, True], ids=["home", "home-through-a-link"])
def test_it_is_not_looked_for_beyond_the_home(machine: Machine, linked: bool) -> None:
    machine.publish(pack("maps"))
    (machine.room / "skillctl.json").write_text('{"packs": {}}', encoding="utf-8")
    if linked:
        (machine.room / "link").symlink_to(machine.home)
        machine.environment["HOME"] = str(machine.room / "link")
    assert machine.install("maps").root == str(machine.project)


def test_a_project_file_in_the_home_itself_counts(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.init(cwd=machine.home)
    assert machine.install("maps").root == str(machine.home)


def test_without_a_project_and_names_there_is_nothing_to_install_and_nothing_is_made(machine: Machine) -> None:
    before = machine.seen()
    with pytest.raises(InstallError) as caught:
        machine.install()
    assert caught.value.code == "E402"
    assert machine.seen() == before


def test_a_lock_without_its_project_file_is_not_taken_for_a_wish_to_have_nothing(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.install("maps")
    (machine.project / "skillctl.json").unlink()
    before = machine.seen(machine.project)
    with pytest.raises(InstallError) as caught:
        machine.install()
    assert caught.value.code == "E402"
    assert machine.seen(machine.project) == before


def test_init_makes_a_project_file_and_never_writes_into_one(machine: Machine) -> None:
    made = machine.init(agents=("codex",))
    assert Path(made.file) == machine.project / "skillctl.json"
    assert machine.wanted == {"format": "1.0", "packs": {}, "agents": ["codex"]}
    before = machine.seen()
    with pytest.raises(InstallError) as caught:
        machine.init()
    assert caught.value.code == "E414"
    assert machine.seen() == before


def test_a_rehearsed_init_makes_nothing(machine: Machine) -> None:
    before = machine.seen()
    assert machine.init(dry_run=True).dry_run
    assert machine.seen() == before


def told_codes(done: InstallOutcome) -> list[tuple[str, object]]:
    told = [each for each in done.problems if each.code in ("W221", "W302", "W303")]
    return [(each.code, each.evidence.get("reason", each.evidence.get("names"))) for each in told]


def test_a_deprecated_pack_is_told_with_its_reason_and_those_that_others_need_in_one_line(machine: Machine) -> None:
    machine.publish(
        pack("maps", "1.0.0", "low", "base", deprecated="use charts"),
        pack("base", deprecated="use none"),
        pack("low", deprecated="gone"),
        pack("charts"),
    )
    expected = [("W302", "use charts"), ("W303", ["base", "low"])]
    assert told_codes(machine.install("maps")) == expected
    assert told_codes(machine.install("charts")) == []  # nothing of the others is put in place anew
    machine.fresh_clone()
    assert told_codes(machine.install()) == expected  # by the lock alone, all of it from the store
    machine.publish(pack("maps", "1.1.0"))
    assert told_codes(machine.update()) == []


def test_an_update_to_a_deprecated_release_is_told(machine: Machine) -> None:
    machine.publish(pack("maps"))
    machine.install("maps")
    machine.publish(pack("maps", "1.1.0", deprecated="use charts"))
    assert told_codes(machine.update(dry_run=True)) == told_codes(machine.update()) == [("W302", "use charts")]


def test_what_a_registry_says_of_a_pack_as_a_whole_is_told(machine: Machine) -> None:
    machine.publish(pack("maps"))
    with (machine.registry / "index/ma/maps").open("ab") as index:
        index.write(b'{"v":1,"name":"maps","status":"deprecated","reason":"use charts"}\n')
    assert told_codes(machine.install("maps")) == [("W221", "use charts")]

"""Packs from git repositories: what is installed, what the lock keeps, and what stays when the repository moves on."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from skillctl.app.undo import UndoRequest, undo
from skillctl.core.errors import InstallError, RegistryError, SkillctlError, UsageError
from tests.sources.making import Repositories, codes, skills
from tests.support.machine import Machine
from tests.support.packs import pack, skill_text

# What is there


def test_skills_without_a_manifest_are_one_pack_called_after_the_repository(
    machine: Machine, repository: Repositories
) -> None:
    commit = repository("map-tools").release(skills("maps", "charts"))
    done = machine.install(f"git+file://{machine.room}/repositories/map-tools")
    assert machine.skills() == ["charts", "maps"]
    locked = machine.lock["packs"]["map-tools"]
    assert locked["source"]["commit"] == commit
    assert locked["source"]["inferred"]["skills"] == ["skills/charts", "skills/maps"]
    assert [(each.name, each.before, each.after) for each in done.changed] == [("map-tools", "", commit[:7])]
    assert machine.wanted["packs"] == {"map-tools": {"git": f"file://{machine.room}/repositories/map-tools"}}


def test_what_was_inferred_is_told(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps"))
    done = machine.install(tools.asked)
    (note,) = [each for each in done.problems if each.code == "N230"]
    assert note.evidence == {"name": "tools", "inferred": ["description", "name", "skills"]}


def test_a_skill_json_says_name_and_version(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    commit = tools.release(pack("maps", "1.4.0"))
    machine.install(tools.asked)
    assert machine.versions == {"maps": "1.4.0"}
    assert machine.lock["packs"]["maps"]["source"] == {"git": f"file://{tools.root}", "commit": commit}


def test_a_pack_may_lie_in_a_subdirectory(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release({f"deep/maps/{path}": data for path, data in pack("maps").items()} | {"README.md": b"x"})
    machine.install(f"{tools.asked}#subdirectory=deep/maps")
    assert machine.skills() == ["maps"]
    assert machine.wanted["packs"]["maps"] == {"git": f"file://{tools.root}", "subdirectory": "deep/maps"}


def test_a_branch_a_tag_and_a_commit_can_be_asked_for(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    first = tools.release(pack("maps", "1.0.0"), "first")
    tools.release(pack("maps", "2.0.0"))
    for ref in ("first", first):
        machine.install(f"{tools.asked}#{ref}")
        assert machine.versions == {"maps": "1.0.0"}
        assert machine.wanted["packs"]["maps"]["ref"] == ref
        assert machine.lock["packs"]["maps"]["source"]["ref"] == ref
    machine.install(f"{tools.asked}#main")
    assert machine.versions == {"maps": "2.0.0"}


def test_a_skill_that_clients_load_though_it_breaks_rules_is_installed_with_a_warning(
    machine: Machine, repository: Repositories
) -> None:
    tools = repository("tools")
    tools.release(
        {
            "skills/maps/SKILL.md": b"---\nname: other\ndescription: Use when: drawing\n---\nDraw.\n",
            "skills/My_Skill/SKILL.md": b"No front matter.\n",
        }
    )
    done = machine.install(tools.asked)
    assert machine.skills() == ["My_Skill", "maps"]
    assert {"W202", "W203", "W205"} <= set(codes(done))
    assert done.ok
    machine.sync()
    machine.remove("tools")
    assert machine.skills() == []


# The lock


def test_what_is_locked_stays_when_the_repository_moves_on(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps", text="old"))
    machine.install(tools.asked)
    before = (machine.project / "skillctl.lock").read_bytes()
    tools.release(skills("maps", text="new"))
    machine.publish(pack("other"))
    machine.install("other")
    machine.remove("other")
    assert (machine.project / "skillctl.lock").read_bytes() == before
    machine.fresh_clone()
    machine.clean()
    machine.install(frozen=True)
    assert machine.skill("maps").read_text().endswith("old\n")
    done = machine.update("tools")
    assert machine.skill("maps").read_text().endswith("new\n")
    assert [each.name for each in done.changed] == ["tools"]


def test_installing_again_by_hand_takes_what_is_there_now(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps", text="old"))
    machine.install(tools.asked)
    tools.release(skills("maps", text="new"))
    machine.install(tools.asked)
    assert machine.skill("maps").read_text().endswith("new\n")


def test_a_lock_whose_digest_is_another_is_refused(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps"))
    machine.install(tools.asked)
    path = machine.project / "skillctl.lock"
    lock = machine.lock
    lock["packs"]["tools"]["tree"] = "tree1:" + "0" * 64
    path.write_text(json.dumps(lock))
    machine.fresh_clone()
    with pytest.raises(RegistryError) as caught:
        machine.install()
    assert caught.value.code == "E259"
    assert machine.skills() == []


def test_what_was_inferred_when_it_was_locked_counts(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps", "charts"))
    machine.install(tools.asked)
    lock = machine.lock
    lock["packs"]["tools"]["source"]["inferred"]["skills"] = ["skills/maps"]
    (machine.project / "skillctl.lock").write_text(json.dumps(lock))
    machine.fresh_clone()
    machine.install()
    assert machine.skills() == ["maps"]


def test_offline_installs_what_was_fetched_before(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps"))
    machine.install(tools.asked)
    machine.fresh_clone()
    machine.configure()
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    machine.install()
    assert machine.skills() == ["maps"]


def test_removing_and_undoing_leave_nothing(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps"))
    machine.install(tools.asked)
    machine.remove("tools")
    assert machine.wanted["packs"] == {}
    assert machine.skills() == []


def test_two_repositories_of_one_name_stand_beside_each_other(machine: Machine, repository: Repositories) -> None:
    one, other = repository("anna/skills"), repository("bert/skills")
    one.release(skills("maps"))
    other.release(skills("charts"))
    machine.install(one.asked)
    machine.install(other.asked)
    assert sorted(machine.versions) == ["bert-skills", "skills"]
    machine.fresh_clone()
    machine.clean()
    machine.install()
    assert machine.skills() == ["charts", "maps"]


def test_going_from_a_repository_to_a_registry_and_back(machine: Machine, repository: Repositories) -> None:
    machine.publish(pack("maps", "1.0.0", text="published"))
    tools = repository("tools")
    tools.release(pack("maps", "1.0.0", text="mine"))
    machine.install("maps")
    machine.install(tools.asked)
    assert machine.skill("maps").read_text().endswith("mine\n")
    machine.write_project(packs={"maps": "^1"})
    machine.install()
    assert machine.skill("maps").read_text().endswith("published\n")
    assert machine.lock["packs"]["maps"]["registry"] == "id-of-registry"


# What is refused


def test_a_link_that_leads_out_is_refused_and_one_that_stays_is_copied(
    machine: Machine, repository: Repositories
) -> None:
    tools = repository("tools")
    tools.release(skills("maps") | {"shared.md": b"shared\n"})
    (tools.root / "skills" / "maps" / "shared.md").symlink_to("../../shared.md")
    tools.release({})
    machine.install(tools.asked)
    assert machine.skill("maps").with_name("shared.md").read_text() == "shared\n"
    assert not machine.skill("maps").with_name("shared.md").is_symlink()
    (tools.root / "skills" / "maps" / "secret").symlink_to("../../../../home/.ssh/id")
    tools.release({})
    with pytest.raises(RegistryError):
        machine.update()


def test_text_that_nobody_sees_is_refused_unless_it_is_allowed(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release({"skills/maps/SKILL.md": skill_text("maps", "draw\u200b\U000e0041 maps")})
    with pytest.raises(RegistryError) as caught:
        machine.install(tools.asked)
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence["file"]) == ("E264", "skills/maps/SKILL.md")
    assert problem.evidence["code_points"] == ["U+200B", "U+E0041"]
    assert machine.skills() == []
    machine.install(tools.asked, allow_hidden_text=True)
    assert machine.skills() == ["maps"]
    machine.sync()  # what was installed once stays
    machine.fresh_clone()
    with pytest.raises(RegistryError):
        machine.install()  # a clone is somebody else's decision


def test_a_published_pack_with_such_text_is_refused_as_well(machine: Machine) -> None:
    machine.publish(pack("maps", text="draw\u202e maps"))
    with pytest.raises(RegistryError) as caught:
        machine.install("maps")
    assert caught.value.code == "E264"
    machine.install("maps", allow_hidden_text=True)


@pytest.mark.parametrize(
    ("front", "points"),
    [
        (r'description: "ok \U000E0041\U000E0042 x"', ["U+E0041", "U+E0042"]),
        (r'description: "ok \udb40\udc41 x"', ["U+E0041"]),
        (r'description: "ok \e[31m \u202e x"', ["U+001B", "U+202E"]),
        ("description: ok\nmetadata:\n  " + r'more: ["\u200b"]', ["U+200B"]),
        (r'description: !!str "tagged \U000E0041"', ["U+E0041"]),
    ],
)
def test_text_that_nobody_sees_is_refused_when_yaml_escapes_it(machine: Machine, front: str, points: list[str]) -> None:
    files = pack("maps")
    text = f"---\nname: maps\n{front}\n---\n\nDo it.\n"
    machine.publish(files | {"skills/maps/SKILL.md": text.encode()})
    with pytest.raises(RegistryError) as caught:
        machine.install("maps")
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence["file"]) == ("E264", "skills/maps/SKILL.md")
    assert problem.evidence["code_points"] == points
    machine.install("maps", allow_hidden_text=True)
    assert machine.skills() == ["maps"]


@pytest.mark.parametrize(
    ("member", "points"),
    [
        (rb'"b \u001b[31m \u202e b \udb40\udc41"', ["U+001B", "U+202E", "U+E0041"]),
        ('"b \u202e b"'.encode(), ["U+202E"]),
    ],
)
def test_text_that_nobody_sees_is_refused_in_the_manifest(machine: Machine, member: bytes, points: list[str]) -> None:
    files = pack("maps")
    data = files["skill.json"].replace(b'"About maps."', member)
    machine.publish(files | {"skill.json": data})
    with pytest.raises(RegistryError) as caught:
        machine.install("maps")
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence["file"]) == ("E264", "skill.json")
    assert problem.evidence["code_points"] == points
    machine.install("maps", allow_hidden_text=True)
    assert machine.skills() == ["maps"]


def test_a_backslash_that_is_no_escape_hides_nothing(machine: Machine) -> None:
    text = "---\nname: maps\ndescription: '\\u202e and C:\\U000E0041'\n---\n\nWrite `\\u202e`.\n"
    machine.publish(pack("maps") | {"skills/maps/SKILL.md": text.encode()})
    machine.install("maps")
    assert machine.skills() == ["maps"]


def test_a_repository_that_is_gone_is_a_sentence(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release(skills("maps"))
    machine.install(tools.asked)
    shutil.rmtree(tools.root)
    machine.fresh_clone()
    machine.install()  # the store has it
    machine.clean()
    shutil.rmtree(machine.cache)
    machine.fresh_clone()
    with pytest.raises(SkillctlError):
        machine.install()
    assert machine.skills() == []


def test_a_repository_that_is_gone_stops_no_look_at_the_others(
    machine: Machine, repository: Repositories, skillctl: Any
) -> None:
    gone, tools = repository("gone"), repository("tools")
    gone.release(pack("charts"))
    tools.release(pack("maps", "1.0.0"))
    machine.install(gone.asked, tools.asked)
    tools.release(pack("maps", "2.0.0"))
    shutil.rmtree(gone.root)
    listed = skillctl("outdated")
    assert (listed.status, "2.0.0" in listed.out) == (0, True)
    for words in ("warning W233: `charts` stays as it is locked", "warning E266"):
        assert listed.err.count(words) == 1
    named = skillctl("update", "charts")
    assert (named.status, "error E266" in named.err) == (1, True)
    updated = skillctl("update")
    assert (updated.status, "warning W233: `charts`" in updated.err) == (0, True)
    assert machine.versions == {"charts": "1.0.0", "maps": "2.0.0"}
    assert "every pack that could be looked at is at the highest" in skillctl("update").out
    assert (
        skillctl("outdated").out == "nothing is outdated: 1 pack at the newest release; 1 pack could not be looked at\n"
    )


def test_a_pack_at_a_tag_is_said_to_be_held_there(machine: Machine, repository: Repositories, skillctl: Any) -> None:
    tools = repository("tools")
    tools.release(pack("maps", "1.0.0"), "v1.0.0")
    machine.install(f"{tools.asked}#v1.0.0")
    tools.release(pack("maps", "2.0.0"), "v2.0.0")
    listed = skillctl("outdated")
    assert "#v1.0.0" in listed.out
    assert "held at what `#` names in skillctl.json, also by `skillctl update --latest`: maps" in listed.err
    assert "goes beyond" not in listed.err
    assert skillctl("update", "--latest").out.endswith("; held at what `#` names in skillctl.json: maps\n")


def test_the_pack_of_a_registry_is_not_looked_at_as_a_place(machine: Machine, skillctl: Any) -> None:
    ran = skillctl("install", "maps", "--list")
    assert ran.status == 2
    with pytest.raises(UsageError):
        machine.install("maps", editable=True)
    with pytest.raises((InstallError, UsageError)):
        machine.install(frozen=True, editable=True)


def test_going_back_brings_what_was_allowed_once(machine: Machine, repository: Repositories) -> None:
    tools = repository("tools")
    tools.release({"skills/maps/SKILL.md": skill_text("maps", "draw\u200b maps")})
    machine.install(tools.asked, allow_hidden_text=True)
    machine.remove("tools")
    undo(machine.settings(), UndoRequest(cwd=machine.project))
    assert machine.skills() == ["maps"]
    tools.release({"skills/maps/SKILL.md": skill_text("maps", "draw\u200b\u200b maps")})
    with pytest.raises(RegistryError) as caught:
        machine.update()
    assert caught.value.code == "E264"
    machine.update(allow_hidden_text=True)


# A project that somebody else wrote


@pytest.mark.parametrize(
    "source",
    [
        {"git": "ext::sh -c 'touch owned'", "commit": "0" * 40},
        {"git": "file:///nowhere", "commit": "main"},
        {"git": "https://example.com/x", "ref": "--upload-pack=touch owned", "commit": "0" * 40},
        {"git": "file:///nowhere", "commit": "0" * 40, "subdirectory": "../../etc"},
        {"git": "https://me:secret@example.com/x", "commit": "0" * 40},
        {"path": "a\u0000b"},
        {"path": "..", "git": "file:///nowhere", "commit": "0" * 40},
        {"archive": "x.zip"},
        {"path": ".", "inferred": ["name"]},
    ],
    ids=lambda source: "-".join(source),
)
def test_a_lock_with_a_place_that_is_none_is_refused_at_the_door(machine: Machine, source: dict[str, Any]) -> None:
    machine.write_project(packs={"maps": {"path": "maps"}})
    lock = {
        "format": "1.0",
        "inputs": {"packs": {"maps": {"path": "maps"}}, "registries": []},
        "packs": {"maps": {"version": "1.0.0", "tree": "tree1:" + "0" * 64, "source": source}},
    }
    (machine.project / "skillctl.lock").write_text(json.dumps(lock))
    before = machine.seen(machine.project)
    with pytest.raises(SkillctlError) as caught:
        machine.install()
    assert caught.value.code == "E146"
    assert "secret" not in str(caught.value)
    assert machine.seen(machine.project) == before


@pytest.mark.parametrize(
    "inferred",
    [
        {"name": "maps", "description": "x", "skills": ["../../etc"]},
        {"name": "maps", "description": "x", "skills": ["skills/none"]},
        {"name": "other", "description": "x", "skills": ["skills/maps"]},
        {"name": "maps"},
        {"name": "maps", "description": "x", "skills": 1},
    ],
    ids=["climbs", "missing", "renamed", "bare", "number"],
)
def test_an_inferred_manifest_that_does_not_fit_the_files_is_refused(
    machine: Machine, repository: Repositories, inferred: dict[str, Any]
) -> None:
    tools = repository("maps")
    tools.release(skills("maps"))
    machine.install(tools.asked)
    lock = machine.lock
    lock["packs"]["maps"]["source"]["inferred"] = inferred
    (machine.project / "skillctl.lock").write_text(json.dumps(lock))
    machine.fresh_clone()
    with pytest.raises(SkillctlError):
        machine.install()
    assert machine.skills() == []

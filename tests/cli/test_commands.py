"""What single commands show, and what they make of their options."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Bench

INSTALL = ("install", "arcgis", "-a", "claude-code")
NEW = ("new", "terraform", "-d", "Writes Terraform. Use it for infrastructure.", "--yes")


def test_install_shows_each_slash_command_with_its_file_and_what_it_costs(skillctl: Bench) -> None:
    ran = skillctl(*INSTALL)
    (line,) = (line for line in ran.out.splitlines() if "/arcgis-setup " in line)
    command, file, cost, *_ = line.split()
    assert command == "/arcgis-setup"
    assert (skillctl.project / file).is_file()
    assert cost.startswith("~")
    assert "made skillctl.json" in ran.err
    assert ran.out.startswith("+ arcgis ")


def test_a_second_install_says_that_there_is_nothing_to_do(skillctl: Bench) -> None:
    skillctl(*INSTALL)
    assert skillctl("install").out == "nothing to do: 1 pack installed as the lock says\n"


def test_only_the_skills_asked_for_are_taken(skillctl: Bench) -> None:
    result = skillctl(*INSTALL, "--skill", "arcgis-setup", "--json").result
    assert [each["name"] for each in result["commands"]] == ["arcgis-setup"]


def test_sync_check_tells_drift_and_fails(skillctl: Bench) -> None:
    skillctl(*INSTALL)
    skill = skillctl.project / ".claude" / "skills" / "arcgis-setup" / "SKILL.md"
    skill.unlink()
    ran = skillctl("sync", "--check")
    assert ran.status == 1
    assert "error E4" in ran.err
    assert not skill.exists()
    assert skillctl("sync").status == 0
    assert skill.is_file()


def test_remove_names_what_went(skillctl: Bench) -> None:
    skillctl(*INSTALL)
    assert skillctl("rm", "arcgis").out.startswith("- arcgis ")
    assert skillctl("ls").out == "nothing is installed\n"


def test_available_packs_can_be_chosen_by_capability_and_by_word(skillctl: Bench) -> None:
    assert "arcgis" in skillctl("list", "--available").out
    assert "arcgis" in skillctl("list", "--available", "--capability", "spatial-analysis").out
    assert "arcgis" in skillctl("find", "geodatabase").out
    assert skillctl("search", "no-such-word").out == "no pack says `no-such-word`\n"
    assert skillctl("list", "--available", "--capability", "juggling").out == "no pack is available\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list", "--capability", "x"), "E002"),
        (("list", "--registry", "x"), "E002"),
        (("list", "--available", "--global"), "E028"),
        (("yank", "terraform", "0.1.0", "--undo", "--reason", "x"), "E028"),
        (("install", "arcgis", "--link-mode", "magic"), "E023"),
        (("publish", "--registry", "no-such-alias"), "E428"),
        (("registry", "token", "create", "--user", "", "--registry", "http://localhost:1"), "E023"),
        (("registry", "token", "create", "--expires", "", "--registry", "http://localhost:1"), "E023"),
        (("registry", "token", "list", "--user", "", "--registry", "http://localhost:1"), "E023"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(skillctl: Bench, words: tuple[str, ...], code: str) -> None:
    before = skillctl.seen()
    assert skillctl(*words, "--json").codes == [code]
    assert skillctl.seen() == before


def test_pack_puts_the_archive_here_but_never_into_the_pack(skillctl: Bench) -> None:
    skillctl(*NEW)
    skillctl("pack", "terraform")
    assert (skillctl.project / "terraform-0.1.0.tar.gz").is_file()
    (skillctl.project / "terraform-0.1.0.tar.gz").unlink()
    inside = skillctl("pack", "--json", at=skillctl.project / "terraform" / "skills")
    assert inside.codes == ["E428"]
    inside = skillctl("pack", "--json", at=skillctl.project / "terraform")
    assert Path(inside.result["archive"]) == skillctl.project / "terraform-0.1.0.tar.gz"
    chosen = skillctl("pack", "terraform", "-o", "out/t.tar.gz", "--json")
    assert Path(chosen.result["archive"]) == skillctl.project / "out" / "t.tar.gz"
    assert chosen.result["tree"] == inside.result["tree"]


def test_publish_says_where_and_what_and_a_yanked_release_is_not_chosen(skillctl: Bench) -> None:
    skillctl(*NEW)
    assert skillctl("publish", "terraform").out.startswith("published terraform 0.1.0 in local\n")
    assert "is already published" in skillctl("publish", "terraform").out
    ran = skillctl("yank", "terraform", "0.1.0", "--reason", "too early")
    assert ran.out == "terraform 0.1.0 is yanked in local\nreason: too early\n"
    assert skillctl("install", "terraform", "--json").codes == ["E303"]
    assert skillctl("yank", "terraform", "0.1.0", "--undo").out == "terraform 0.1.0 is back in the choice in local\n"
    assert skillctl("install", "terraform").status == 0


def test_validate_has_a_line_for_each_pack_and_the_problems_beside_it(skillctl: Bench) -> None:
    skillctl(*NEW)
    manifest = skillctl.project / "terraform" / "skill.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("0.1.0", "1"), encoding="utf-8")
    ran = skillctl("validate", "terraform")
    assert ran.status == 1
    assert ran.out.split()[0] == "failed"
    assert "error E102: `1` is not a version" in ran.err
    assert "  at terraform/skill.json:" in ran.err


def test_version_shows_the_number_alone_on_standard_output(skillctl: Bench) -> None:
    skillctl(*NEW)
    assert skillctl("version", "--path", "terraform").out == "0.1.0\n"
    raised = skillctl("version", "minor", "-p", "terraform")
    assert (raised.out, raised.err) == ("0.2.0\n", "raised from 0.1.0\n")


def test_settings_are_shown_as_they_could_be_typed(skillctl: Bench) -> None:
    skillctl("config", "set", "agents", "codex,claude-code")
    assert skillctl("config", "get", "agents").out == "codex, claude-code\n"
    skillctl("config", "set", "llm.cache_enabled", "false")
    assert skillctl("config", "get", "llm.cache_enabled").out == "false\n"
    assert "is now true" in skillctl("config", "unset", "llm.cache_enabled").out


def test_the_cache_can_be_looked_at_and_emptied(skillctl: Bench) -> None:
    skillctl(*INSTALL)
    directory = Path(skillctl("cache", "dir").out.strip())
    assert directory.is_dir()
    assert "1 tree" in skillctl("cache", "size").err
    assert skillctl("cache", "prune", "--json").result["removed"] == []
    assert len(skillctl("cache", "clean", "--json").result["removed"]) == 1
    assert skillctl("install", "--json").status == 0


def test_a_change_of_the_project_file_alone_is_told(skillctl: Bench) -> None:
    skillctl(*INSTALL)
    for words in (["arcgis>=0.1"], ["-a", "claude-code", "arcgis@1.0.0"], ["--vendor"]):
        rehearsed = skillctl("install", *words, "--dry-run")
        assert rehearsed.out.startswith("would change skillctl.json; nothing else differs\n")
        assert "dry run" in rehearsed.err
        ran = skillctl("install", *words)
        assert ran.out.startswith("changed skillctl.json; nothing else differs\n"), words
        assert "nothing to do" not in ran.out
        assert skillctl("install").out == "nothing to do: 1 pack installed as the lock says\n"


def test_what_is_edited_is_never_said_to_be_as_the_lock_says(skillctl: Bench) -> None:
    skillctl(*INSTALL)
    skill = skillctl.project / ".claude" / "skills" / "arcgis-setup" / "SKILL.md"
    skill.write_text(skill.read_text() + "A note of mine.\n")
    for words in (["install"], ["sync"], ["update"], ["sync", "--check"]):
        ran = skillctl(*words)
        assert ran.out == "1 skill is not as the lock says\n", words
        assert "W401" in ran.err
        assert ran.status == ("--check" in words)


def test_a_lock_of_other_requirements_is_not_said_to_be_in_order(skillctl: Bench) -> None:
    skillctl(*INSTALL)
    project = skillctl.project / "skillctl.json"
    project.write_text(project.read_text().replace('"^1.0.0"', '">=0.1"'))
    ran = skillctl("sync", "--check")
    assert (ran.status, ran.out) == (1, "skillctl.lock is not what skillctl.json asks for\n")


def test_the_project_file_of_the_user_is_said_to_be_where_it_is(skillctl: Bench) -> None:
    ran = skillctl(*INSTALL, "-g")
    (made,) = (line for line in ran.err.splitlines() if line.startswith("made skillctl.json in "))
    assert Path(made.removeprefix("made skillctl.json in "), "skillctl.json").is_file()


def test_an_agent_that_is_none_is_a_wrong_call(skillctl: Bench) -> None:
    for words in (["install", "arcgis", "-a", "nope"], ["init", "-a", "nope"]):
        ran = skillctl(*words, "--json")
        assert (ran.status, ran.codes) == (2, ["E430"])
    assert skillctl("init", "-a", "*").status == 0


def test_new_ends_with_commands_that_can_be_typed(skillctl: Bench) -> None:
    (skillctl.project / "packs").mkdir()
    ran = skillctl(*NEW)
    assert "`skillctl validate packs/terraform` and `skillctl publish packs/terraform`" in ran.err
    assert skillctl("validate", "packs/terraform").status == 0


def test_a_quiet_check_says_only_what_is_wrong(skillctl: Bench) -> None:
    skillctl(*NEW)
    assert skillctl("validate", "terraform", "-q").out == ""
    manifest = skillctl.project / "terraform" / "skill.json"
    manifest.write_text(manifest.read_text().replace("0.1.0", "one"))
    ran = skillctl("validate", "terraform", "-q")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("error E102: ")


def test_a_merge_left_unsettled_is_hinted_at(skillctl: Bench) -> None:
    skillctl(*INSTALL)
    for name in ("skillctl.lock", "skillctl.json"):
        file = skillctl.project / name
        file.write_text("<<<<<<< HEAD\n" + file.read_text())
        ran = skillctl("sync")
        assert "error E153: " in ran.err
        assert "`<<<<<<<`" in ran.err

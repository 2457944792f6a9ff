"""`new` on a terminal: what is not said is asked, and only there."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Bench


def manifest(skillctl: Bench, path: str) -> dict[str, object]:
    value = json.loads((skillctl.project / path / "skill.json").read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


def test_a_person_is_asked_for_what_is_not_said(skillctl: Bench) -> None:
    ran = skillctl("new", terminal=True, typed="My Domain\nWrites letters to aunts\nAda\n")
    assert ran.status == 0, ran.err
    assert ran.err.count("? ") + ran.err.count(": ") >= 3
    made = manifest(skillctl, "my-domain")
    assert (made["description"], made["author"]) == ("Writes letters to aunts", "Ada")
    assert "N420" in ran.err


def test_an_empty_answer_takes_the_default(skillctl: Bench) -> None:
    ran = skillctl("new", "my-domain", terminal=True, typed="\n\n")
    assert ran.status == 0, ran.err
    assert manifest(skillctl, "my-domain")["description"]


def test_what_was_said_is_not_asked(skillctl: Bench) -> None:
    ran = skillctl("new", "my-domain", "-d", "Writes letters", "--author", "Ada", terminal=True)
    assert ran.status == 0, ran.err
    assert "?" not in ran.err


def test_the_end_of_the_input_stops_everything(skillctl: Bench) -> None:
    ran = skillctl("new", "my-domain", terminal=True, typed="")
    assert ran.status == 130
    assert not (skillctl.project / "my-domain").exists()


def test_without_a_terminal_the_name_has_to_be_said(skillctl: Bench) -> None:
    ran = skillctl("new", "--json")
    assert (ran.status, ran.codes) == (2, ["E029"])


def test_a_name_that_is_taken_is_told_before_anything_is_asked(skillctl: Bench) -> None:
    (skillctl.project / "taken").mkdir()
    ran = skillctl("new", "taken", terminal=True, typed="")
    assert ran.status == 1
    assert "E420" in ran.err


def test_a_users_own_template_takes_values(skillctl: Bench, tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.mkdir()
    variables = {"description": {"default": "d"}, "cloud": {"question": "Which cloud?"}}
    (template / "scaffold.json").write_text(json.dumps({"format": "1.0", "variables": variables}), encoding="utf-8")
    (template / "cloud.txt.jinja").write_text("{{ cloud }}\n", encoding="utf-8")
    ran = skillctl("new", "mine", "--template", str(template), "--set", "cloud=azure", "--yes")
    assert ran.status == 0, ran.err
    assert (skillctl.project / "mine" / "cloud.txt").read_text(encoding="utf-8") == "azure\n"
    wrong = skillctl("new", "other", "--template", str(template), "--set", "cloud", "--json")
    assert (wrong.status, wrong.codes) == (2, ["E023"])
    missing = skillctl("new", "other", "--template", str(template), "--json")
    assert (missing.status, missing.codes) == (2, ["E425"])


def test_what_new_makes_is_valid_to_the_last_warning_and_can_be_published_and_installed(skillctl: Bench) -> None:
    for words in (
        ("new-skill", "terraform", "-d", "Writes Terraform. Use it for infrastructure.", "--hooks", "--plan", "--yes"),
        ("validate", "terraform", "--strict"),
        ("publish", "terraform"),
        ("install-skill", "terraform", "-a", "claude-code"),
        ("sync", "--check"),
    ):
        ran = skillctl(*words)
        assert ran.status == 0, ran.out + ran.err
    assert (skillctl.project / ".claude" / "skills" / "terraform" / "SKILL.md").is_file()
    assert "terraform" in skillctl("list-packs").out

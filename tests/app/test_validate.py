"""`validate`: which packs a path means, and what fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillctl.app.pack import PackRequest, pack
from skillctl.app.validate import ValidateOutcome, ValidateRequest, validate, write_sarif
from skillctl.core.errors import InstallError, SkillctlError, UsageError
from skillctl.core.value import replace
from skillctl.core.wording import worded
from tests.app.test_pack import SETTINGS, SKILL, make_pack


def validated(*paths: Path, cwd: Path, strict: bool = False) -> ValidateOutcome:
    return validate(SETTINGS, ValidateRequest(paths=paths, cwd=cwd, strict=strict))


def codes(outcome: ValidateOutcome) -> list[str]:
    return [each.code for each in outcome.problems]


def test_a_good_pack_passes_and_its_cost_is_told(tmp_path: Path) -> None:
    outcome = validated(make_pack(tmp_path / "tiny"), cwd=tmp_path, strict=True)
    (checked,) = outcome.packs
    assert outcome.ok
    assert (checked.location, checked.name, checked.version, checked.files) == ("tiny", "tiny", "1.0.0", 3)
    (skill,) = checked.skills
    assert skill.skill == "tiny"
    assert skill.always_on > 0
    assert outcome.to_json()["strict"] is True


@pytest.mark.parametrize("path", ["tiny", "tiny/skill.json", ".", "tiny-1.0.0.tar.gz"])
def test_a_pack_is_named_by_its_directory_its_manifest_a_folder_or_its_archive(tmp_path: Path, path: str) -> None:
    directory = make_pack(tmp_path / "tiny", license="Do what you like")
    pack(SETTINGS, PackRequest(directory=directory, output=tmp_path))
    outcome = validated(tmp_path / path, cwd=tmp_path)
    assert [each.name for each in outcome.packs] == ["tiny"]
    assert codes(outcome) == ["W101"]


def test_a_folder_of_packs_means_each_of_them_and_so_does_a_repository_with_a_packs_folder(tmp_path: Path) -> None:
    for name in ("b", "a", ".git"):
        make_pack(tmp_path / "packs" / name)
    (tmp_path / "packs" / "no-pack").mkdir()
    for path in (tmp_path / "packs", tmp_path):
        assert [each.location for each in validated(path, cwd=tmp_path).packs] == ["packs/a", "packs/b"]


def test_a_pack_that_two_paths_mean_is_checked_once(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny")
    assert len(validated(directory, tmp_path, directory / "skill.json", cwd=tmp_path).packs) == 1


def test_a_directory_with_skills_alone_is_a_pack(tmp_path: Path) -> None:
    (tmp_path / "skills" / "tiny").mkdir(parents=True)
    (tmp_path / "skills" / "tiny" / "SKILL.md").write_text(SKILL, encoding="utf-8")
    outcome = validated(tmp_path, cwd=tmp_path, strict=True)
    assert outcome.ok
    assert [skill.skill for skill in outcome.packs[0].skills] == ["tiny"]


@pytest.mark.parametrize("path", ["empty", "letter.txt"])
def test_where_there_is_no_pack_nothing_can_be_checked(tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    with pytest.raises(SkillctlError) as caught:
        validated(tmp_path / path, cwd=tmp_path)
    assert caught.value.code == "E428"


def test_every_problem_of_every_pack_is_told_with_its_place(tmp_path: Path) -> None:
    make_pack(tmp_path / "packs" / "a", version="1", name="Tiny")
    make_pack(tmp_path / "packs" / "b", context_files=["missing.md"])
    outcome = validated(tmp_path / "packs", cwd=tmp_path)
    assert not outcome.ok
    assert [(each.code, each.place.file if each.place else "") for each in outcome.problems] == [
        ("E101", "packs/a/skill.json"),
        ("E102", "packs/a/skill.json"),
        ("E118", "packs/b/skill.json"),
    ]
    assert [each.count("error") for each in outcome.packs] == [2, 1]


def test_places_in_the_working_directorys_own_pack_have_no_prefix(tmp_path: Path) -> None:
    outcome = validated(make_pack(tmp_path / "tiny", version="1"), cwd=tmp_path / "tiny")
    assert [each.place.file for each in outcome.problems if each.place] == ["skill.json"]
    assert outcome.packs[0].location == "."


def test_a_warning_fails_a_strict_check_alone_and_stays_a_warning(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny", license="Do what you like")
    assert validated(directory, cwd=tmp_path).ok
    strict = validated(directory, cwd=tmp_path, strict=True)
    assert not strict.ok
    assert [each.severity for each in strict.problems] == ["warning"]


def test_a_file_that_can_not_be_taken_is_a_problem_beside_the_others(tmp_path: Path) -> None:
    make_pack(tmp_path / "packs" / "a")
    directory = make_pack(tmp_path / "packs" / "b", license="Do what you like", context_files=["link", "large.md"])
    (directory / "link").symlink_to("/")
    (directory / "large.md").write_bytes(b"x" * (SETTINGS.limits.file_bytes + 1))
    outcome = validated(tmp_path / "packs", cwd=tmp_path)
    assert sorted(codes(outcome)) == ["E455", "E456", "W101"]
    assert [each.count("error") for each in outcome.packs] == [0, 2]
    assert outcome.packs[1].skills


def test_a_skill_file_that_is_a_link_is_told_alone(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny")
    (skill,) = directory.rglob("SKILL.md")
    skill.unlink()
    skill.symlink_to("/")
    assert codes(validated(directory, cwd=tmp_path)) == ["E455"]


def test_a_path_without_a_pack_leaves_the_others_to_be_checked(tmp_path: Path) -> None:
    make_pack(tmp_path / "one", version="1")
    make_pack(tmp_path / "two")
    (tmp_path / "empty").mkdir()
    outcome = validated(*(tmp_path / name for name in ("one", "empty", "two", "nothere")), cwd=tmp_path)
    assert [(each.location, each.count("error")) for each in outcome.packs] == [
        ("one", 1),
        ("empty", 1),
        ("two", 0),
        ("nothere", 1),
    ]
    assert codes(outcome) == ["E102", "E428", "E437"]


def test_what_a_faulty_manifest_refers_to_is_looked_for_all_the_same(tmp_path: Path) -> None:
    directory = make_pack(
        tmp_path / "tiny",
        version="1",
        context_files=["a.md"],
        hooks_module="hooks.py",
        plans={"first": "plan.json"},
        skills=["skills/nope"],
        name="Tiny Pack",
    )
    outcome = validated(directory, cwd=tmp_path)
    found = {each.place.path if each.place else "": each.code for each in outcome.problems}
    assert found["$.context_files[0]"] == "E118"
    assert found["$.hooks_module"] == "E118"
    assert found["$.plans.first"] == "E118"
    assert found["$.version"] == "E102"
    (nameless,) = (each for each in outcome.problems if each.code == "E141")
    assert nameless.place is not None
    assert nameless.place.path == "$.skills[0]"
    assert worded(nameless).title.startswith("the skill `nope` of `Tiny Pack` has no SKILL.md")


def test_where_some_items_are_wrong_the_others_are_told_at_their_list(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny", context_files=["../out", "a.md"], skills=["../out", "skills/nope"])
    found = [(each.code, each.place.path if each.place else "") for each in validated(directory, cwd=tmp_path).problems]
    assert ("E118", "$.context_files") in found
    assert ("E141", "$.skills") in found


def test_what_is_said_of_a_skill_that_is_listed_twice_is_said_once(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny", skills=["skills/tiny", "skills/tiny/"])
    skill = directory / "skills" / "tiny" / "SKILL.md"
    skill.parent.mkdir(parents=True, exist_ok=True)
    skill.write_text("---\nname: tiny\ndescription: x\nmodel: opus\n---\nBody\n", encoding="utf-8")
    assert codes(validated(directory, cwd=tmp_path)).count("N110") == 1


def test_a_pack_that_depends_on_itself_is_an_error(tmp_path: Path) -> None:
    for dependencies in (["tiny ^1"], {"tiny": "*"}):
        (path := tmp_path / str(len(dependencies) * (1 + isinstance(dependencies, dict)))).mkdir()
        outcome = validated(make_pack(path / "tiny", dependencies=dependencies), cwd=tmp_path)
        assert codes(outcome) == ["E121"]


def test_a_pack_without_any_skill_is_warned_of(tmp_path: Path) -> None:
    directory = tmp_path / "bare"
    directory.mkdir()
    manifest = {"name": "bare", "version": "1.0.0", "description": "Brings others together."}
    (directory / "skill.json").write_text(json.dumps(manifest), encoding="utf-8")
    outcome = validated(directory, cwd=tmp_path)
    assert (codes(outcome), outcome.ok) == (["W104"], True)


def test_an_archive_that_is_refused_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "tiny-1.0.0.tar.gz").write_bytes(b"no archive")
    assert codes(validated(tmp_path / "tiny-1.0.0.tar.gz", cwd=tmp_path)) == ["E208"]


@pytest.mark.parametrize("text", ["", "[" * 100_000, "{", "[]", '{"name": 1, "version": []}', "\ufeff{}", "\x00"])
def test_any_manifest_at_all_is_answered_with_problems(tmp_path: Path, text: str) -> None:
    directory = make_pack(tmp_path / "tiny")
    (directory / "skill.json").write_text(text, encoding="utf-8")
    outcome = validated(directory, cwd=tmp_path)
    assert not outcome.ok
    assert (outcome.packs[0].name, outcome.packs[0].version) == ("", "")
    json.dumps(outcome.to_json())


# --- agents, mending, SARIF, plans ------------------------------------------------------------------------------------


BROKEN_PLAN = json.dumps({"name": "go", "files": [{"filename": "../out.py", "code": "x"}], "run": "python out.py"})


def test_a_reader_that_nobody_knows_is_a_wrong_call(tmp_path: Path) -> None:
    make_pack(tmp_path / "tiny")
    for known in ("codex", "claude-ai", "skills-ref"):
        assert validate(SETTINGS, ValidateRequest(paths=(tmp_path,), cwd=tmp_path, agents=(known,))).ok
    with pytest.raises(UsageError) as caught:
        validate(SETTINGS, ValidateRequest(paths=(tmp_path,), cwd=tmp_path, agents=("claud-code",)))
    assert caught.value.code == "E430"


def test_what_is_mechanical_is_mended_in_place_and_a_dry_run_only_shows_it(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny", license="mit")
    (directory / "skill.json").chmod(0o600)
    before = (directory / "skill.json").read_bytes()
    fix = ValidateRequest(paths=(directory,), cwd=tmp_path, fix=True, dry_run=True)
    for _ in range(2):
        shown = validate(SETTINGS, fix)
        assert codes(shown) == ["N116"]
        assert [(each.rule, each.before, each.after) for each in shown.packs[0].fixes] == [("N116", "mit", "MIT")]
        assert (directory / "skill.json").read_bytes() == before
    done = validate(SETTINGS, replace(fix, dry_run=False))
    assert codes(done) == []
    assert [each.rule for each in done.packs[0].fixes] == ["N116"]
    assert (directory / "skill.json").read_bytes() == before.replace(b'"mit"', b'"MIT"')
    assert validate(SETTINGS, replace(fix, dry_run=False)).packs[0].fixes == ()


def test_an_archive_is_never_mended(tmp_path: Path) -> None:
    pack(SETTINGS, PackRequest(directory=make_pack(tmp_path / "tiny", license="mit"), output=tmp_path))
    archive = tmp_path / "tiny-1.0.0.tar.gz"
    before = archive.read_bytes()
    with pytest.raises(UsageError) as caught:
        validate(SETTINGS, ValidateRequest(paths=(archive,), cwd=tmp_path, fix=True))
    assert caught.value.code == "E002"
    assert archive.read_bytes() == before


def test_mending_writes_through_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    directory = make_pack(tmp_path / "tiny", license="mit")
    (directory / "skill.json").rename(outside)
    (directory / "skill.json").symlink_to(outside)
    before = outside.read_bytes()
    outcome = validate(SETTINGS, ValidateRequest(paths=(directory,), cwd=tmp_path, fix=True))
    assert not outcome.ok
    assert outside.read_bytes() == before


def test_a_plan_is_held_to_the_rules_of_the_runtime_at_its_place(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny", plans={"go": "go.json"})
    (directory / "go.json").write_text(BROKEN_PLAN, encoding="utf-8")
    outcome = validated(directory, cwd=tmp_path)
    (found,) = outcome.problems
    assert (found.code, found.severity) == ("E505", "error")
    assert found.place is not None
    assert (found.place.file, found.place.path) == ("tiny/go.json", "$.files[0].filename")
    assert found.place.line == 1
    (directory / "go.json").write_text("{", encoding="utf-8")
    assert validated(directory, cwd=tmp_path).problems[0].code.startswith("E15")


def test_variables_of_a_plan_are_filled_in_before_it_is_judged(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny", plans={"go": "go.json"})
    plan = {
        "name": "go",
        "variables": {"who": {"description": "whom to greet"}, "count": {"default": 3}},
        "files": [{"filename": "go.sh", "code": "echo {{ who }} {{ count }}"}],
        "run": "sh go.sh",
    }
    (directory / "go.json").write_text(json.dumps(plan), encoding="utf-8")
    assert validated(directory, cwd=tmp_path).problems == ()
    (directory / "go.json").write_text(json.dumps({**plan, "run": "sh {{ nobody }}"}), encoding="utf-8")
    assert codes(validated(directory, cwd=tmp_path)) == ["E519"]


def test_findings_are_written_for_a_code_host_with_those_that_are_silenced(tmp_path: Path) -> None:
    ignore = {"ignore": {"W101": "our own licence"}}
    make_pack(tmp_path / "tiny", license="Do what you like", validate=ignore)
    outcome = validated(tmp_path, cwd=tmp_path, strict=True)
    assert outcome.ok
    assert [each.reason for each in outcome.packs[0].silenced] == ["our own licence"]
    write_sarif(outcome, tmp_path / "out" / "skillctl.sarif")
    (run,) = json.loads((tmp_path / "out" / "skillctl.sarif").read_bytes())["runs"]
    assert [each["suppressions"][0]["justification"] for each in run["results"]] == ["our own licence"]


def test_a_path_with_nothing_at_it_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(InstallError) as caught:
        validated(tmp_path / "nosuch", cwd=tmp_path)
    assert caught.value.code == "E437"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InstallError) as empty:
        validated(tmp_path / "empty", cwd=tmp_path)
    assert empty.value.code == "E428"

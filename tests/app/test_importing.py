"""What other tools installed is taken over: found at its source, compared by content, adopted or left alone."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.import_files import ForeignEntry, read_foreign_file
from skillctl.app.importing import ImportedEntry, ImportOutcome, ImportRequest, computed_hashes, import_file
from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.limits import LIMITS
from skillctl.core.source import parse_request
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import skill_text
from tests.support.repositories import Repository

CASES = json.loads((Path(__file__).parents[1] / "data" / "imports" / "cases.json").read_text(encoding="utf-8"))


@pytest.fixture
def skills(machine: Machine) -> Repository:
    """A repository with skills as `npx skills` installs them."""
    repository = Repository(machine.room / "git" / "skills")
    repository.commit(
        {
            "skills/draw/SKILL.md": skill_text("draw"),
            "skills/draw/references/colours.md": b"Red\n",
            "skills/read/SKILL.md": skill_text("read"),
        }
    )
    machine.environment["PATH"] += f":{Path(shutil.which('git') or '').parent}"
    return repository


def of(repository: Repository, skill: str) -> dict[str, bytes]:
    root = repository.root / "skills" / skill
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def hash_of(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files, key=str.lower):
        digest.update(path.encode() + files[path])
    return digest.hexdigest()


def npx_lock(machine: Machine, repository: Repository, *names: str, **more: Any) -> Path:
    entries = {
        name: {
            "source": repository.url,
            "sourceType": "git",
            "skillPath": f"skills/{name}/SKILL.md",
            "computedHash": hash_of(of(repository, name)) if (repository.root / "skills" / name).is_dir() else "0" * 64,
        }
        for name in names
    }
    path = machine.project / "skills-lock.json"
    path.write_text(json.dumps({"version": 1, "skills": {**entries, **more}}))
    return path


def put(repository: Repository, directory: Path, *names: str) -> None:
    """What `npx skills` puts on disk."""
    for name in names:
        shutil.copytree(repository.root / "skills" / name, directory / name)


def imported(machine: Machine, file: Path, **options: Any) -> ImportOutcome:
    return import_file(machine.settings(), ImportRequest(cwd=machine.project, file=file, **options))


def by_name(outcome: ImportOutcome) -> dict[str, ImportedEntry]:
    return {each.name: each for each in outcome.entries}


def codes(outcome: ImportOutcome) -> list[str]:
    return sorted(each.code for each in outcome.problems if each.code[0] != "N")


def test_a_lock_of_npx_skills_becomes_one_source_with_its_skills(machine: Machine, skills: Repository) -> None:
    outcome = imported(machine, npx_lock(machine, skills, "draw", "read"))
    assert {(each.status, each.content, each.disk) for each in outcome.entries} == {("imported", "equal", "absent")}
    assert machine.wanted["packs"] == {"skills": {"git": skills.url, "skills": ["draw", "read"]}}
    assert machine.skills() == ["draw", "read"]
    assert outcome.ok


def test_copies_that_are_equal_are_adopted_where_they_lie(machine: Machine, skills: Repository) -> None:
    put(skills, machine.project / ".agents" / "skills", "draw", "read")
    (machine.project / ".claude" / "skills").mkdir(parents=True)
    for name in ("draw", "read"):
        (machine.project / ".claude" / "skills" / name).symlink_to(f"../../.agents/skills/{name}")
    before = machine.seen(machine.project / ".agents", machine.project / ".claude")
    outcome = imported(machine, npx_lock(machine, skills, "draw", "read"))
    assert {each.disk for each in outcome.entries} == {"adopted"}
    assert machine.wanted["agents"] == ["universal", "claude-code"]
    assert machine.seen(machine.project / ".agents", machine.project / ".claude") == before
    assert machine.sync(check=True).ok


def test_a_copy_that_was_edited_is_told_and_left_out(machine: Machine, skills: Repository) -> None:
    put(skills, machine.project / ".claude" / "skills", "draw", "read")
    machine.skill("draw").write_text("mine")
    outcome = imported(machine, npx_lock(machine, skills, "draw", "read"))
    assert {name: (each.status, each.disk) for name, each in by_name(outcome).items()} == {
        "draw": ("left out", "differs"),
        "read": ("imported", "adopted"),
    }
    assert codes(outcome) == ["W495"]
    assert machine.skill("draw").read_text() == "mine"
    assert machine.wanted["packs"]["skills"]["skills"] == ["read"]


def test_a_source_that_moved_on_is_told(machine: Machine, skills: Repository) -> None:
    lock = npx_lock(machine, skills, "draw", "read")
    skills.commit({"skills/draw/SKILL.md": skill_text("draw", "Something else.\n")})
    outcome = imported(machine, lock)
    assert {name: each.content for name, each in by_name(outcome).items()} == {"draw": "differs", "read": "equal"}
    assert codes(outcome) == ["W496"]
    assert machine.skills() == ["draw", "read"]


def test_what_is_not_there_any_more_is_an_error_and_the_rest_is_imported(machine: Machine, skills: Repository) -> None:
    lock = npx_lock(
        machine,
        skills,
        "draw",
        "gone",
        site={"source": "docs.example", "sourceType": "well-known"},
        npm={"source": "some-package", "sourceType": "node_modules"},
    )
    outcome = imported(machine, lock)
    assert {name: each.status for name, each in by_name(outcome).items()} == {
        "draw": "imported",
        "gone": "not found",
        "site": "no skill",
        "npm": "no skill",
    }
    assert codes(outcome) == ["E494", "W493", "W493"]
    assert machine.skills() == ["draw"]


def test_a_skill_that_no_pack_of_the_repository_has_is_taken_from_its_own_directory(
    machine: Machine, skills: Repository
) -> None:
    manifest = {"name": "art", "version": "1.0.0", "description": "Art", "skills": ["skills/draw"]}
    skills.commit({"skill.json": json.dumps(manifest).encode(), "skills/read/SKILL.md": skill_text("read")})
    outcome = imported(machine, npx_lock(machine, skills, "draw", "read"))
    assert {name: (each.status, each.packs) for name, each in by_name(outcome).items()} == {
        "draw": ("imported", ("art",)),
        "read": ("imported", ("read",)),
    }
    assert machine.skills() == ["draw", "read"]


def test_a_rehearsal_changes_nothing(machine: Machine, skills: Repository) -> None:
    lock = npx_lock(machine, skills, "draw")
    before = machine.seen(machine.project)
    outcome = imported(machine, lock, dry_run=True)
    assert outcome.change is not None
    assert outcome.change.dry_run
    assert machine.seen(machine.project) == before


def test_nothing_to_import_makes_no_project(machine: Machine, skills: Repository) -> None:
    outcome = imported(machine, npx_lock(machine, skills, "gone"))
    assert outcome.change is None
    assert not outcome.ok
    assert not (machine.project / "skillctl.json").exists()


def test_the_users_lock_is_for_the_user_and_is_compared_by_gits_tree(machine: Machine, skills: Repository) -> None:
    tree = skills.git("rev-parse", "HEAD:skills/draw")
    path = machine.home / ".agents" / ".skill-lock.json"
    path.parent.mkdir()
    entry = {"source": skills.url, "sourceType": "git", "sourceUrl": skills.url, "skillPath": "skills/draw/SKILL.md"}
    path.write_text(json.dumps({"version": 3, "skills": {"draw": {**entry, "skillFolderHash": tree}}}))
    outcome = imported(machine, path)
    assert by_name(outcome)["draw"].content == "equal"
    assert (machine.home / ".claude" / "skills" / "draw" / "SKILL.md").is_file()
    assert not (machine.project / "skillctl.json").exists()


def test_a_local_source_counts_from_the_file(machine: Machine, skills: Repository) -> None:
    put(skills, machine.project / "mine", "draw")
    path = machine.project / "skills-lock.json"
    entry = {"source": "./mine/draw", "sourceType": "local", "computedHash": hash_of(of(skills, "draw"))}
    path.write_text(json.dumps({"version": 1, "skills": {"draw": entry}}))
    outcome = imported(machine, path)
    assert by_name(outcome)["draw"].content == "equal"
    assert machine.wanted["packs"]["draw"]["path"] == "mine/draw"


def test_apm_asks_for_directories_of_repositories_and_its_lock_names_the_commit(
    machine: Machine, skills: Repository
) -> None:
    manifest = machine.project / "apm.yml"
    manifest.write_text(
        "name: app\nversion: 1.0.0\ndependencies:\n  apm:\n"
        f"    - git: {skills.url}\n      path: skills/draw\n  mcp:\n    - io.github.github/server\n"
    )
    outcome = imported(machine, manifest)
    assert [(each.status, each.packs) for each in outcome.entries] == [("imported", ("draw",)), ("no skill", ())]
    assert machine.wanted["packs"]["draw"] == {"git": skills.url, "subdirectory": "skills/draw"}
    lock = machine.project / "apm.lock.yaml"
    commit = skills.git("rev-parse", "HEAD")
    lock.write_text(
        f'lockfile_version: "1"\ndependencies:\n  - repo_url: {skills.url}\n    resolved_commit: {commit}\n'
        "    virtual_path: skills/draw\n    depth: 1\n  - repo_url: other/one\n    depth: 2\n"
    )
    assert [each.content for each in imported(machine, lock).entries] == ["equal"]
    skills.commit({"more.md": b"more"})
    assert [each.content for each in imported(machine, lock).entries] == ["differs"]


def test_agents_toml_is_imported(machine: Machine, skills: Repository) -> None:
    path = machine.project / "agents.toml"
    path.write_text(f'version = 1\nagents = ["claude"]\n\n[[skills]]\nname = "read"\nsource = "git:{skills.url}"\n')
    assert [each.status for each in imported(machine, path).entries] == ["imported"]
    assert machine.skills() == ["read"]


def test_a_second_import_finds_nothing_to_do(machine: Machine, skills: Repository) -> None:
    lock = npx_lock(machine, skills, "draw")
    imported(machine, lock)
    before = machine.seen(machine.project)
    outcome = imported(machine, lock)
    assert outcome.change is not None
    assert outcome.change.changes == ()
    assert {path: seen for path, seen in machine.seen(machine.project).items() if "holder" not in path} == before


@pytest.mark.parametrize("case", CASES["requests"], ids=lambda case: case["case"])
def test_an_entry_becomes_a_request_of_ours(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / case["file"]
    path.write_text(case["text"])
    entries = read_foreign_file(path, LIMITS).entries
    assert [_shown(each, tmp_path) for each in entries] == case["requests"]
    for each in entries:
        assert bool(each.request) != bool(each.reason)
        if each.request:
            parse_request(each.request)


def _shown(entry: ForeignEntry, base: Path) -> str | None:
    return entry.request.replace(str(base), "BASE") or None


def test_a_site_is_told_with_the_command_that_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "skills-lock.json"
    entry = {"source": "docs.example", "sourceType": "well-known"}
    path.write_text(json.dumps({"version": 1, "skills": {"maps": entry}}))
    (told,) = read_foreign_file(path, LIMITS).entries
    assert "`skillctl install https://docs.example`" in told.reason


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["case"])
def test_what_is_no_such_file_is_refused(case: dict[str, Any], machine: Machine) -> None:
    path = machine.project / case["file"]
    if "text" in case:
        path.write_text(case["text"])
    with pytest.raises(SkillctlError) as caught:
        imported(machine, path)
    assert caught.value.code == "E492"


def test_the_hash_is_that_of_npx_skills() -> None:
    told = {
        "SKILL.md": "a", "references/a.md": "b", "references/B.md": "c", "a-b.txt": "d", "a_b.txt": "e",
        "Zed.md": "f", "ab.txt": "g", "scripts/x1.py": "h", "scripts/x10.py": "i", "scripts/x2.py": "j",
        "assets/é.md": "k", "LICENSE.txt": "l", "a.b": "m",
    }  # fmt: skip
    found = next(computed_hashes({path: text.encode() for path, text in told.items()}))
    assert found == "50eb6f39c4e8d2b6db12e5ee9b800b02878c8b7b198c3fc2a5eacd6f480e026f"


def test_an_error_of_installing_stays_one(machine: Machine, skills: Repository) -> None:
    machine.write_project(format="1.0", skillctl=">=99")
    with pytest.raises(InstallError) as caught:
        imported(machine, npx_lock(machine, skills, "draw"))
    assert caught.value.code == "E409"


def test_a_person_is_told_of_each_entry(machine: Machine, skills: Repository, skillctl: Callable[..., Ran]) -> None:
    npx_lock(machine, skills, "draw", "gone")
    ran = skillctl("import", "skills-lock.json")
    assert ran.status == 1
    assert "2 entries of the skills-lock.json of npx skills" in ran.err
    assert "error E494: `gone` could not be found" in ran.err
    assert "draw  imported" in ran.out


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("skills-lock.json", '{"version": 9, "skills": {}}', "its version 9 is not known (1 and 3 are)"),
        ("agents.toml", "a = [\n", "Invalid value"),
        ("skills-lock.json", "{", ""),
        ("folder", None, "it is a directory"),
    ],
)
def test_what_can_not_be_imported_is_told_once(machine: Machine, name: str, text: str | None, reason: str) -> None:
    file = machine.project / name
    if text is None:
        file.mkdir()
    else:
        file.write_text(text)
    with pytest.raises(InstallError) as caught:
        read_foreign_file(file, machine.settings().limits)
    (problem,) = caught.value.problems
    assert problem.code == "E492"
    assert str(problem.evidence["reason"]).startswith(reason)
    assert not re.search(r"[EW]\d{3}", str(problem.evidence["reason"]))

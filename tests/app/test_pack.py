"""`pack`: one archive, the same from the same files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillctl.app.pack import PackOutcome, PackRequest, pack
from skillctl.archive.reader import read_tree
from skillctl.core.errors import SkillctlError
from skillctl.core.settings import Directories, Settings

SETTINGS = Settings(directories=Directories(home="/h", config="/h/c", data="/h/d", cache="/h/k", state="/h/s"))

SKILL = "---\nname: tiny\ndescription: Does one tiny thing. Use it when a tiny thing is to be done.\n---\n# Tiny\n"


def make_pack(directory: Path, **fields: object) -> Path:
    """A pack named tiny, with these fields in its manifest beside the needed ones."""
    manifest = {"name": "tiny", "version": "1.0.0", "description": "Does one tiny thing", **fields}
    files = {"skill.json": json.dumps(manifest), "skills/tiny/SKILL.md": SKILL, "notes.md": "notes\n"}
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")
    return directory


def packed(directory: Path, output: Path, *, dry_run: bool = False) -> PackOutcome:
    return pack(SETTINGS, PackRequest(directory=directory, output=output, dry_run=dry_run))


def test_the_archive_holds_the_tree_that_was_told(tmp_path: Path) -> None:
    outcome = packed(make_pack(tmp_path / "tiny"), tmp_path)
    data = (tmp_path / "tiny-1.0.0.tar.gz").read_bytes()
    tree = read_tree(data, pack="tiny")
    assert outcome.tree == tree.digest
    assert (outcome.size, outcome.files) == (len(data), 3)
    assert [member.path for member in tree.members] == ["notes.md", "skill.json", "skills/tiny/SKILL.md"]


def test_the_same_files_give_the_same_archive_wherever_they_lie(tmp_path: Path) -> None:
    one = packed(make_pack(tmp_path / "a"), tmp_path / "one.tar.gz")
    other = packed(make_pack(tmp_path / "deep" / "b"), tmp_path / "other.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "other.tar.gz").read_bytes()
    assert (one.tree, one.sha256) == (other.tree, other.sha256)


def test_a_scope_becomes_part_of_the_files_name(tmp_path: Path) -> None:
    packed(make_pack(tmp_path / "tiny", name="@acme/tiny"), tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["acme-tiny-1.0.0.tar.gz"]


def test_files_that_the_manifest_leaves_out_are_not_in_it(tmp_path: Path) -> None:
    assert packed(make_pack(tmp_path / "tiny", files=["!notes.md"]), tmp_path).files == 2


def test_a_dry_run_tells_all_and_writes_nothing(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny")
    told = packed(directory, tmp_path / "out", dry_run=True)
    assert not (tmp_path / "out").exists()
    done = packed(directory, tmp_path / "out")
    assert {**told.to_json(), "dry_run": False} == done.to_json()


def test_an_archive_that_would_become_part_of_the_pack_is_refused(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny")
    with pytest.raises(SkillctlError) as caught:
        packed(directory, directory / "dist")
    assert caught.value.code == "E030"
    assert not (directory / "dist").exists()


def test_an_archive_inside_the_pack_is_fine_where_the_manifest_leaves_it_out(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny", files=["!dist"])
    first = packed(directory, directory / "dist")
    assert packed(directory, directory / "dist").tree == first.tree


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_a_directory_without_a_manifest_is_no_pack(tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SkillctlError) as caught:
        packed(tmp_path / path, tmp_path)
    assert caught.value.code == "E428"


def test_every_problem_of_a_manifest_is_told_with_its_line(tmp_path: Path) -> None:
    directory = make_pack(tmp_path / "tiny", version="1", name="Tiny")
    with pytest.raises(SkillctlError) as caught:
        packed(directory, tmp_path)
    assert {each.code for each in caught.value.problems} == {"E101", "E102"}
    assert all(each.place is not None and each.place.line == 1 for each in caught.value.problems)

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.archive.header import split_path
from skillctl.archive.reader import read_archive
from skillctl.archive.writer import write_archive, write_tar
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl.core.paths import find_collision, path_problem
from skillctl.core.tree import is_ignored
from tests.archive.building import Case, cases

_PARTS = st.text(st.characters(categories=("L", "N", "P", "S", "M")), min_size=1, max_size=12)
_PATHS = st.lists(_PARTS, min_size=1, max_size=4).map("/".join)
_DATA = st.binary(max_size=1100) | st.binary(max_size=20).map(lambda tail: b"#!" + tail)


def _is_packable(paths: list[str]) -> bool:
    return find_collision(paths) is None and all(
        path_problem(path) is None and not is_ignored(path) and split_path(path.encode()) for path in paths
    )


_TREES = st.dictionaries(_PATHS.filter(lambda path: _is_packable([path])), _DATA, max_size=6).filter(
    lambda tree: _is_packable(list(tree))
)


@given(_TREES)
@settings(max_examples=100)
def test_what_is_written_is_read(files: dict[str, bytes]) -> None:
    assert {each.path: each.data for each in read_archive(write_archive(files), pack="p")} == files


@given(_TREES, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_the_files_means_nothing(files: dict[str, bytes], random: object) -> None:
    mixed = list(files.items())
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert write_archive(dict(mixed)) == write_archive(files)


def test_a_tar_ends_after_two_zero_blocks() -> None:
    assert len(write_tar({})) == 1024
    assert len(write_tar({"a": b"x"})) == 512 + 512 + 1024


def test_a_file_that_begins_with_a_shebang_is_executable() -> None:
    tar = write_tar({"a": b"#!/bin/sh\n", "b": b" #!"})
    assert tar[100:108] == b"0000755\0"
    assert tar[1024 + 100 : 1024 + 108] == b"0000644\0"


@pytest.mark.parametrize(
    ("path", "prefix", "name"),
    [
        ("a" * 100, "", "a" * 100),
        ("d/" + "a" * 98, "", "d/" + "a" * 98),
        ("d/" + "a" * 99, "d", "a" * 99),
        ("d/" + "a" * 100, "d", "a" * 100),
        ("a/b/" + "c" * 97, "a/b", "c" * 97),
        ("d" * 155 + "/" + "f" * 84, "d" * 155, "f" * 84),
        ("d" * 139 + "/" + "f" * 15 + "/" + "g" * 84, "d" * 139 + "/" + "f" * 15, "g" * 84),
        ("d" * 139 + "/" + "f" * 16 + "/" + "g" * 80, "d" * 139, "f" * 16 + "/" + "g" * 80),
    ],
)
def test_a_long_path_is_split_at_the_last_slash_that_fits(path: str, prefix: str, name: str) -> None:
    assert split_path(path.encode()) == (prefix.encode(), name.encode())
    assert read_archive(write_archive({path: b"x"}), pack="p")[0].path == path


@pytest.mark.parametrize(
    "path", ["a" * 101, "d/" + "a" * 101, "d" * 70 + "/" + "e" * 90 + "/" + "f" * 70 + "g" * 8, "é" * 51]
)
def test_a_path_that_has_no_fitting_slash_is_refused(path: str) -> None:
    with pytest.raises(RegistryError) as caught:
        write_archive({path: b"x"}, pack="mine")
    assert caught.value.code == "E207"
    assert caught.value.problems[0].evidence == {"pack": "mine", "member": path, "rule": "unsplittable"}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(each, id=each["id"])
        for name in ("bad_paths", "bad_unicode")
        for each in cases(name)
        if "path" in each
    ],
)
def test_a_path_that_the_reader_refuses_is_not_written(case: Case) -> None:
    with pytest.raises(RegistryError) as caught:
        write_tar({case["path"]: b"x"})
    assert caught.value.problems[0].evidence["rule"] == case["rule"]


@pytest.mark.parametrize("case", [pytest.param(each, id=each["id"]) for each in cases("good_paths")])
def test_a_portable_path_is_written_and_read(case: Case) -> None:
    if split_path(case["path"].encode()) is None:
        return
    assert read_archive(write_archive({case["path"]: b"x"}), pack="p")[0].path == case["path"]


def test_every_problem_of_a_tree_is_reported_at_once() -> None:
    with pytest.raises(RegistryError) as caught:
        write_tar({"a:b": b"", "c.": b"", "fine": b""})
    assert [each.evidence["path"] for each in caught.value.problems] == ["a:b", "c."]


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [
        ("archive_bytes", 50, "E204"),
        ("tree_bytes", 9, "E204"),
        ("tree_files", 1, "E204"),
        ("file_bytes", 4, "E205"),
        ("path_bytes", 2, "E200"),
        ("path_depth", 1, "E200"),
    ],
)
def test_nothing_is_packed_that_the_reader_would_refuse(limit: str, value: int, code: str) -> None:
    files = {"a/b": b"12345", "c": b"12345"}
    limits = replace(LIMITS, **{limit: value})
    archive = write_archive(files)
    for refused in (
        lambda: write_archive(files, limits=limits),
        lambda: read_archive(archive, pack="p", limits=limits),
    ):
        with pytest.raises(RegistryError) as caught:
            refused()
        assert caught.value.code in {code, code.replace("E200", "E201")}


def test_a_pack_that_would_look_like_a_bomb_is_not_packed() -> None:
    with pytest.raises(RegistryError) as caught:
        write_archive({"zeros.bin": bytes(4_000_000)})
    assert caught.value.problems[0].evidence["rule"] == "compression_ratio"


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs GNU tar")
def test_gnu_tar_writes_the_same_bytes(tmp_path: Path) -> None:
    files = {
        "a.md": b"x" * 512,
        "scripts/run": b"#!/bin/sh\n",
        "é.md": b"",
        "d" * 139 + "/" + "f" * 16 + "/" + "g" * 80: b"deep",
        "d" * 90 + "/" + "e" * 90: b"x" * 1000,
    }
    version = subprocess.run(["tar", "--version"], capture_output=True, text=True, check=True).stdout
    if "GNU tar" not in version:
        pytest.skip("needs GNU tar")
    for path, data in files.items():
        target = tmp_path / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        os.chmod(target, 0o755 if data.startswith(b"#!") else 0o644)
    options = ["--format=ustar", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--blocking-factor=1"]
    command = ["tar", "--create", *options, "--directory", str(tmp_path / "tree"), "--", *sorted(files)]
    assert subprocess.run(command, capture_output=True, check=True).stdout == write_tar(files)

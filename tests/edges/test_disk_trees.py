"""Trees are read without following links and written into directories that are new."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.digests import EntryLine, entry_line, file_entry
from skillctl.core.errors import InstallError
from skillctl.core.limits import LIMITS
from skillctl.edges.disk.look import iterate_directories, kind_at, look_at_tree, same_device, total_size
from skillctl.edges.disk.trees import TreeCopier, hash_tree, move, read_tree_files, remove_tree, write_tree

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")

FILES = {"SKILL.md": b"# A skill\n", "bin/run": b"#!/bin/sh\n", "a/b/c/deep.md": b"", "a/b.md": b"b"}


def read(root: Path, **limits: int) -> dict[str, bytes]:
    return read_tree_files(root, limits=replace(LIMITS, **limits), keep=lambda _: True, enter=lambda _: True)


def entries(files: dict[str, bytes]) -> dict[str, EntryLine]:
    return {path: entry_line(file_entry(path, data)) for path, data in files.items()}


class TestReading:
    def test_what_was_written_is_read(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", FILES)
        assert read(tmp_path / "tree") == FILES

    def test_only_what_is_to_be_kept_is_read(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", FILES)
        found = read_tree_files(
            tmp_path / "tree", limits=LIMITS, keep=lambda path: path != "SKILL.md", enter=lambda path: path != "a"
        )
        assert found == {"bin/run": b"#!/bin/sh\n"}

    @POSIX
    @pytest.mark.parametrize("kind", ["link to a file", "link to a directory", "link to nothing", "pipe"])
    def test_what_is_neither_file_nor_directory_is_refused(self, kind: str, tmp_path: Path) -> None:
        root = tmp_path / "tree"
        write_tree(root, FILES)
        (tmp_path / "outside").mkdir()
        if kind == "pipe":
            os.mkfifo(root / "odd")
        else:
            to = {"link to a file": "SKILL.md", "link to a directory": "../outside", "link to nothing": "nowhere"}
            (root / "odd").symlink_to(to[kind])
        with pytest.raises(InstallError) as caught:
            read(root)
        assert caught.value.code == "E455"

    @pytest.mark.parametrize(
        "limits", [{"file_bytes": 9}, {"tree_bytes": 20}, {"tree_files": 3}], ids=["file", "bytes", "files"]
    )
    def test_a_limit_is_kept(self, limits: dict[str, int], tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", FILES)
        with pytest.raises(InstallError) as caught:
            read(tmp_path / "tree", **limits)
        assert caught.value.code == "E456"
        assert read(tmp_path / "tree", file_bytes=10, tree_bytes=21, tree_files=4) == FILES


class TestLooking:
    def test_every_file_has_size_and_time(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", FILES)
        written = TreeCopier("copy").copy(str(tmp_path / "tree"), str(tmp_path / "copy"), entries(FILES))
        assert look_at_tree(str(tmp_path / "copy")) == written
        status = (tmp_path / "copy" / "SKILL.md").stat()
        assert written["SKILL.md"] == f"{status.st_size} {status.st_mtime_ns}"

    @POSIX
    def test_a_link_inside_equals_no_file(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", {"a": b"same"})
        (tmp_path / "tree" / "link").symlink_to("a")
        found = look_at_tree(str(tmp_path / "tree")) or {}
        assert found["link"].startswith("-1 ")
        assert hash_tree(tmp_path / "tree")["link"] == ""

    def test_what_is_no_directory_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert look_at_tree(str(tmp_path / "missing")) is None
        assert look_at_tree(str(tmp_path / "file")) is None

    @POSIX
    def test_kinds_are_told_without_following_links(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "directory").mkdir()
        (tmp_path / "link").symlink_to("directory")
        (tmp_path / "dangling").symlink_to("nowhere")
        kinds = {name: kind_at(str(tmp_path / name)) for name in ("file", "directory", "link", "dangling", "none")}
        assert kinds == {
            "file": "other",
            "directory": "directory",
            "link": "link",
            "dangling": "link",
            "none": "nothing",
        }
        assert kind_at(str(tmp_path / "file" / "below")) == "nothing"
        assert iterate_directories(tmp_path) == ["directory"]

    def test_sizes_add_up(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", FILES)
        assert total_size(tmp_path / "tree") == sum(map(len, FILES.values()))
        assert total_size(tmp_path / "missing") == 0

    def test_a_path_that_is_missing_lies_where_its_nearest_parent_does(self, tmp_path: Path) -> None:
        assert same_device(tmp_path, tmp_path / "a" / "b")

    @POSIX
    def test_a_path_that_may_not_be_looked_at_is_an_error_of_ours(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forbidden(*_: Any, **__: Any) -> Any:
            raise PermissionError(errno.EACCES, "no")

        monkeypatch.setattr(os, "stat", forbidden)
        with pytest.raises(InstallError) as caught:
            same_device(tmp_path, tmp_path)
        assert caught.value.code == "E451"


class TestWriting:
    def test_the_directory_must_be_new(self, tmp_path: Path) -> None:
        (tmp_path / "tree").mkdir()
        with pytest.raises(InstallError):
            write_tree(tmp_path / "tree", FILES)
        assert list((tmp_path / "tree").iterdir()) == []

    @POSIX
    def test_a_link_in_the_directorys_place_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "tree").symlink_to("outside")
        with pytest.raises(InstallError):
            write_tree(tmp_path / "tree", FILES)
        assert list((tmp_path / "outside").iterdir()) == []

    @POSIX
    @pytest.mark.parametrize("copied", [False, True])
    def test_what_begins_with_a_hash_and_a_bang_can_be_run_and_nothing_else(self, copied: bool, tmp_path: Path) -> None:
        files = {"run": b"#!/bin/sh\n", "data": b"# !\n", "empty": b"", "one": b"#"}
        root = tmp_path / "tree"
        write_tree(root, files)
        for path in files:
            (root / path).chmod(0o777)  # no mode is ever read
        if copied:
            TreeCopier("copy").copy(str(root), str(tmp_path / "copy"), entries(files))
            root = tmp_path / "copy"
        else:
            root = tmp_path / "again"
            write_tree(root, files)
        umask = os.umask(0o22)
        os.umask(umask)
        modes = {path: stat.S_IMODE((root / path).stat().st_mode) for path in files}
        assert modes == {path: (0o755 if path == "run" else 0o644) & ~umask for path in files}

    def test_a_tree_may_have_more_directories_than_a_process_has_handles(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened, most = set(), 0
        open_, close = os.open, os.close

        def counted(*arguments: Any, **more: Any) -> int:
            nonlocal most
            handle = open_(*arguments, **more)
            opened.add(handle)
            most = max(most, len(opened))
            return handle

        def closed(handle: int) -> None:
            opened.discard(handle)
            close(handle)

        files = {f"d{number}/e/f{number % 7}/file": f"{number}".encode() for number in range(300)}
        monkeypatch.setattr(os, "open", counted)
        monkeypatch.setattr(os, "close", closed)
        write_tree(tmp_path / "tree", dict(sorted(files.items(), key=lambda item: item[1])))
        monkeypatch.undo()
        assert most < 100
        assert not opened
        assert read(tmp_path / "tree") == files


class TestCopying:
    @pytest.mark.parametrize("mode", ["auto", "copy", "hardlink"])
    def test_a_copy_holds_the_files_under_their_new_paths(self, mode: Any, tmp_path: Path) -> None:
        write_tree(tmp_path / "store", FILES)
        wanted = {f"new/{path}": entry for path, entry in entries(FILES).items()}
        written = TreeCopier(mode).copy(str(tmp_path / "store"), str(tmp_path / "copy"), wanted)
        assert read(tmp_path / "copy") == {f"new/{path}": data for path, data in FILES.items()}
        assert look_at_tree(str(tmp_path / "copy")) == written
        shared = (tmp_path / "store" / "SKILL.md").samefile(tmp_path / "copy" / "new" / "SKILL.md")
        assert shared is (mode == "hardlink")

    @pytest.mark.parametrize("mode", ["auto", "copy", "hardlink"])
    @pytest.mark.parametrize("damage", [b"", b"# A skilL\n", b"# A skill\nmore", b"# A"])
    def test_a_damaged_source_is_found_on_the_way(self, damage: bytes, mode: Any, tmp_path: Path) -> None:
        write_tree(tmp_path / "store", FILES)
        (tmp_path / "store" / "SKILL.md").write_bytes(damage)
        with pytest.raises(InstallError) as caught:
            TreeCopier(mode).copy(str(tmp_path / "store"), str(tmp_path / "copy"), entries(FILES))
        assert caught.value.code == "E457"

    @POSIX
    def test_a_source_that_became_a_link_is_not_followed(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "store", FILES)
        (tmp_path / "same").write_bytes(FILES["SKILL.md"])
        (tmp_path / "store" / "SKILL.md").unlink()
        (tmp_path / "store" / "SKILL.md").symlink_to("../same")
        with pytest.raises(InstallError):
            TreeCopier("copy").copy(str(tmp_path / "store"), str(tmp_path / "copy"), entries(FILES))

    def test_what_can_not_be_hard_linked_is_copied(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def far(*_: Any, **__: Any) -> Any:
            raise OSError(errno.EXDEV, "another device")

        write_tree(tmp_path / "store", FILES)
        monkeypatch.setattr(os, "link", far)
        TreeCopier("hardlink").copy(str(tmp_path / "store"), str(tmp_path / "copy"), entries(FILES))
        assert read(tmp_path / "copy") == FILES


class TestRemovingAndMoving:
    @POSIX
    def test_a_link_goes_and_what_it_leads_to_stays(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", FILES)
        (tmp_path / "link").symlink_to("tree")
        (tmp_path / "tree" / "up").symlink_to("..")
        remove_tree(tmp_path / "link")
        assert read_names(tmp_path) == ["tree"]
        remove_tree(tmp_path / "tree")
        assert read_names(tmp_path) == []

    @POSIX
    @pytest.mark.parametrize("kind", ["file", "pipe", "nothing", "below a file"])
    def test_whatever_is_at_the_path_goes(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "it"
        if kind in ("file", "below a file"):
            path.touch()
        elif kind == "pipe":
            os.mkfifo(path)
        remove_tree(path / "below" if kind == "below a file" else path)
        assert read_names(tmp_path) == (["it"] if kind == "below a file" else [])

    def test_what_others_remove_at_the_same_time_stops_nobody(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_tree(tmp_path / "tree", FILES)
        unlink = os.unlink
        quicker = iter([True])

        def too_late(*arguments: Any, **more: Any) -> None:
            unlink(*arguments, **more)
            if next(quicker, False):
                raise FileNotFoundError(errno.ENOENT, "gone")

        monkeypatch.setattr(os, "unlink", too_late)
        remove_tree(tmp_path / "tree")
        assert read_names(tmp_path) == []

    def test_moving_makes_the_directories_above(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", FILES)
        move(tmp_path / "tree", tmp_path / "a" / "b" / "moved")
        assert read(tmp_path / "a" / "b" / "moved") == FILES
        assert read_names(tmp_path) == ["a"]

    def test_a_directory_with_files_is_never_moved_over(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "tree", FILES)
        write_tree(tmp_path / "mine", {"mine": b""})
        with pytest.raises(InstallError):
            move(tmp_path / "tree", tmp_path / "mine")
        assert read(tmp_path / "mine") == {"mine": b""}
        assert read(tmp_path / "tree") == FILES


def read_names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def test_hashes_are_those_of_the_bytes(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", FILES)
    assert hash_tree(tmp_path / "tree") == {path: hashlib.sha256(data).hexdigest() for path, data in FILES.items()}

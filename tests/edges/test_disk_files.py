"""Files are read under a cap, and written whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import InstallError
from skillctl.core.wording import worded
from skillctl.edges.disk.files import (
    append_bytes,
    link_text,
    list_names,
    make_directory,
    make_link,
    read_bytes,
    remove_empty_directory,
    remove_file,
    write_atomic,
    write_new,
)
from skillctl.edges.disk.private import write_private

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def failing(number: int) -> Callable[..., Any]:
    return raising(OSError(number, os.strerror(number)))


def raising(error: OSError) -> Callable[..., Any]:
    def call(*arguments: Any, **more: Any) -> Any:
        raise error

    return call


def on_windows(number: int) -> OSError:
    error = OSError(errno.EINVAL, "as Windows says it")
    error.winerror = number  # type: ignore[attr-defined]  # elsewhere it is any attribute
    return error


NO_LINKS = pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EPERM, "not permitted"),
        OSError(errno.EOPNOTSUPP, "not supported"),
        on_windows(1),
        on_windows(1314),
    ],
    ids=["EPERM", "EOPNOTSUPP", "no such function", "no privilege"],
)


def names(directory: Path) -> list[str]:
    return sorted(os.listdir(directory))


class TestReading:
    def test_up_to_the_cap_and_no_byte_more(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"x" * 100)
        assert read_bytes(path, max_bytes=100) == b"x" * 100
        with pytest.raises(InstallError) as caught:
            read_bytes(path, max_bytes=99)
        assert caught.value.code == "E454"

    @POSIX
    def test_the_cap_counts_what_is_read_and_not_what_the_system_says(self) -> None:
        """A device has no size; neither has a file of /proc."""
        with pytest.raises(InstallError) as caught:
            read_bytes(Path("/dev/zero"), max_bytes=1000)
        assert caught.value.code == "E454"

    @pytest.mark.parametrize("path", ["missing", "missing/below", "file/below"])
    def test_what_is_not_there_is_none(self, path: str, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        assert read_bytes(tmp_path / path, max_bytes=10) is None

    def test_a_directory_is_an_error_of_ours(self, tmp_path: Path) -> None:
        with pytest.raises(InstallError) as caught:
            read_bytes(tmp_path, max_bytes=10)
        assert caught.value.code in ("E451", "E452")

    @POSIX
    def test_a_pipe_without_a_writer_does_not_hang(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert read_bytes(tmp_path / "pipe", max_bytes=10) == b""


class TestWriting:
    @pytest.mark.parametrize("staged", [False, True])
    def test_the_new_bytes_take_the_place_of_the_old(self, staged: bool, tmp_path: Path) -> None:
        path, stage = tmp_path / "a" / "b" / "file", tmp_path / "stage"
        for data in (b"old and longer", b"new", b""):
            write_atomic(path, data, stage=stage if staged else None)
            assert path.read_bytes() == data
        assert names(path.parent) == ["file"]
        assert not staged or names(stage) == []

    @POSIX
    def test_a_link_is_replaced_and_never_written_through(self, tmp_path: Path) -> None:
        outside, path = tmp_path / "outside", tmp_path / "link"
        outside.write_bytes(b"mine")
        path.symlink_to(outside)
        write_atomic(path, b"new")
        assert outside.read_bytes() == b"mine"
        assert not path.is_symlink()
        assert path.read_bytes() == b"new"

    @POSIX
    @pytest.mark.parametrize("to", ["outside", "nowhere"])
    def test_a_new_file_is_not_made_where_a_link_is(self, to: str, tmp_path: Path) -> None:
        (tmp_path / "outside").write_bytes(b"mine")
        path = tmp_path / "link"
        path.symlink_to(tmp_path / to)
        assert not write_new(path, b"new")
        assert (tmp_path / "outside").read_bytes() == b"mine"
        assert not (tmp_path / "nowhere").exists()

    def test_of_many_that_make_the_same_file_one_does(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda number: write_new(path, f"{number}".encode()), range(32)))
        assert made.count(True) == 1
        assert path.read_bytes() == f"{made.index(True)}".encode()
        assert names(tmp_path) == ["file"]

    def test_of_many_that_write_a_file_one_has_it_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        texts = [bytes([number]) * 10_000 for number in range(16)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda data: write_atomic(path, data), texts))
        assert path.read_bytes() in texts
        assert names(tmp_path) == ["file"]

    @NO_LINKS
    def test_a_new_file_is_made_where_a_file_has_one_name_only(
        self, error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "link", raising(error))
        path = tmp_path / "file"
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda number: write_new(path, f"{number}".encode()), range(32)))
        assert made.count(True) == 1
        assert path.read_bytes() == f"{made.index(True)}".encode()
        assert names(tmp_path) == ["file"]

    @pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "E450"), (errno.EACCES, "E451"), (errno.EIO, "E452")])
    def test_a_new_file_that_fails_leaves_none(
        self, number: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for link in (number, errno.EPERM):  # it fails itself, or what takes its place does
            monkeypatch.setattr(os, "link", failing(link))
            monkeypatch.setattr(os, "replace", failing(number))
            with pytest.raises(InstallError) as caught:
                write_new(tmp_path / "file", b"new")
            assert caught.value.code == code
            assert names(tmp_path) == []

    def test_appending_makes_file_and_directories(self, tmp_path: Path) -> None:
        path = tmp_path / "a" / "log"
        append_bytes(path, b"one\n")
        append_bytes(path, b"two\n")
        assert path.read_bytes() == b"one\ntwo\n"

    @pytest.mark.parametrize(
        ("number", "code"), [(errno.ENOSPC, "E450"), (errno.EDQUOT, "E450"), (errno.EROFS, "E451")]
    )
    @pytest.mark.parametrize("call", ["replace", "write", "open"])
    @pytest.mark.parametrize("staged", [False, True])
    def test_a_write_that_fails_leaves_the_old_file_and_no_other(
        self, call: str, staged: bool, number: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, stage = tmp_path / "file", tmp_path / "stage"
        path.write_bytes(b"old")
        stage.mkdir()
        monkeypatch.setattr(os, call, failing(number))
        with pytest.raises(InstallError) as caught:
            write_atomic(path, b"new", stage=stage if staged else None)
        monkeypatch.undo()
        assert caught.value.code == code
        assert isinstance(caught.value.__cause__, OSError)
        assert path.read_bytes() == b"old"
        assert names(tmp_path) == ["file", "stage"]
        assert names(stage) == []

    def test_a_stage_on_another_file_system_is_done_without(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, stage = tmp_path / "file", tmp_path / "stage"
        replace = os.replace

        def only_beside(source: Path, target: Path) -> None:
            if Path(source).parent != Path(target).parent:
                raise OSError(errno.EXDEV, "another device")
            replace(source, target)

        monkeypatch.setattr(os, "replace", only_beside)
        write_atomic(path, b"new", stage=stage)
        assert path.read_bytes() == b"new"
        assert names(tmp_path) == ["file", "stage"]
        assert names(stage) == []


@POSIX
class TestLinks:
    def test_a_link_says_what_it_is_told(self, tmp_path: Path) -> None:
        make_link(tmp_path / "skills" / "map", "../../elsewhere/map")
        assert link_text(tmp_path / "skills" / "map") == "../../elsewhere/map"

    @pytest.mark.parametrize("kind", ["file", "directory", "link"])
    def test_a_link_takes_nobodys_place(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "map"
        if kind == "link":
            path.symlink_to("mine")
        else:
            path.touch() if kind == "file" else path.mkdir()
        with pytest.raises(InstallError):
            make_link(path, "ours")
        assert link_text(path) == ("mine" if kind == "link" else None)
        assert names(tmp_path) == ["map"]

    @NO_LINKS
    def test_where_none_can_be_made_the_error_says_so(
        self, error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "symlink", raising(error))
        with pytest.raises(InstallError) as caught:
            make_link(tmp_path / "map", "ours")
        assert caught.value.code == "E458"
        assert "--vendor" in worded(caught.value.problems[0]).hint

    @pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "E450"), (errno.EACCES, "E451"), (errno.EIO, "E452")])
    def test_any_other_fault_keeps_its_code(
        self, number: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "symlink", failing(number))
        with pytest.raises(InstallError) as caught:
            make_link(tmp_path / "map", "ours")
        assert caught.value.code == code

    def test_what_is_no_link_says_nothing(self, tmp_path: Path) -> None:
        assert link_text(tmp_path) is None
        assert link_text(tmp_path / "missing") is None


class TestRemoving:
    def test_what_is_not_there_needs_no_removing(self, tmp_path: Path) -> None:
        remove_file(tmp_path / "missing")
        assert remove_empty_directory(tmp_path / "missing")

    def test_only_an_empty_directory_goes(self, tmp_path: Path) -> None:
        make_directory(tmp_path / "a" / "b")
        assert not remove_empty_directory(tmp_path / "a")
        assert remove_empty_directory(tmp_path / "a" / "b")
        assert names(tmp_path / "a") == []

    @POSIX
    def test_a_link_to_a_file_goes_and_the_file_stays(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "link").symlink_to("file")
        remove_file(tmp_path / "link")
        assert names(tmp_path) == ["file"]


def test_names_come_sorted_and_a_missing_directory_has_none(tmp_path: Path) -> None:
    for name in ("b", "a", "C"):
        (tmp_path / name).touch()
    assert list_names(tmp_path) == ["C", "a", "b"]
    assert list_names(tmp_path / "missing") == []
    assert list_names(tmp_path / "a") == []


@POSIX
def test_a_private_file_is_the_users_alone_and_its_name_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def recorded(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", recorded)
    file = tmp_path / "keys" / "root.pem"
    write_private(file, b"secret")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"secret", 0o600)
    assert [each.name for each in file.parent.iterdir()] == ["root.pem"]
    assert synced[-1] == file.parent.stat().st_ino

"""Locks: one at a time, or several that share; the kernel gives them back; whoever waits in vain hears for whom."""

from __future__ import annotations

import errno
import importlib.util
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError
from skillctl.edges.disk import locks
from skillctl.edges.disk.locks import locked, locked_directory

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs flock")

Lock = Callable[..., AbstractContextManager[None]]

HOLD = """
import sys
from pathlib import Path
from skillctl.edges.disk.locks import locked, locked_directory
path = Path(sys.argv[2])
if sys.argv[1] == "file":
    lock = locked(path / "lock", timeout=30, purpose="skillctl install maps", shared=sys.argv[3] == "shared")
else:
    lock = locked_directory(path, note=path / "holder", timeout=30, purpose="skillctl install maps")
with lock:
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(kind: str, path: Path, *, shared: bool = False) -> Iterator[subprocess.Popen[str]]:
    """The lock in the hands of another process, until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, kind, str(path), "shared" if shared else "alone"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def lock_of(kind: str, path: Path, *, timeout: float = 0, shared: bool = False) -> AbstractContextManager[None]:
    if kind == "file":
        return locked(path / "lock", timeout=timeout, purpose="skillctl sync", shared=shared)
    return locked_directory(path, note=path / "holder", timeout=timeout, purpose="skillctl sync")


KINDS = pytest.mark.parametrize("kind", ["file", "directory"])


@KINDS
def test_one_that_waits_in_vain_hears_who_holds_it(kind: str, tmp_path: Path) -> None:
    with held_elsewhere(kind, tmp_path) as process:
        with pytest.raises(InstallError) as caught, lock_of(kind, tmp_path):
            pytest.fail("two hold it")
        assert caught.value.code == "E453"
        assert caught.value.problems[0].evidence["holder"] == f"process {process.pid}, skillctl install maps"


@KINDS
def test_it_is_free_when_its_process_was_killed(kind: str, tmp_path: Path) -> None:
    with held_elsewhere(kind, tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with lock_of(kind, tmp_path):
            pass


@KINDS
def test_it_is_free_after_the_block_whatever_happened_there(kind: str, tmp_path: Path) -> None:
    with pytest.raises(KeyError), lock_of(kind, tmp_path):
        raise KeyError
    with lock_of(kind, tmp_path):
        pass


def test_several_share_it_and_one_that_wants_it_alone_waits(tmp_path: Path) -> None:
    with held_elsewhere("file", tmp_path, shared=True) as process:
        with lock_of("file", tmp_path, shared=True):
            pass
        with pytest.raises(InstallError) as caught, lock_of("file", tmp_path):
            pytest.fail("it is shared")
        assert caught.value.code == "E453"
        process.communicate()
        with lock_of("file", tmp_path):
            pass


def test_one_that_shares_waits_for_one_that_has_it_alone(tmp_path: Path) -> None:
    with held_elsewhere("file", tmp_path), pytest.raises(InstallError), lock_of("file", tmp_path, shared=True):
        pytest.fail("it is held alone")


@KINDS
def test_waiting_ends_when_the_holder_ends(kind: str, tmp_path: Path) -> None:
    with held_elsewhere(kind, tmp_path) as process:
        assert process.stdin is not None
        process.stdin.close()  # it ends some time from now
        with lock_of(kind, tmp_path, timeout=30):
            pass


def test_a_directorys_lock_leaves_nothing_behind(tmp_path: Path) -> None:
    with locked_directory(tmp_path, note=tmp_path / "state" / "holder", timeout=0, purpose="skillctl sync"):
        assert list(tmp_path.iterdir()) == []
    (tmp_path / "state").mkdir()
    with locked_directory(tmp_path, note=tmp_path / "state" / "holder", timeout=0, purpose="skillctl sync"):
        assert (tmp_path / "state" / "holder").read_text() == f"process {os.getpid()}, skillctl sync\n"
    assert list((tmp_path / "state").iterdir()) == []


@KINDS
def test_a_link_in_the_notes_place_is_not_written_through(kind: str, tmp_path: Path) -> None:
    """A repository may bring `.skillctl/holder`, or a lock, that leads into the home."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    room = tmp_path / "room"
    room.mkdir()
    (room / ("lock" if kind == "file" else "holder")).symlink_to(outside)
    # a lock that can't be opened is an error, a note that can't be written is none
    refused = pytest.raises(InstallError) if kind == "file" else nullcontext()
    with refused, lock_of(kind, room):
        pass
    assert outside.read_text() == "mine"


@KINDS
def test_a_disk_that_takes_no_note_stops_nobody(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(os, "ftruncate", full)
    with lock_of(kind, tmp_path):
        pass


@KINDS
def test_a_file_system_without_locks_is_an_error_of_ours(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    with pytest.raises(InstallError) as caught, lock_of(kind, tmp_path):
        pytest.fail("nothing is held")
    assert caught.value.code == "E452"
    assert caught.value.problems[0].evidence["reason"] == "No locks available"


class Windows(types.ModuleType):
    """Locks of bytes as Windows has them: one that somebody else has is refused as a lack of permission."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.taken: list[int] = []
        self.refusal = 0

    def locking(self, handle: int, mode: int, count: int) -> None:
        assert count == 1
        if self.refusal:
            raise OSError(self.refusal, os.strerror(self.refusal))
        if mode == self.LK_NBLCK:
            self.taken.append(os.lseek(handle, 0, os.SEEK_CUR))


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    """A module of locks as it is there, in `there`."""
    msvcrt = Windows()
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        spec = importlib.util.spec_from_file_location("locks_of_windows", locks.__file__)
        assert spec is not None
        assert spec.loader is not None
        there = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(there)
    monkeypatch.setattr(msvcrt, "there", there, raising=False)
    return msvcrt


def test_on_windows_the_note_can_be_read_while_the_lock_is_held(windows: Windows, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with windows.there.locked(path, timeout=0, purpose="skillctl sync"):
        (byte,) = windows.taken
        assert 0 < path.stat().st_size < byte
    windows.refusal = errno.EACCES
    path.write_text("process 1, skillctl install\n")
    with (
        pytest.raises(InstallError) as caught,
        windows.there.locked(path, timeout=0, purpose="skillctl sync"),
    ):
        pytest.fail("it is held elsewhere")
    assert caught.value.problems[0].evidence["holder"] == "process 1, skillctl install"


def test_on_windows_a_fault_is_not_taken_for_somebody_elses_lock(windows: Windows, tmp_path: Path) -> None:
    windows.refusal = errno.EIO
    with (
        pytest.raises(InstallError) as caught,
        windows.there.locked(tmp_path / "lock", timeout=30, purpose="skillctl sync"),
    ):
        pytest.fail("nothing is held")
    assert caught.value.code == "E452"

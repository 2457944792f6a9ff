"""Where streams are closed or full and the machine is not as it should be: a sentence with a code, and no traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skillctl.cli import quick
from skillctl.cli.main import main
from tests.cli.conftest import Bench
from tests.cli.test_frame import answering, raising

As = Callable[[Callable[..., Any]], None]

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
PRIVILEGED = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="modes mean nothing on this system or to this user"
)

COMMANDS = ["", "--version", "--help", "list", "list --json", "list --available", "install --help", "init --json"]


class Full(io.StringIO):
    """A stream that takes nothing."""

    def write(self, _: str, /) -> int:
        raise OSError(28, "No space left on device")


def in_a_shell(command: str, where: Path, redirect: str) -> subprocess.CompletedProcess[str]:
    """A command line as the shell starts it; a stream that is closed there is one that Python does not have."""
    environment = {**os.environ, "HOME": str(where), "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    script = f'"{sys.executable}" -m skillctl {command} {redirect}'
    return subprocess.run(["sh", "-c", script], cwd=where, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("redirect", [">&-", pytest.param(">/dev/full", marks=FULL)])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_result_that_can_not_be_written_is_a_failure_that_is_told(
    skillctl: Bench, command: str, redirect: str
) -> None:
    assert skillctl("init").status == 0
    ran = in_a_shell(command, skillctl.project, redirect)
    assert ran.returncode == 1
    told = [line for line in ran.stderr.splitlines() if line.startswith(("error", "Traceback", "Exception"))]
    if command == "init --json":
        assert told.pop(0).startswith("error E414: ")  # what would have been in the envelope
    assert len(told) == 1, ran.stderr
    assert told[0].startswith("error E092: the result can't be written to standard output: ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_without_a_standard_error_the_result_is_there_all_the_same(tmp_path: Path) -> None:
    ran = in_a_shell("config path", tmp_path, "2>&-")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout


def test_it_is_said_that_the_work_was_done_and_what_was_found(
    skillctl: Bench, as_init: As, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from skillctl.core.diagnostics import Problem

    as_init(answering(Problem("E155", {"value": "a"}, None, "warning")))
    for words in (["init"], ["init", "--json"]):
        monkeypatch.setattr(sys, "stdout", Full())
        assert main(words) == 1
        err = capsys.readouterr().err
        assert "warning E155: " in err
        assert "hint: the command did its work" in err


def test_an_error_of_the_system_is_no_bug_of_ours(skillctl: Bench, as_init: As) -> None:
    as_init(raising(PermissionError(13, "Permission denied", "/somewhere/.skillctl")))
    ran = skillctl("init")
    assert ran.status == 1
    assert ran.err.startswith("error E451: no permission for /somewhere/.skillctl (Permission denied)\n")
    as_init(raising(OSError(5, "Input/output error")))
    assert skillctl("init").err.startswith("error E452: ")


@PRIVILEGED
def test_a_state_that_may_not_be_read_is_no_bug_of_ours(skillctl: Bench) -> None:
    assert skillctl("init").status == 0
    state = skillctl.project / ".skillctl"
    state.mkdir(mode=0o000)
    for words in (["install"], ["list"], ["sync"]):
        ran = skillctl(*words)
        assert ran.status == 1
        assert "E090" not in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a directory that somebody is in")
@pytest.mark.parametrize("words", ["list", "install", "sync", "validate", "validate x", "pack x", "new x --yes"])
def test_a_current_directory_that_is_gone_is_told(skillctl: Bench, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "cwd", gone)
    ran = skillctl(*words.split())
    assert ran.status == 1
    assert ran.err.startswith("error E463: the current directory can't be found: ")


def test_ctrl_c_while_modules_are_loaded_is_one_line(skillctl: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(quick, "nothing_to_do", stopped)
    ran = skillctl("install")
    assert (ran.status, ran.out, ran.err) == (130, "", "error E091: stopped by you\n")

"""Programs: what they print and return, and that none outlives its time."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError
from skillctl.edges.process import run


def test_status_and_output_are_given(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd()); print('grün', file=sys.stderr); sys.exit(3)"
    finished = run([sys.executable, "-X", "utf8", "-c", code], cwd=tmp_path, timeout=60)
    assert finished.status == 3
    assert Path(finished.stdout.strip()).samefile(tmp_path)
    assert finished.stderr.strip() == "grün"


def test_the_environment_is_just_what_is_given() -> None:
    code = "import os; print(os.environ.get('ONE'), os.environ.get('HOME'))"
    environment = {"ONE": "1", "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
    assert run([sys.executable, "-c", code], env=environment, timeout=60).stdout.split() == ["1", "None"]


def test_nothing_can_be_read_from_our_terminal() -> None:
    assert run([sys.executable, "-c", "import sys; print(len(sys.stdin.read()))"], timeout=60).stdout.strip() == "0"


def test_a_program_that_is_not_there_is_our_error(tmp_path: Path) -> None:
    with pytest.raises(InstallError) as caught:
        run([str(tmp_path / "missing")], timeout=1)
    assert caught.value.code == "E448"
    assert caught.value.__cause__ is not None


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
def test_a_program_that_overstays_is_killed_with_its_children(tmp_path: Path) -> None:
    import fcntl

    held = tmp_path / "held-while-the-child-lives"
    child = f"import fcntl, time; f = open({str(held)!r}, 'w'); fcntl.flock(f, fcntl.LOCK_EX); time.sleep(30)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(InstallError) as caught:
        run([sys.executable, "-c", code], timeout=1.5)
    assert caught.value.code == "E449"
    with held.open() as file:  # there is one: the child had begun
        begun = time.monotonic()
        fcntl.flock(file, fcntl.LOCK_EX)
        assert time.monotonic() - begun < 15

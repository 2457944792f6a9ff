"""Programs that run for a while: heard, bounded as a family, and gone with all that they started."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from skillctl.core.errors import ExecutionError
from skillctl.edges.process.streaming import Caps, Command, start, stream

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at families through /proc")


def command(code: str, *, shell: bool = False, caps: Caps | None = None, **more: object) -> Command:
    argv = ("/bin/sh", "-c", code) if shell else (sys.executable, "-c", code)
    environment = {"PATH": os.environ["PATH"]}
    return Command(argv=argv, cwd="/", env=environment, caps=caps or Caps(), **more)  # type: ignore[arg-type]


HOLDER = (
    "import fcntl, sys, time; f = open({path!r}, 'w'); fcntl.flock(f, fcntl.LOCK_EX); "
    "open({path!r} + '.ready', 'w').close(); time.sleep(60)"
)


def wait_for(path: Path) -> None:
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.01)


def is_gone(held: Path) -> bool:
    """Whether nobody holds the lock that the child took: it ends with its process."""
    with held.open("w") as file:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.01)
            else:
                return True
    return False


def test_what_it_says_is_heard_stream_by_stream_as_it_comes() -> None:
    heard: list[tuple[str, bytes]] = []
    ended = stream(command("echo one; echo two >&2; exit 3", shell=True), lambda name, data: heard.append((name, data)))
    assert (ended.status, ended.stdout, ended.stderr, ended.stopped) == (3, b"one\n", b"two\n", "")
    assert sorted(heard) == [("stderr", b"two\n"), ("stdout", b"one\n")]


def test_only_the_end_of_a_long_output_is_kept_and_all_of_it_is_counted() -> None:
    ended = stream(command("print('x' * 99 + '\\n' * 1 + '', end='')\nfor i in range(10000): print(i)", keep=1000))
    assert ended.stdout.endswith(b"9998\n9999\n")
    assert len(ended.stdout) == 1000
    assert ended.stdout_bytes == 100 + sum(len(f"{i}\n") for i in range(10000))


def test_its_stdin_is_what_is_given_or_nothing() -> None:
    code = "import sys; print(len(sys.stdin.read()))"
    assert stream(command(code)).stdout == b"0\n"
    assert stream(command(code, stdin=b"x" * 300_000)).stdout == b"300000\n"


def test_a_program_that_does_not_read_its_stdin_is_no_trouble() -> None:
    assert stream(command("pass", stdin=b"x" * 300_000)).status == 0


def test_a_signal_that_ends_it_shows_in_the_status() -> None:
    assert stream(command("import os, signal; os.kill(os.getpid(), signal.SIGTERM)")).status == -signal.SIGTERM


def test_a_program_that_is_not_there_is_our_error() -> None:
    with pytest.raises(ExecutionError) as caught:
        stream(Command(argv=("/no/such/program",), cwd="/", env={}))
    assert caught.value.code == "E520"


def test_what_a_listener_raises_ends_the_program_and_comes_out() -> None:
    def heard(_name: str, _data: bytes) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        stream(command("import time; print('x', flush=True); time.sleep(60)"), heard)


@pytest.mark.parametrize(
    ("reason", "code", "caps"),
    [
        ("time", "import time; time.sleep(60)", Caps(seconds=0.3)),
        ("output", "while True: print('x' * 1000)", Caps(output_bytes=50_000)),
        ("cpu", "while True: pass", Caps(cpu_seconds=1)),
        ("memory", "x = bytearray(300_000_000); import time; time.sleep(60)", Caps(memory_bytes=200_000_000)),
        (
            "processes",
            "import subprocess, time; p = [subprocess.Popen(['sleep', '60']) for _ in range(8)]; time.sleep(60)",
            Caps(processes=4),
        ),
    ],
)
def test_a_bound_ends_it(reason: str, code: str, caps: Caps) -> None:
    begun = time.monotonic()
    assert stream(command(code, caps=caps)).stopped == reason
    assert time.monotonic() - begun < 30


def test_memory_is_that_of_the_whole_family() -> None:
    child = "x = bytearray(150_000_000); import time; time.sleep(60)"
    both = f"[subprocess.Popen([sys.executable, '-c', {child!r}]) for _ in '12']"
    code = f"import subprocess, sys; [each.wait() for each in {both}]"
    assert stream(command(code, caps=Caps(memory_bytes=250_000_000))).stopped == "memory"


@pytest.mark.parametrize("way", ["", "setsid "], ids=["in its session", "in a session of its own"])
def test_a_child_that_it_leaves_behind_is_ended_with_it(tmp_path: Path, way: str) -> None:
    held = tmp_path / "held"
    child = HOLDER.format(path=str(held))
    line = f'{way}{sys.executable} -c "{child}" >/dev/null 2>&1 & while [ ! -e {held}.ready ]; do sleep 0.05; done'
    assert stream(command(f"({line})", shell=True)).status == 0
    assert is_gone(held)


def test_leaving_the_block_ends_it_with_its_children(tmp_path: Path) -> None:
    held = tmp_path / "held"
    child = HOLDER.format(path=str(held))
    with start(command(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")):
        wait_for(tmp_path / "held.ready")
    assert is_gone(held)


def test_a_signal_is_passed_on_to_its_whole_group(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); "
        f"open({str(tmp_path / 'ready')!r}, 'w').close(); time.sleep(60)"
    )
    with start(command(code)) as running:
        wait_for(tmp_path / "ready")
        ended = running.stop(grace=60)  # a busy machine takes its time
    assert (ended.status, ended.stopped) == (7, "asked")


def test_one_that_does_not_end_when_asked_is_ended(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"open({str(tmp_path / 'ready')!r}, 'w').close(); time.sleep(60)"
    )
    with start(command(code)) as running:
        wait_for(tmp_path / "ready")
        assert running.stop(grace=0.2).status == -signal.SIGKILL


def test_the_ports_of_a_family_are_seen() -> None:
    server = (
        "import socket, time; s = socket.create_server(('127.0.0.1', 0)); "
        "print(s.getsockname()[1], flush=True); time.sleep(60)"
    )
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {server!r}])"
    with start(command(code)) as running:
        until = time.monotonic() + 20
        while not running.said():
            assert time.monotonic() < until
            time.sleep(0.01)
        assert running.ports() == (int(running.said()),)


def test_our_own_ports_are_none_of_its_own() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)), start(command("import time; time.sleep(60)")) as running:
        assert running.ports() == ()

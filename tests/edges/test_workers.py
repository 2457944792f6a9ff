"""Shared-out work: whatever happens to a worker, its jobs count as done or not done, and it is waited for.

Each case is a process of its own, since it forks and is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has workers")

_BEGIN = """
import errno, marshal, os, signal, sys, time
from skillctl.edges import workers

workers._processors = lambda: 4
parent = os.getpid()
JOBS = list(range(120))

def alone():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False
"""

_SHARES = """
got = workers.share_out(JOBS, work, least=100)
print([all(got[j] == j * 2 for j in JOBS[n::4]) if got[n] is not None else set(got[n::4]) == {None} and "none"
       for n in range(4)], alone())
"""


def begun(script: str) -> subprocess.Popen[str]:
    """A process of its own group that runs the script."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _BEGIN + script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def told(script: str) -> str:
    """What the script prints; it must end well and say nothing else."""
    with begun(script) as process:
        output, errors = process.communicate(timeout=60)
    assert (errors, process.returncode) == ("", 0)
    return output.strip()


CASES = {
    "all is well": ("def work(job): return job * 2", "[True, True, True, True] True"),
    "a worker is killed halfway": (
        """
def work(job):
    if job == 57 and os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return job * 2
""",
        "[True, 'none', True, True] True",
    ),
    "an answer is torn": (
        """
def work(job): return job * 2
whole = marshal.dumps
marshal.dumps = lambda value: whole(value)[:-9] if value[0] == 4 else whole(value)
""",
        "[True, True, 'none', True] True",
    ),
    "an answer can not be told": (
        """
def work(job): return {"job": object()} if job == 57 else job * 2
""",
        "[True, 'none', True, True] True",
    ),
    "there is no room for a second worker": (
        """
def work(job): return job * 2
fork, calls = os.fork, []
def few():
    calls.append(1)
    if len(calls) == 2:
        raise OSError(errno.EAGAIN, "no room")
    return fork()
os.fork = few
""",
        "[True, True, 'none', True] True",
    ),
    "there is no room for a pipe": (
        """
def work(job): return job * 2
def none(): raise OSError(errno.EMFILE, "no room")
os.pipe = none
""",
        "[True, 'none', 'none', 'none'] True",
    ),
    "nobody wants to hear of children": (
        """
def work(job): return job * 2
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
""",
        "[True, True, True, True] True",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_job_is_told_as_done_or_left_to_the_caller(case: str) -> None:
    script, output = CASES[case]
    assert told(script + _SHARES) == output


def test_an_error_comes_out_when_every_worker_has_ended() -> None:
    script = """
def work(job):
    if os.getpid() == parent:
        raise KeyError(job)
    time.sleep(0.01)
    return job
try:
    workers.share_out(JOBS, work, least=100)
except KeyError as error:
    print(error, alone())
"""
    assert told(script) == "0 True"


def test_a_job_that_fails_in_a_worker_leaves_the_rest_of_its_share() -> None:
    script = """
def work(job):
    if job == 57:
        raise KeyError(job)
    return job * 2
got = workers.share_out(JOBS, work, least=100)
print([job for job in JOBS if got[job] is None][:2], alone())
"""
    assert told(script) == "[57, 61] True"


def test_who_stops_the_command_hears_of_it_once() -> None:
    script = """
def work(job):
    os.write(1, b"x")
    time.sleep(60)
try:
    workers.share_out(JOBS, work, least=100)
except KeyboardInterrupt:
    print(" stopped", alone())
"""
    with begun(script) as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == "xxxx"
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == (" stopped True\n", "", 0)


def test_what_the_command_ignores_its_workers_ignore() -> None:
    script = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
def work(job):
    os.kill(os.getpid(), signal.SIGINT)
    return job * 2
"""
    assert told(script + _SHARES) == "[True, True, True, True] True"


def test_an_orphan_ends_though_nobody_reads_what_it_tells() -> None:
    """It holds the locks of the command: were it to wait, the next command would wait for ever."""
    script = """
def work(job):
    if os.getpid() == parent:
        os.kill(parent, signal.SIGKILL)
    return "x" * 10_000
workers.share_out(JOBS, work, least=100)
"""
    with begun(script) as process:
        process.communicate(timeout=60)  # ends when the last one that has the pipe has ended
    assert process.returncode == -signal.SIGKILL

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

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in a shell's background is begun deaf to it
workers._processors = lambda: 4
parent = os.getpid()
JOBS = list(range(120))
WAIT = True

def alone():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False
"""

_SHARES = """
took, give = os.pipe()
mine = []
def first(job):
    # the others come first: our own first job waits until one of them has begun
    if os.getpid() != parent:
        os.write(give, b"x")
    elif not mine:
        mine.append(job)
        WAIT and os.read(took, 1)
    return work(job)
got = workers.share_out(JOBS, first, least=100)
left = [j for j in JOBS if got[j] is None]
print(all(got[j] == j * 2 for j in JOBS if got[j] is not None), "some left" if left else "none left", alone())
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
    "all is well": ("def work(job): return job * 2", "none left"),
    "a worker is killed halfway": (
        """
done = []
def work(job):
    done.append(job)
    if os.getpid() != parent and len(done) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return job * 2
""",
        "some left",
    ),
    "an answer is torn": (
        """
def work(job): return job * 2
whole = marshal.dumps
marshal.dumps = lambda value: whole(value)[:-9]
""",
        "some left",
    ),
    "an answer can not be told": (
        """
def work(job): return job * 2 if os.getpid() == parent else {"job": object()}
""",
        "some left",
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
        "none left",
    ),
    "there is no room for a worker": (
        """
WAIT = False
def work(job): return job * 2
def none(): raise OSError(errno.EAGAIN, "no room")
os.fork = none
""",
        "none left",
    ),
    "there is no room for a pipe": (
        """
WAIT = False
def work(job): return job * 2
def none(): raise OSError(errno.EMFILE, "no room")
pipe = os.pipe
workers.os = type("os", (), {**vars(os), "pipe": staticmethod(none)})
""",
        "none left",
    ),
    "nobody wants to hear of children": (
        """
def work(job): return job * 2
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
""",
        "none left",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_job_is_told_as_done_or_left_to_the_caller(case: str) -> None:
    script, left = CASES[case]
    assert told(script + _SHARES) == f"True {left} True"


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
    number, ended = told(script).split()
    assert int(number) < 120
    assert ended == "True"


def test_after_an_error_here_nobody_begins_a_piece_more() -> None:
    script = """
begun, begin = os.pipe()
def work(job):
    if os.getpid() == parent:
        raise KeyError(job)
    os.write(begin, b"x")
    time.sleep(0.05)
    return job
try:
    workers.share_out(JOBS, work, least=100)
except KeyError:
    os.write(begin, b"x")  # perhaps nobody had begun
    print(len(os.read(begun, 1000)) <= 3 * 2 + 1)
"""
    assert told(script) == "True"


def test_a_job_that_fails_in_a_worker_leaves_what_it_took_to_the_caller() -> None:
    script = """
def work(job):
    if os.getpid() != parent and job % 2:
        raise KeyError(job)
    return job * 2
"""
    assert told(script + _SHARES) == "True some left True"


def test_each_takes_what_is_left_so_that_nobody_waits_for_a_slow_one() -> None:
    script = """
def work(job):
    if os.getpid() != parent:
        time.sleep(0.2)
    return os.getpid()
got = workers.share_out(JOBS, work, least=100)
print(sum(each == parent for each in got) >= len(JOBS) - 3 * 2, None not in got, alone())
"""
    assert told(script) == "True True True"


def test_work_that_is_begun_is_waited_for_when_its_result_is_wanted() -> None:
    script = """
result = workers.begin(lambda: [os.getpid() != parent, "done"])
failing = workers.begin(lambda: 1 // 0)
print(result(), failing(), alone())
"""
    assert told(script) == "[True, 'done'] None True"


def test_who_stops_the_command_hears_of_it_once() -> None:
    script = """
def work(job):
    os.write(1, b"x")
    while True:
        time.sleep(0.01)  # a long one would be begun by who was asked to stop in the moment before it
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
    assert told(script + _SHARES) == "True none left True"


def test_an_orphan_ends_though_nobody_reads_what_it_tells() -> None:
    """It holds the locks of the command: were it to wait, the next command would wait for ever."""
    script = """
def work(job):
    if os.getpid() == parent:
        os.kill(parent, signal.SIGKILL)
    while os.getppid() == parent:
        time.sleep(0.001)
    return "x" * 100_000
workers.share_out(JOBS, work, least=100)
"""
    with begun(script) as process:
        process.communicate(timeout=60)  # ends when the last one that has the pipe has ended
    assert process.returncode == -signal.SIGKILL

"""Programs of projects: streamed, given a free port, mended, bounded, and ended with all that they started."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.errors import ExecutionError
from skillctl.core.value import replace
from skillctl.core.wording import worded
from skillctl_plugins import PluginManager
from skillctl_runtime.checking import check_project
from skillctl_runtime.launcher import launch_of, windows_text
from skillctl_runtime.plan import Check, Ready, RunLimits, Timeouts
from skillctl_runtime.record import project_record
from skillctl_runtime.running import RunResult, run_program
from skillctl_runtime.stack import Output, Site, Start, Work
from skillctl_runtime.steps import stamp
from tests.runtime.scripted import Room, Scripted, plan_of, sh

SERVER = """\
import http.server, os, sys
port = int(sys.argv[sys.argv.index("--port") + 1]) if "--port" in sys.argv else int(os.environ["PORT"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"hello on {port} {os.environ.get('PORT')}".encode()
        self.send_response(200 if self.path == "/" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments): pass
print("listening", flush=True)
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def starting(start: Start, **more: object) -> Scripted:
    def work(site: Site) -> Work:
        yield from ()
        return start

    return Scripted(work, **more)  # type: ignore[arg-type]


def python(code: str, **more: object) -> Start:
    return Start(argv=(sys.executable, "-c", code), **more)  # type: ignore[arg-type]


class Listener:
    """Hears what a program says, and when it is ready."""

    def __init__(self) -> None:
        self.told: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        self.notes: list[str] = []
        self.ready = threading.Event()

    def heard(self, stream: str, data: bytes) -> None:
        self.told[stream] += data

    def noted(self, sentence: str) -> None:
        self.notes.append(sentence)
        if sentence.startswith("ready"):
            self.ready.set()

    def began(self, *_: object) -> None:
        """Not of interest."""

    said = ended = repaired = began


def started(room: Room, start: Start, *args: str, listener: Listener | None = None, **plan: object) -> RunResult:
    """Make a project with that start, and run it."""
    stack = starting(start)
    room.execute(plan_of(**plan), stack)  # type: ignore[arg-type]
    hear = listener or Listener()
    return run_program(room.root, room.around, args=args, heard=hear.heard, reporter=hear, stacks={"shell": stack})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# what it says and how it ends


def test_output_is_passed_on_by_stream_and_the_exit_status_comes_back(room: Room) -> None:
    listener = Listener()
    result = started(
        room, python("import sys; print('o'); print('e', file=sys.stderr); sys.exit(5)"), listener=listener
    )
    assert (result.status, listener.told) == (5, {"stdout": b"o\n", "stderr": b"e\n"})


def test_words_for_the_program_come_behind_those_of_the_plan(room: Room) -> None:
    listener = Listener()
    started(room, python("import sys; print(sys.argv[1:])"), "--two", "x y", args=("one",), listener=listener)
    assert listener.told["stdout"] == b"['one', '--two', 'x y']\n"


def test_words_for_the_program_come_behind_a_line_of_the_plan_too(room: Room) -> None:
    listener = Listener()
    started(room, Start(), "it's", run=("sh main.sh",), files={"main.sh": 'echo "$@"\n'}, listener=listener)
    assert listener.told["stdout"] == b"it's\n"


def test_lines_before_the_last_are_run_first_and_stop_it_if_they_fail(room: Room) -> None:
    assert started(room, Start(), run=("echo 1 > made", "cat made")).output == "1\n"
    assert started(room, Start(), run=("exit 9", "touch never")).status == 9
    assert not (room.root / "never").exists()


def test_a_signal_that_ends_it_gives_128_and_its_number(room: Room) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert started(room, python(code)).status == 128 + signal.SIGKILL


def test_nothing_to_start_is_said_with_what_to_do(room: Room) -> None:
    def work(site: Site) -> Work:
        yield from ()
        return None

    room.execute(plan_of(), Scripted(work))
    with pytest.raises(ExecutionError) as caught:
        run_program(room.root, room.around, stacks={"shell": Scripted(work)})
    assert caught.value.code == "E525"


def test_a_directory_that_is_no_project_is_said_to_be_none(room: Room) -> None:
    with pytest.raises(ExecutionError) as caught:
        run_program(room.path, room.around)
    assert caught.value.code == "E515"


# what it gets


def test_stdin_is_the_plans_or_nothing_and_who_asks_for_more_is_told(room: Room) -> None:
    code = "print('got', input())"
    assert started(room, python(code), stdin="a line\n").output == "got a line\n"
    result = started(room, python(code))
    assert result.status == 1
    assert [each.code for each in result.problems if each.severity == "warning"] == ["W523"]


def test_the_environment_is_the_plans_with_secrets_by_name_and_a_home_in_the_project(room: Room) -> None:
    room.set(API_TOKEN="hunter2", OTHER="not for you")
    code = (
        "import os; print(os.environ.get('API_TOKEN'), os.environ.get('OTHER'), os.environ['MODE'], os.environ['HOME'])"
    )
    result = started(room, python(code), secrets=("API_TOKEN",), env={"MODE": "test"})
    assert result.output == f"hunter2 None test {room.root}/.skillctl/home\n"


def test_a_secret_that_is_not_set_is_told(room: Room) -> None:
    result = started(room, python("pass"), secrets=("NO_SUCH_TOKEN",))
    assert "NO_SUCH_TOKEN" in worded(result.problems[0]).title


def test_plugins_give_variables_and_hear_of_the_end(room: Room) -> None:
    stack = starting(python("import os, sys; sys.exit(int(os.environ['GIVEN']))"))
    room.execute(plan_of(), stack)
    ends: list[int] = []
    with PluginManager() as plugins:
        plugins.add_hook("pre_run", lambda project_dir: {"GIVEN": "6"})
        plugins.add_hook("post_run", lambda project_dir, returncode, rc: ends.append(returncode))
        run_program(room.root, room.around, plugins=plugins, stacks={"shell": stack})
    assert ends == [6]


# servers


def serving(room: Room, start: Start, check: Callable[[int], None], *, listener: Listener, **plan: object) -> RunResult:
    """Run a server until it is ready, ask it something, and end it."""
    stack = starting(start)
    room.execute(plan_of({"server.py": SERVER}, **plan), stack)
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            assert listener.ready.wait(60), listener.told
            check(int(listener.notes[-1].rpartition(":")[2] if ":" in listener.notes[-1] else 0))
        except BaseException as error:  # noqa: BLE001
            faults.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        result = run_program(room.root, room.around, heard=listener.heard, reporter=listener, stacks={"shell": stack})
    finally:
        thread.join()
    if faults:
        raise faults[0]
    return result


def answered(port: int) -> str:
    from skillctl.edges.ports import answer

    status, body = answer("127.0.0.1", port, "/", timeout=10)
    assert status == 200
    return body.decode()


@pytest.mark.parametrize("line", ["{python} polite.py", "true && {python} polite.py", "FOO=1 {python} polite.py"])
def test_a_program_behind_a_shell_may_tidy_up_when_a_signal_comes(room: Room, line: str) -> None:
    code = """\
import signal, sys
def tidy(number, frame):
    open("tidied", "w").close()
    sys.exit(0)
signal.signal(signal.SIGTERM, tidy)
print("up", flush=True)
while True: signal.pause()
"""
    stack = starting(Start(argv=("true",)))
    room.execute(plan_of({"polite.py": code}, run=(line.format(python=sys.executable),)), stack)
    run_program(room.root, room.around, heard=lambda *_: os.kill(os.getpid(), signal.SIGTERM), stacks={"shell": stack})
    assert (room.root / "tidied").exists()


@pytest.mark.parametrize("line", ["exit 3", "true && exit 3", "sh -c 'exit 3'", "FOO=3 && exit $FOO"])
def test_a_line_of_the_shells_own_words_ends_with_its_status(room: Room, line: str) -> None:
    stack = starting(Start(argv=("true",)))
    room.execute(plan_of(run=(line,)), stack)
    assert run_program(room.root, room.around, stacks={"shell": stack}).status == 3


def test_a_server_is_ready_when_it_listens_and_a_signal_ends_it(room: Room) -> None:
    port, listener = free_port(), Listener()
    start = Start(argv=(sys.executable, "server.py"), server=True, port=port)
    result = serving(room, start, lambda found: _same(answered(found), f"hello on {port} {port}"), listener=listener)
    assert listener.notes == [f"ready: http://127.0.0.1:{port}"]
    assert (result.ready, result.status) == (True, 128 + signal.SIGTERM)


def test_a_port_that_is_taken_is_replaced_in_variable_and_words(room: Room) -> None:
    listener = Listener()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        line = f"{sys.executable} server.py --port {taken}"
        told = f"port {taken} is in use"

        def check(port: int) -> None:
            assert port != taken
            assert answered(port) == f"hello on {port} {port}"

        serving(room, Start(server=True), check, listener=listener, run=(line,))
    assert any(told in each for each in listener.notes)


def test_a_port_that_is_taken_at_the_last_moment_is_replaced_once(room: Room) -> None:
    code = (
        "import os, sys\n"
        "if not os.path.exists('second'):\n"
        "    open('second', 'w').close(); sys.exit('OSError: [Errno 98] Address already in use')\n"
        "print('on', os.environ['PORT'])\n"
    )
    port, listener = free_port(), Listener()
    result = started(room, python(code, server=True, port=port), listener=listener)
    assert result.status == 0
    assert result.port != port
    assert f"on {result.port}" in listener.told["stdout"].decode()


def test_a_server_that_never_becomes_ready_is_ended_and_its_words_are_shown(room: Room) -> None:
    start = python("print('loading', flush=True); import time; time.sleep(60)", server=True)
    with pytest.raises(ExecutionError) as caught:
        started(room, start, ready=Ready(log="listening", timeout=0.5))
    told = worded(caught.value.problems[0])
    assert told.code == "E526"
    assert "`listening` in its output" in told.title
    assert told.detail == "loading"


@pytest.mark.parametrize(
    "ready", [Ready(http="/"), Ready(http="/missing", status=404), Ready(log="listening"), Ready(file="server.py")]
)
def test_the_plan_says_what_ready_means(room: Room, ready: Ready) -> None:
    start = Start(argv=(sys.executable, "server.py"), server=True, port=free_port())
    assert serving(room, start, lambda _: None, listener=Listener(), ready=ready).ready


# bounds


@pytest.mark.parametrize(
    ("plan", "status", "word"),
    [
        ({"timeouts": Timeouts(run=0.5)}, 124, "longer"),
        ({"limits": RunLimits(output_kb=10)}, 137, "printed"),
        ({"limits": RunLimits(memory_mb=100)}, 137, "memory"),
    ],
)
def test_a_program_that_goes_over_a_bound_is_ended_and_told_why(
    room: Room, plan: Mapping[str, Any], status: int, word: str
) -> None:
    code = (
        "import time; x = bytearray(200_000_000)\nfor i in range(100): print('x' * 1000, flush=True); time.sleep(0.1)"
    )
    result = started(room, python(code), **plan)
    assert result.status == status
    assert word in worded(result.problems[-1]).title


def test_settings_bound_a_program_whatever_its_plan_says(room: Room) -> None:
    room.settings(run_timeout=1)
    assert started(room, python("import time; time.sleep(60)"), timeouts=Timeouts(run=600)).status == 124


@pytest.mark.parametrize("isolation", ["auto", "landlock", "none"])
def test_nothing_that_it_started_is_left_behind(room: Room, isolation: str) -> None:
    room.settings(isolation=isolation)
    code = (
        "import fcntl, time; f = open('held', 'w'); fcntl.flock(f, fcntl.LOCK_EX); "
        "open('ready', 'w').close(); time.sleep(60)"
    )
    line = f'setsid {sys.executable} -c "{code}" & while [ ! -e ready ]; do sleep 0.05; done'
    assert started(room, Start(), run=(line,)).status == 0
    with (room.root / "held").open() as file:
        begun = time.monotonic()
        fcntl.flock(file, fcntl.LOCK_EX)
        assert time.monotonic() - begun < 20


def test_an_end_that_is_asked_for_takes_along_what_is_run_before_the_program(room: Room) -> None:
    code = (
        "import fcntl, time; f = open('held', 'w'); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); time.sleep(60)"
    )
    room.execute(plan_of(run=(f'{sys.executable} -c "{code}"', "true")), starting(Start()))
    with pytest.raises(KeyboardInterrupt):
        run_program(room.root, room.around, heard=lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with (room.root / "held").open() as file:
        begun = time.monotonic()
        fcntl.flock(file, fcntl.LOCK_EX)
        assert time.monotonic() - begun < 20


def test_what_an_execution_left_meanwhile_is_not_written_over_when_the_program_ends(room: Room) -> None:
    def work(site: Site) -> Work:
        yield sh("mkdir -p out && touch out/made", outputs=(Output(path="out"),))
        return Start(line="touch out/more; echo started; cat main.sh")

    stack, plans = Scripted(work), [plan_of({"main.sh": "second\n"})]
    room.execute(plan_of({"main.sh": "first\n"}), stack)

    def heard(*_: object) -> None:
        if plans:
            room.execute(plans.pop(), stack)

    run_program(room.root, room.around, heard=heard, stacks={"shell": stack})
    assert not plans
    record = project_record(room.root)
    assert record.seen["main.sh"] == stamp(str(room.root / "main.sh"))


# mending


def test_a_missing_module_is_added_and_the_program_started_again_and_that_is_remembered(room: Room) -> None:
    def work(site: Site) -> Work:
        yield from ()
        names = " ".join(site.plan.dependencies.packages)
        line = f"case '{names}' in *PyYAML*) echo fine;; *) echo No module named yaml >&2; exit 1;; esac"
        return Start(line=line)

    stack = Scripted(work, missing={"No module named yaml": "PyYAML"})
    room.execute(plan_of(), stack)
    result = run_program(room.root, room.around, stacks={"shell": stack})
    assert (result.status, [each.rule for each in result.repairs]) == (0, ["missing-module"])
    again = room.execute(plan_of({"main.sh": "changed\n"}), stack)
    assert "fine" in again.run_cmd
    assert run_program(room.root, room.around, stacks={"shell": stack}).repairs == ()


def test_mending_is_given_up_when_nothing_new_is_missing(room: Room) -> None:
    stack = starting(Start(line="echo No module named yaml; exit 1"), missing={"No module named yaml": "PyYAML"})
    room.execute(plan_of(), stack)
    result = run_program(room.root, room.around, stacks={"shell": stack})
    assert (result.status, len(result.repairs)) == (1, 1)


# the launcher


def test_the_launcher_starts_it_from_anywhere_with_its_environment_and_more_words(room: Room) -> None:
    code = "import os, sys; print(os.environ['MODE'], sys.argv[1:], os.path.basename(os.getcwd()))"
    result = room.execute(plan_of(env={"MODE": "it's $on"}, args=("one",)), starting(python(code)))
    ran = subprocess.run([result.launcher, "two words"], cwd="/", capture_output=True, text=True, check=True)
    assert ran.stdout == "it's $on ['one', 'two words'] project\n"


WORDS = ("it's", 'say "hi"', "100%", "$HOME", "$(id)", "a;b", "", "{port}", "--bind=[::1]:{port}", "`{port}`$x")


def test_words_of_a_launcher_mean_what_they_say(room: Room) -> None:
    start = python("import sys; print(sys.argv[1:])", port=8123)
    result = room.execute(plan_of(), starting(replace(start, argv=(*start.argv, *WORDS))))
    ran = subprocess.run([result.launcher], capture_output=True, text=True, check=True)
    assert ran.stdout == f"{[each.replace('{port}', '8123') for each in WORDS]}\n"


def test_words_of_a_launcher_for_windows_are_quoted_for_its_shell() -> None:
    launch = launch_of(plan_of(), Start(argv=("app", *WORDS), port=8123), folder="", paths=())
    call = windows_text(launch).splitlines()[-1]
    assert call == ('app it\'s "say ""hi""" "100%%" $HOME $(id) a;b "" "%PORT%" "--bind=[::1]:%PORT%" "`%PORT%`$x" %*')


def test_the_launcher_leaves_a_file_of_its_name_to_the_plan(room: Room) -> None:
    result = room.execute(plan_of({"run.sh": "echo mine\n"}, run=("sh run.sh",)), starting(Start()))
    assert (room.root / "run.sh").read_text() == "echo mine\n"
    assert Path(result.launcher).parent.name == ".skillctl"
    assert subprocess.run([result.launcher], cwd="/", capture_output=True, text=True, check=True).stdout == "mine\n"


# checks


def checked(room: Room, start: Start, *checks: Check, **plan: object) -> list[str]:
    """The checks that failed, with the reason."""
    stack = starting(start)
    room.execute(plan_of({"server.py": SERVER}, checks=checks, **plan), stack)
    found = check_project(room.root, room.around, stacks={"shell": stack})
    return [f"{each.title}: {each.reason}" for each in found.reports if each.reason]


def test_checks_of_a_program_that_ends(room: Room) -> None:
    start = python("print('one two'); open('made', 'w').write('three'); raise SystemExit(2)")
    good = (
        Check(kind="exit", code=2),
        Check(kind="stdout", contains=("one", "two")),
        Check(kind="stdout", regex=r"^one\s"),
        Check(kind="file", path="made", contains=("three",)),
        Check(kind="command", command="cat made", contains=("three",)),
    )
    assert checked(room, start, *good) == []
    bad = (
        Check(kind="exit"),
        Check(kind="stdout", contains=("four",)),
        Check(kind="stderr", regex="x"),
        Check(kind="file", path="no"),
        Check(kind="command", command="exit 3"),
    )
    assert [each.partition(":")[0] for each in checked(room, start, *bad)] == [
        *("exit status 0", "stdout", "stderr", "file no", "exit 3")
    ]


@pytest.mark.parametrize("network", [None, "none"])
def test_checks_of_a_server_are_asked_while_it_runs_wherever_its_network_is(room: Room, network: str | None) -> None:
    start = Start(argv=(sys.executable, "server.py"), server=True, port=free_port())
    good = (Check(kind="http", path="/", contains=("hello on",)), Check(kind="http", path="/no", status=404))
    assert checked(room, start, *good, network=network) == []
    assert checked(room, start, Check(kind="http", path="/no")) == ["GET /no: the status is 404"]


def _same(found: str, wanted: str) -> None:
    assert found == wanted

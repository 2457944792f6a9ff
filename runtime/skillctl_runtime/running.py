"""Starting a project and staying with it: its output as it comes, its signals, its bounds, and its exit status.

1. The port that it is told is free: a taken one is replaced by another, in PORT, in the words that name it, and once
   more if the program says that it is taken all the same.
2. Its stdin is the plan's, or nothing; a program that asked for input is told apart from others that failed.
3. It is ready when the plan says so, or when it listens; that is told once.
4. A run that fails for a missing module is mended and started again, at most three times: its stack knows the package.
5. Signals are passed on. Nothing that it started is left behind.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.effects import Guard, Network
from skillctl.core.errors import ExecutionError, InstallError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import dataclass, replace
from skillctl.edges import ports
from skillctl.edges.process.signals import ending, passed_on
from skillctl.edges.process.streaming import Ended, Heard
from skillctl_runtime.environment import is_run_by_a_build_tool, secret_values
from skillctl_runtime.files import DirectoryFiles
from skillctl_runtime.isolation import unheld
from skillctl_runtime.journal import Journal, run_id
from skillctl_runtime.launcher import is_simple
from skillctl_runtime.lifecycle import Lifecycle
from skillctl_runtime.plan import STACK_NAMES, Plan, PlanFile, Repair, StackName
from skillctl_runtime.programs import line_with_port, with_port
from skillctl_runtime.readiness import Server, asks_for_input, is_port_taken, is_ready, last_lines, wanted_words
from skillctl_runtime.record import project_record, read_record, write_record
from skillctl_runtime.reporter import Reporter, Silence
from skillctl_runtime.stack import Stack, Start
from skillctl_runtime.starting import command_text, started_in
from skillctl_runtime.state import held
from skillctl_runtime.steps import look_again
from skillctl_runtime.surroundings import Surroundings, find_isolation
from skillctl_runtime.workshop import Call, Workshop

if TYPE_CHECKING:
    from skillctl_plugins import PluginManager

REPAIRS = 3
_FIRST_LOOK, _LAST_LOOK = 0.02, 0.25
_GIVE_UP = 120.0
_WAITING = "trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP; "
"""Before a line: a shell hears a signal once its program has ended, which hears it itself. Programs inherit no trap."""
_OVERTIME, _OVER_BOUNDS, _BY_SIGNAL = 124, 137, 128
_REASONS = {
    "time": "it ran longer than it may",
    "output": "it printed more than it may",
    "memory": "it used more memory than it may",
    "cpu": "it used more processor time than it may",
    "processes": "it had more processes than it may",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """A run that is over."""

    status: int
    """The program's exit status; 128 and the number of the signal that ended it; 124 after its time."""
    project_dir: str
    run_cmd: str
    port: int = 0
    ready: bool = False
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    run: str = ""
    output: str = ""
    """The last part of what it printed."""

    def to_json(self) -> JsonObject:
        """For the envelope."""
        members: dict[str, JsonValue] = {
            "status": self.status,
            "project_dir": self.project_dir,
            "run_cmd": self.run_cmd,
            "port": self.port,
            "ready": self.ready,
            "seconds": round(self.seconds, 3),
            "repairs": [{"rule": each.rule, "what": each.what, "file": each.file} for each in self.repairs],
            "run": self.run,
        }
        return members


class Project:
    """A project that was made, about to be started."""

    def __init__(
        self,
        root: Path,
        around: Surroundings,
        *,
        guards: Sequence[Guard] | None = None,
        plugins: PluginManager | None = None,
        reporter: Reporter | None = None,
        stacks: Mapping[StackName, Stack] | None = None,
    ) -> None:
        if stacks is None:
            from skillctl_runtime.stacks import STACKS

            stacks = STACKS
        self.root = root
        self.around = around
        self.guards = around.guards if guards is None else guards
        self.plugins = plugins
        self.life = Lifecycle(plugins)
        self.more_variables: dict[str, str] = {}
        self._stood = False
        self.reporter = reporter or Silence()
        self.stacks = stacks
        self.machine = around.machine()
        self.isolation = find_isolation(around, self.machine)
        self.problems: list[Problem] = []
        self._load()

    def _load(self) -> None:
        self.record = project_record(self.root)
        self.plan = self.record.parsed_plan(self.root)
        if self.record.start is None:
            raise ExecutionError.of("E525", path=str(self.root))
        self.start: Start = self.record.start
        around = self.around
        secrets = secret_values(around.environ, self.plan)
        self.journal = Journal(self.root, run_id(self.root, around.now()), around.now, secrets)
        self.workshop = Workshop(
            self.root,
            self.plan,
            around,
            machine=self.machine,
            isolation=self.isolation,
            guards=self.guards,
            journal=self.journal,
        )
        self.workshop.paths = tuple(os.path.join(self.root, each) for each in self.record.paths)

    @property
    def network(self) -> Network:
        """What the program may reach; what can't be held is open, and told."""
        wish = self.plan.network or "all"
        can_close = self.isolation.backend == "bwrap" and wish in ("none", "loopback")
        return wish if can_close or (self.isolation.backend == "landlock" and wish == "none") else "all"

    def note_circumstances(self) -> None:
        """What the caller should know before anything is started."""
        told = unheld(self.isolation, self.plan.network)
        if told:
            self.problems.append(problem("W520", network=self.plan.network, reason=told))
        if self.isolation.backend == "none":
            self.problems.append(problem("W524", reasons=self.isolation.passed_over))
        missing = [name for name in self.plan.secrets if not self.around.environ.get(name)]
        self.problems += [problem("W522", name=each) for each in missing]

    def port(self) -> int:
        """The port for the program: the caller's, the start's or a free one in its place; 0: it serves nothing."""
        wished = self.around.environ.get("PORT", "")
        port = int(wished) if wished.isdecimal() and self.start.server else self.start.port
        if not port:
            return ports.free_port() if self.start.server and self.start.port_words else 0
        if self.network == "all" and not ports.is_free(port):
            other = ports.free_port()
            self.reporter.noted(f"port {port} is in use; the program gets {other}")
            return other
        return port

    def call(self, port: int, args: Sequence[str] = ()) -> Call:
        """The start command with that port and more words."""
        start = self.start
        env = dict(start.env)
        if port:
            env = {name: str(port) if _is_port(name, value, start.port) else value for name, value in env.items()}
            env["PORT"] = str(port)
        folder = started_in(self.plan, self.record.folder, start)
        argv, shell = self._words(port, args)
        return Call(
            purpose="run",
            id="run",
            argv=argv,
            shell=shell,
            cwd=os.path.normpath(os.path.join(self.root, folder)),
            env={**env, **self.more_variables},
            network=self.network,
            timeout=self.around.timeouts(self.plan.timeouts).run,
            stdin=(self.plan.stdin or "").encode(),
            bounded=True,
            with_tools=is_run_by_a_build_tool(shlex.split(shell, posix=False) if _can_split(shell) else argv),
        )

    def _words(self, port: int, args: Sequence[str]) -> tuple[tuple[str, ...], str]:
        start = self.start
        if not start.line:
            words = with_port(start.argv, port) if port else start.argv
            return (*words, *args), ""
        line = line_with_port(start.line, port) if port else start.line
        return self._shell_that_stays(line, args), line if not args else f"{line} {shlex.join(args)}"

    def shell(self, line: str, args: Sequence[str] = ()) -> tuple[str, ...]:
        """A call of the shell for a line; the words are put behind its last command."""
        text = f"{line} {shlex.join(args)}" if args else line
        return ("cmd", "/c", text) if self.machine.system == "windows" else ("/bin/sh", "-c", text)

    def _shell_that_stays(self, line: str, args: Sequence[str]) -> tuple[str, ...]:
        """A shell that does not end before its program does: a signal goes to both, and its end is the box's."""
        if self.machine.system == "windows":
            return self.shell(line, args)
        return self.shell(f"exec {line}" if is_simple(line) else f"{_WAITING}{line}", args)

    def before_lines(self, port: int, heard: Heard | None) -> Ended | None:
        """Run what the plan runs before its program; gives the one that failed."""
        call = self.call(port)
        for number, line in enumerate(self.plan.run[:-1], 1):
            each = replace(call, id=f"before-{number}", argv=self.shell(line), shell=line, stdin=b"")
            ended = self.workshop.run(each, heard)
            if ended.status != 0:
                return ended
        return None

    @contextmanager
    def server(self, port: int, heard: Heard | None, args: Sequence[str] = ()) -> Iterator[Server]:
        """The program while it runs."""
        own = self.isolation.backend == "bwrap" and self.network in ("none", "loopback")
        with self.workshop.started(self.call(port, args), heard) as running:
            yield Server(running=running, root=str(self.root), expected=port, own_network=own)

    def after_run(self) -> None:
        """What the program left in outputs that were untouched before it counts as part of them."""
        fresh = look_again(str(self.root), self.record.steps, self._stood)
        self.workshop.tidy()
        if fresh is None or fresh == self.record.steps:
            return
        try:
            with held(self.root, "run", timeout=0.0):
                if read_record(self.root) == self.record:
                    write_record(self.root, replace(self.record, steps=fresh))
        except InstallError as error:
            if error.code != "E453":
                raise  # else an execution is going on, and looks for itself

    def before_run(self) -> None:
        """See which outputs are untouched."""
        self._stood = look_again(str(self.root), self.record.steps, None) == self.record.steps

    def mended(self, output: str) -> Repair | None:
        """Add the package whose absence the output tells of, and build again; None where there is none to add."""
        stack = next((name for name in STACK_NAMES if name == self.record.result.get("stack")), None)
        package = self.stacks[stack].missing_module(output) if stack else ""
        if not package or package in self.plan.dependencies.packages:
            return None
        repair = Repair(rule="missing-module", what=f"`{package}` was missing when the program ran, and was added")
        self.reporter.repaired(repair)
        wanted = replace(self.plan.dependencies, packages=(*self.plan.dependencies.packages, package))
        write_record(self.root, replace(self.record, learned=(*self.record.learned, package), digest=""))
        plan = replace(self.plan, dependencies=wanted, files=_as_they_are(self.root, self.plan))
        from skillctl_runtime.execute import Order, execute

        order = Order(plan=plan, root=self.root, where=str(self.root))
        execute(
            order, self.around, guards=self.guards, plugins=self.plugins, reporter=self.reporter, stacks=self.stacks
        )
        self._load()
        return repair


def run_program(
    root: Path,
    around: Surroundings,
    *,
    args: Sequence[str] = (),
    heard: Heard | None = None,
    guards: Sequence[Guard] | None = None,
    plugins: PluginManager | None = None,
    reporter: Reporter | None = None,
    stacks: Mapping[StackName, Stack] | None = None,
) -> RunResult:
    """Start the project, pass on what it says, and stay with it to its end."""
    with ending():
        project = Project(root, around, guards=guards, plugins=plugins, reporter=reporter, stacks=stacks)
        project.note_circumstances()
        project.more_variables = project.life.before_run(root)
        result = _with_repairs(project, args, heard)
        project.life.after_run(root, result.status)
    return replace(result, problems=(*result.problems, *project.life.problems))


def _with_repairs(project: Project, args: Sequence[str], heard: Heard | None) -> RunResult:
    repairs: list[Repair] = []
    port = project.port()
    has_moved = False
    while True:
        result = _once(project, port, args, heard)
        result = replace(result, repairs=tuple(repairs))
        if result.status == 0 or result.status > _BY_SIGNAL:
            return result
        if not has_moved and port and is_port_taken(result.output):
            has_moved, taken, port = True, port, ports.free_port()
            project.reporter.noted(
                f"port {taken} was taken when the program came to it; it is started again with {port}"
            )
            continue
        repair = project.mended(result.output) if len(repairs) < REPAIRS else None
        if repair is None:
            return result
        repairs.append(repair)


def _once(project: Project, port: int, args: Sequence[str], heard: Heard | None) -> RunResult:
    failed = project.before_lines(port, heard)
    if failed is not None:
        return _result(project, failed, port, is_up=False)
    project.before_run()
    with project.server(port, heard, args) as server:
        running = server.running
        with passed_on(running.send, running.kill):
            is_up = _until_ready(project, server)
            ended = running.wait()
    if ended is None:
        raise RuntimeError("a program without an end")
    project.after_run()
    return _result(project, ended, port, is_up=is_up)


def _until_ready(project: Project, server: Server) -> bool:
    """Whether the program became ready before it ended; told once. ExecutionError E526 after the plan's own time."""
    if not (project.start.server or project.plan.ready):
        return False
    ready = project.start.ready
    limit = ready.timeout if ready else _GIVE_UP
    pause = _FIRST_LOOK
    while server.running.wait(pause) is None:
        if is_ready(server, ready):
            port = server.port()
            project.reporter.noted(f"ready: http://127.0.0.1:{port}" if port else "ready")
            return True
        if server.running.seconds() > limit:
            if ready is None:
                return False
            raise not_ready(project, server, limit)
        pause = min(pause * 1.5, _LAST_LOOK)
    return False


def not_ready(project: Project, server: Server, limit: float) -> ExecutionError:
    """The error of a server that did not start in its time."""
    return ExecutionError.of(
        "E526",
        program=command_text(project.start),
        seconds=f"{limit:g}",
        wanted=wanted_words(project.start.ready),
        lines=last_lines(server.running.said()),
    )


def _result(project: Project, ended: Ended, port: int, *, is_up: bool) -> RunResult:
    output = ended.output.decode("utf-8", "replace")
    problems = list(project.problems)
    status = ended.status if ended.status >= 0 else _BY_SIGNAL - ended.status
    if ended.stopped in _REASONS:
        problems.append(problem("E528", reason=_REASONS[ended.stopped]))
        status = _OVERTIME if ended.stopped == "time" else _OVER_BOUNDS
    elif status != 0 and project.plan.stdin is None and asks_for_input(output):
        problems.append(problem("W523"))
    return RunResult(
        status=status,
        project_dir=str(project.root),
        run_cmd=command_text(project.start),
        port=port,
        ready=is_up,
        seconds=ended.seconds,
        problems=tuple(problems),
        run=project.journal.run,
        output=output,
    )


def _as_they_are(root: Path, plan: Plan) -> tuple[PlanFile, ...]:
    """The plan's files with the bytes that they have on disk."""
    files = DirectoryFiles(str(root))
    found = ((each, files.data(each.path)) for each in plan.files)
    return tuple(replace(each, data=data, binary=True) for each, data in found if data is not None)


def _is_port(name: str, value: str, port: int) -> bool:
    return bool(port) and "PORT" in name.upper() and value == str(port)


def _can_split(line: str) -> bool:
    try:
        return bool(shlex.split(line, posix=False))
    except ValueError:
        return False

"""One project while commands run in it: each is shown to the guards, put inside its walls, bounded and journaled.

ask guards -> environment -> walls -> start, hear, bound -> journal -> tell guards
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from skillctl.core.effects import Effect, Guard, Network, Phase, PhaseName, Run, guarded
from skillctl.core.value import dataclass, field
from skillctl.edges.disk.files import make_directory
from skillctl.edges.disk.trees import remove_tree
from skillctl.edges.process.streaming import Caps, Command, Ended, Heard, Running, start
from skillctl_runtime.environment import added_names, run_environment, shown, tool_environment
from skillctl_runtime.isolation import Box, Isolation, boxed, hidden_places
from skillctl_runtime.journal import Journal
from skillctl_runtime.machine import RealMachine
from skillctl_runtime.plan import Plan
from skillctl_runtime.state import HOME, STATE, TEMPORARY, check_state
from skillctl_runtime.surroundings import Surroundings

Purpose = Literal["install", "build", "run"]

_KEEP = 256 * 1024
_LOOKED_AT = 16 * 1024 * 1024
_KIB, _MIB = 1024, 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A command that is to be run."""

    purpose: Purpose
    id: str
    """How the journal calls it."""
    argv: tuple[str, ...]
    cwd: str
    """Absolute."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Beside the environment of its purpose."""
    paths: tuple[str, ...] = ()
    """Directories of programs, absolute, that come first on the search path; before those of the workshop."""
    shell: str = ""
    """The line, where `argv` only hands it to a shell."""
    network: Network = "all"
    timeout: float = 0.0
    stdin: bytes = b""
    bounded: bool = False
    """Do the plan's limits count for it?"""
    keeps_stdout: bool = False
    """Is all of its standard output wanted?"""
    with_tools: bool = False
    """A run that needs the caches of build tools."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """For the journal."""


class Workshop:
    """One project while commands run in it; several threads may use it."""

    def __init__(
        self,
        root: Path,
        plan: Plan,
        around: Surroundings,
        *,
        machine: RealMachine,
        isolation: Isolation,
        guards: Sequence[Guard],
        journal: Journal,
    ) -> None:
        check_state(root)
        self.root = root
        self.plan = plan
        self.around = around
        self.machine = machine
        self.isolation = isolation
        self.journal = journal
        self.paths: tuple[str, ...] = ()
        """Directories of programs, absolute, that come first on the search path."""
        lock = threading.Lock()
        self._guards = [_InTurn(each, lock) for each in guards]
        self._phases = 0
        self._running: set[Running] = set()
        self._lock = threading.Lock()
        self._boxes: dict[tuple[object, ...], Box] = {}
        self._tools: dict[str, str] | None = None
        self._limits = around.limits(plan.limits)
        self._is_over = False
        self._room = ""

    @property
    def state(self) -> str:
        """The runtime's own directory in the project."""
        return os.path.join(self.root, STATE)

    @contextmanager
    def phase(self, name: PhaseName, effects: Sequence[Effect]) -> Iterator[None]:
        """The body between the questions to the guards and the word to them."""
        with self._lock:
            self._phases += 1
            number = self._phases
        phase = Phase(
            id=f"{self.journal.run}.{number}",
            name=name,
            project=str(self.root),
            effects=tuple(effects),
            run=self.journal.run,
        )
        with guarded(self._guards, phase):
            yield

    def run(self, call: Call, heard: Heard | None = None) -> Ended:
        """Run the command to its end."""
        with self.started(call, heard) as running:
            ended = running.wait()
        if ended is None:
            raise RuntimeError("a command without an end")
        return ended

    @contextmanager
    def started(self, call: Call, heard: Heard | None = None) -> Iterator[Running]:
        """The command while it runs; it is over, with all it started, at the end of the block."""
        env = self.environment(call)
        effect = Run(
            argv=(call.shell,) if call.shell else call.argv,
            cwd=call.cwd,
            shell=bool(call.shell),
            network=call.network,
            environment=added_names(env, self.around.environ),
        )
        with self.phase("command", [effect]):
            running = start(self._command(call, env), heard)
            with self._lock:
                self._running.add(running)
                is_late = self._is_over
            if is_late:
                running.kill()
            begun = self.around.now()
            try:
                with running:
                    yield running
            finally:
                with self._lock:
                    self._running.discard(running)
                self._write(call, env, running.result, begun)

    def stop_all(self) -> None:
        """End everything that runs, from whichever thread, and whatever is started from now on."""
        with self._lock:
            self._is_over = True
            running = list(self._running)
        for each in running:
            each.kill()

    def environment(self, call: Call) -> dict[str, str]:
        """All variables of the command."""
        caller = self.around.environ
        if call.purpose == "run":
            home = os.path.join(self.state, HOME)
            cache = self.machine.cache if call.with_tools else None
            found = run_environment(caller, self.plan, home=home, own=call.env, cache=cache)
        else:
            found = {**self._tool_environment(), **self.plan.env, **call.env}
        if first := (*call.paths, *self.paths):
            found["PATH"] = os.pathsep.join([*first, found.get("PATH", os.defpath)])
        return found

    def _tool_environment(self) -> Mapping[str, str]:
        """What every step gets, made once."""
        if self._tools is None:
            room = self._temporary() if self.isolation.backend != "bwrap" else ""
            found = tool_environment(self.around.environ, self.machine.cache, temporary=room)
            if not room:  # what is mounted apart can't share a file's bytes, and uv would warn at every install
                found.setdefault("UV_LINK_MODE", "copy")
            self._tools = found
        return self._tools

    def tidy(self) -> None:
        """Take away what commands left in the temporary directory."""
        self._boxes.clear()
        self._tools = None
        if self._room:
            remove_tree(self._room)
            self._room = ""

    def _command(self, call: Call, env: Mapping[str, str]) -> Command:
        inside = boxed(self.isolation, self._box(call), call.argv, call.cwd, env)
        return Command(
            argv=inside.argv,
            cwd=call.cwd,
            env=inside.env,
            stdin=call.stdin,
            caps=self._caps(call),
            keep=_KEEP,
            keep_stdout=_LOOKED_AT if call.keeps_stdout else 0,
            confine=inside.confine,
            boxed=inside.is_boxed,
        )

    def _caps(self, call: Call) -> Caps:
        if not call.bounded:
            return Caps(seconds=call.timeout)
        return Caps(
            seconds=call.timeout,
            output_bytes=self._limits.output_kb * _KIB,
            memory_bytes=self._limits.memory_mb * _MIB,
            cpu_seconds=self._limits.cpu_s,
            processes=self._limits.processes,
        )

    def _box(self, call: Call) -> Box:
        """The walls of a call; those of the same kind of call are looked up once."""
        is_run = call.purpose == "run"
        kind = (is_run, call.with_tools or not is_run, call.network)
        if kind not in self._boxes:
            self._boxes[kind] = self._new_box(is_run=is_run, has_caches=kind[1], network=call.network)
        return self._boxes[kind]

    def _new_box(self, *, is_run: bool, has_caches: bool, network: Network) -> Box:
        around = self.around
        home = os.path.join(self.state, HOME)
        if is_run:
            make_directory(Path(home))
        return Box(
            project=str(self.root),
            hidden=hidden_places(around.homes, around.own),
            shown=(*shown(around.environ, around.homes, configuration=has_caches), *self._caches_read(has_caches)),
            writable=(self.machine.cache_root,) if has_caches else (),
            network=network,
            state=self.state,
            home=home if is_run else "",
            temporary=self._temporary(),
        )

    def _caches_read(self, writable: bool) -> tuple[str, ...]:
        """Environments may refer to what lies in our caches (links of pnpm, modules of Go)."""
        return () if writable or not os.path.isdir(self.machine.cache_root) else (self.machine.cache_root,)

    def _temporary(self) -> str:
        """A temporary directory of this process's own, since a server of the project may be running beside; made once,
        before any command could put a link in its place."""
        if not self._room:
            self._room = os.path.join(self.state, TEMPORARY, str(os.getpid()))
            make_directory(Path(self._room))
        return self._room

    def _write(self, call: Call, env: Mapping[str, str], ended: Ended | None, begun: str) -> None:
        self.journal.line(
            "command",
            id=call.id,
            **call.facts,
            purpose=call.purpose,
            argv=[call.shell] if call.shell else call.argv,
            shell=bool(call.shell),
            cwd=call.cwd,
            env=sorted(env),
            network=call.network,
            isolation=self.isolation.backend,
            start=begun,
            seconds=round(ended.seconds, 3) if ended else None,
            exit=ended.status if ended else None,
            stopped=ended.stopped if ended else "",
            stdout_bytes=ended.stdout_bytes if ended else 0,
            stderr_bytes=ended.stderr_bytes if ended else 0,
            tail=self.journal.tail(ended.output) if ended else "",
            cache="miss",
        )


class _InTurn:
    """A guard that is asked and told by one thread at a time."""

    def __init__(self, guard: Guard, lock: threading.Lock) -> None:
        self._guard = guard
        self._lock = lock

    @property
    def name(self) -> str:
        return self._guard.name

    def before(self, phase: Phase) -> None:
        with self._lock:
            self._guard.before(phase)

    def after(self, phase: Phase, ending: object) -> None:
        with self._lock:
            self._guard.after(phase, ending)  # type: ignore[arg-type]

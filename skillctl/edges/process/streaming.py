"""A program that runs for a while: heard while it speaks, bounded in what it may use, and gone with all it started.

    with start(command, heard) as running:
        ended = running.wait()

Rules:

1. What it says is passed on as it comes, and only the last part of it is kept.
2. It leads a session of its own, so a Ctrl-C at the terminal reaches us alone, and we pass it on.
3. When it ends, and whatever ends the block, all that it started is killed (`family`).
4. Time, output, memory, processor time and number of processes are bounded together for the whole family, by looks at
   it; what a single process may use is also bounded by the kernel, where a shell can set that.
5. `confine` is called in a thread of its own, which then starts the program: what Linux bounds for a thread (Landlock)
   is inherited by the program, and our own process stays free. No code of ours runs between fork and exec.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal, Self

from skillctl.core.errors import ExecutionError
from skillctl.core.value import dataclass, field
from skillctl.edges.process import family

Stream = Literal["stdout", "stderr"]
Stopped = Literal["", "time", "output", "memory", "cpu", "processes", "asked"]
"""What we ended the program for; empty where it ended by itself."""
Heard = Callable[[Stream, bytes], None]

KIB = 1024
_CHUNK = 64 * KIB
_LOOK = 0.1  # seconds between two looks at what the family uses
_DEAF = 0.25  # a signal that comes just before the main thread begins to wait is only heard when the wait is over
_DRAIN = 2.0  # seconds that the pipes may take to run dry when everybody is dead
_POSIX = os.name == "posix"
_KILL = signal.SIGKILL if _POSIX else signal.SIGTERM


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """What a program may use together with all that it starts; 0 is no bound."""

    seconds: float = 0.0
    output_bytes: int = 0
    memory_bytes: int = 0
    cpu_seconds: int = 0
    processes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A program about to be started."""

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    """All of its environment."""
    stdin: bytes = b""
    caps: Caps = field(default=Caps())
    keep: int = 64 * KIB
    """How many bytes of the end of each stream are kept."""
    keep_stdout: int = 0
    """How many of standard output, where that is more."""
    confine: Callable[[], None] | None = None
    boxed: bool = False
    """It is inside a process namespace, below two processes that make it (bubblewrap)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A program that is over."""

    status: int
    """Its exit status; negative where a signal ended it."""
    stopped: Stopped
    stdout: bytes
    stderr: bytes
    output: bytes
    """The last part of both, in the order in which it came."""
    stdout_bytes: int
    stderr_bytes: int
    seconds: float
    memory: int = 0
    """The most that was seen in memory, where anybody looked."""


def start(command: Command, heard: Heard | None = None) -> Running:
    """Start the program. ExecutionError E520 if that can't be done.

    `heard` is called from other threads, one call at a time; what it raises ends the program and comes out of `wait`.
    The thread that starts a boxed program has to live as long as the program.
    """
    return Running(command, heard)


def stream(command: Command, heard: Heard | None = None) -> Ended:
    """Run the program to its end."""
    with start(command, heard) as running:
        ended = running.wait()
    if ended is None:
        raise RuntimeError("a program without an end")
    return ended


class Running:
    """A program that was started; as a context manager it is gone at the end of the block."""

    def __init__(self, command: Command, heard: Heard | None) -> None:
        self._command = command
        self._heard = heard
        self._cookie = os.urandom(8).hex()
        self._changed = threading.Condition()
        self._tails: dict[str, _Tail] = {
            "stdout": _Tail(max(command.keep, command.keep_stdout)),
            "stderr": _Tail(command.keep),
            "both": _Tail(command.keep),
        }
        self._over = threading.Event()
        self._stopped: Stopped = ""
        self._fault: BaseException | None = None
        self._peak = 0
        self._next_look = 0.0
        self._ended: Ended | None = None
        self._begun = time.monotonic()
        self._program = _opened(command, self._cookie)
        self._readers = [
            self._thread(self._listen, "stdout", self._program.stdout),
            self._thread(self._listen, "stderr", self._program.stderr),
            self._thread(self._await_end),
        ]
        if command.stdin:
            self._thread(self._feed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ended is None:
            self._kill()
            self._finish()

    @property
    def pid(self) -> int:
        """The process that leads the family."""
        return self._program.pid

    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self._begun

    def said(self) -> bytes:
        """The last part of what it has said so far."""
        with self._changed:
            return self._tails["both"].data()

    def members(self) -> list[family.Member]:
        """The program and all that it started, as far as the system tells."""
        return [] if self._over.is_set() else family.family(self.pid)

    def ports(self) -> tuple[int, ...]:
        """The TCP ports that it listens on, as far as the system tells."""
        return family.listening_ports(self.members())

    def wait(self, timeout: float | None = None) -> Ended | None:
        """The program's end; None if it is still running after so many seconds. Its bounds are kept meanwhile."""
        if self._ended is not None:
            return self._ended
        until = None if timeout is None else time.monotonic() + timeout
        while not self._over.is_set():
            with self._changed:
                if not self._over.is_set() and self._fault is None:
                    self._changed.wait(self._pause(until))
            if self._fault is not None:
                self._kill()
                self._finish()
                raise self._fault
            self._keep_bounds()
            if not self._over.is_set() and until is not None and time.monotonic() >= until:
                return None
        return self._finish()

    def send(self, number: int) -> None:
        """Pass a signal on to the program and all of its group."""
        if not self._over.is_set() and _POSIX:
            family.send(self.pid, number, boxed=self._command.boxed)
        elif not self._over.is_set():
            self._program.terminate()

    def stop(self, *, grace: float = 5.0, reason: Stopped = "asked") -> Ended:
        """Ask it to end, wait so many seconds, and end it."""
        self._stopped = self._stopped or ("" if self._over.is_set() else reason)
        self.send(signal.SIGTERM)
        ended = self.wait(grace)
        if ended is None:
            self._kill()
            ended = self._finish()
        return ended

    def kill(self) -> None:
        """End it at once, from whichever thread; whoever waits for it hears of its end."""
        self._stopped = self._stopped or ("" if self._over.is_set() else "asked")
        self._kill()

    @property
    def result(self) -> Ended | None:
        """How it went; None while nobody has waited for its end."""
        return self._ended

    def _pause(self, until: float | None) -> float | None:
        """Seconds until something has to be looked at; None: only when something happens."""
        caps, moment = self._command.caps, time.monotonic()
        waits = [] if until is None else [until - moment]
        if caps.seconds:
            waits.append(self._begun + caps.seconds - moment)
        if caps.memory_bytes or caps.cpu_seconds or caps.processes:
            waits.append(_LOOK)
        if threading.current_thread() is threading.main_thread():
            waits.append(_DEAF)
        return max(min(waits), 0.001) if waits else None

    def _keep_bounds(self) -> None:
        caps = self._command.caps
        if self._over.is_set() or self._stopped == "asked":
            return
        said = self._tails["stdout"].seen + self._tails["stderr"].seen
        if caps.output_bytes and said > caps.output_bytes:
            self._end_for("output")
        elif caps.seconds and self.seconds() >= caps.seconds:
            self._end_for("time")
        elif caps.memory_bytes or caps.cpu_seconds or caps.processes:
            self._look(caps)

    def _look(self, caps: Caps) -> None:
        moment = time.monotonic()
        if moment < self._next_look:
            return
        self._next_look = moment + _LOOK / 2
        used = family.usage(self.members())
        self._peak = max(self._peak, used.memory)
        if caps.memory_bytes and used.memory > caps.memory_bytes:
            self._end_for("memory")
        elif caps.cpu_seconds and used.cpu > caps.cpu_seconds:
            self._end_for("cpu")
        elif caps.processes and used.processes > caps.processes + (2 if self._command.boxed else 0):
            self._end_for("processes")

    def _end_for(self, reason: Stopped) -> None:
        self._stopped = self._stopped or reason
        self._kill()

    def _kill(self) -> None:
        if not self._over.is_set():
            if _POSIX:
                family.end(self.pid, self._cookie)
            else:
                self._program.kill()
        with self._changed:
            self._changed.wait_for(lambda: self._over.is_set(), _DRAIN)

    def _finish(self) -> Ended:
        """Leave nobody behind, take in what is still in the pipes, and say how it went."""
        seconds = time.monotonic() - self._begun
        if _POSIX:
            family.end(self.pid, "" if self._command.boxed else self._cookie)
        for reader in self._readers:
            reader.join(_DRAIN)
        with self._changed:
            status = self._program.returncode
            if self._fault is None and self._stopped == "" and self._went_over():
                self._stopped = "output"
            self._ended = Ended(
                status=-int(_KILL) if status is None else status,
                stopped=self._stopped or self._stopped_by_kernel(status),
                stdout=self._tails["stdout"].data(),
                stderr=self._tails["stderr"].data(),
                output=self._tails["both"].data(),
                stdout_bytes=self._tails["stdout"].seen,
                stderr_bytes=self._tails["stderr"].seen,
                seconds=seconds,
                memory=self._peak,
            )
        return self._ended

    def _went_over(self) -> bool:
        bound = self._command.caps.output_bytes
        return bool(bound) and self._tails["stdout"].seen + self._tails["stderr"].seen > bound

    def _stopped_by_kernel(self, status: int | None) -> Stopped:
        """The kernel ends a process that used up its processor time by a signal of its own (SIGXCPU), or kills it."""
        if _POSIX and self._command.caps.cpu_seconds and status in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
            return "cpu"
        return ""

    def _thread(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread

    def _listen(self, name: Stream, pipe: object) -> None:
        handle: int = pipe.fileno()  # type: ignore[attr-defined]
        while data := _read(handle):
            with self._changed:
                self._tails[name].add(data)
                self._tails["both"].add(data)
                if self._heard is not None and self._fault is None:
                    try:
                        self._heard(name, data)
                    except BaseException as error:  # noqa: BLE001  it comes out of `wait`, where somebody can answer it
                        self._fault = error
                        self._changed.notify_all()
                if self._went_over():
                    self._changed.notify_all()
        pipe.close()  # type: ignore[attr-defined]

    def _await_end(self) -> None:
        self._program.wait()
        with self._changed:
            self._over.set()
            self._changed.notify_all()

    def _feed(self) -> None:
        if self._program.stdin is not None:
            try:
                with self._program.stdin as pipe:
                    pipe.write(self._command.stdin)
            except OSError:  # it does not want to read it
                return


class _Tail:
    """The last bytes of a stream."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()
        self.seen = 0

    def add(self, data: bytes) -> None:
        self.seen += len(data)
        self._data += data
        if len(self._data) > 2 * self._limit:
            del self._data[: -self._limit]

    def data(self) -> bytes:
        return bytes(self._data[-self._limit :])


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, _CHUNK)
    except OSError:
        return b""


def _opened(command: Command, cookie: str) -> subprocess.Popen[bytes]:
    try:
        if command.confine is None:
            return _popen(command, cookie)
        return _popen_confined(command, command.confine, cookie)
    except OSError as error:
        program = command.argv[0]
        raise ExecutionError.of("E520", program=program, reason=error.strerror or str(error)) from error


def _popen(command: Command, cookie: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        _bounded(command.argv, command.caps),
        cwd=command.cwd,
        env={**command.env, family.COOKIE: cookie},
        stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=_POSIX,
    )


def _popen_confined(command: Command, confine: Callable[[], None], cookie: str) -> subprocess.Popen[bytes]:
    made: list[subprocess.Popen[bytes]] = []
    faults: list[BaseException] = []

    def begin() -> None:
        try:
            confine()
            made.append(_popen(command, cookie))
        except BaseException as error:  # noqa: BLE001  raised again below, in the thread that asked
            faults.append(error)

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return made[0]


def _bounded(argv: tuple[str, ...], caps: Caps) -> list[str]:
    """The call, with the kernel's own bound on each process's processor time, which a shell sets before it."""
    if not (_POSIX and caps.cpu_seconds):
        return list(argv)
    line = f'ulimit -c 0; ulimit -S -t {int(caps.cpu_seconds)}; exec "$0" "$@"'
    return ["/bin/sh", "-c", line, *argv]

"""Command lines in which the n-th change of the disk goes wrong: the process dies there, the system says no, or Ctrl-C
comes just before it or just after it.

The runner is a process of its own that has imported everything once; for each request it forks, makes the functions of
`os` that change the disk count, and runs the command line in the fork. So a run costs milliseconds, and every single
call can be tried: n = 1, 2, ... until a run ends with no fault.

A request is one line of JSON on standard input, `{"words", "cwd", "environment", "fault"}`,
the answer one on standard output, `{"status", "fired", "where", "out", "err"}`.
"""

from __future__ import annotations

import errno
import gc
import importlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from skillctl.edges.disk.faults import disk_faults

ROOT = Path(__file__).parents[2]

CHANGING = (
    "rename",
    "replace",
    "link",
    "symlink",
    "unlink",
    "remove",
    "rmdir",
    "mkdir",
    "write",
    "ftruncate",
    "fdopen",
)
"""Functions of `os` that change names or bytes. `fdopen` stands for the first write of a buffered file."""
MAKING = frozenset({"open", "mkdir", "write", "fdopen", "link", "symlink"})
"""Those that need room on the disk."""
SYNCING = (
    ("skillctl.install.apply", "sync_filesystem"),
    ("skillctl.install.apply", "sync_file"),
    ("skillctl.install.aside", "sync_filesystem"),
    ("skillctl_registry.backends.directory", "sync_filesystem"),
)
"""Modules that wait for the disk, and what they call for it."""
_WRITING = os.O_CREAT | os.O_WRONLY | os.O_RDWR | os.O_TRUNC

KILL = "kill"
INTERRUPT_BEFORE = "interrupt-before"
INTERRUPT_AFTER = "interrupt-after"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What goes wrong, and where."""

    at: int
    """The call that is hit, from 1; 0 for none."""
    kind: str = KILL
    """`kill`, one of the interrupts, or the name of an errno."""
    sticky: bool = False
    """Whether every later call that needs room on the disk is hit too."""
    again: int = 0
    """How many calls later it happens a second time; 0: it does not."""


NO_FAULT = Fault(at=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command line ended."""

    status: int
    """Negative: the number of the signal."""
    fired: bool
    """Whether the fault's call was reached."""
    where: str
    """The function of the fault and its first argument."""
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL

    def __str__(self) -> str:
        return f"status {self.status}, fault in {self.where or 'no call'}\n{self.out}{self.err}"


class Runner:
    """The process that forks; a context manager."""

    def __init__(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(timeout=60)

    def __call__(
        self, words: Sequence[str], *, cwd: Path, environment: Mapping[str, str], fault: Fault = NO_FAULT
    ) -> Ended:
        """Run one command line."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        request = {
            "words": list(words),
            "cwd": str(cwd),
            "environment": dict(environment),
            "fault": {"at": fault.at, "kind": fault.kind, "sticky": fault.sticky, "again": fault.again},
        }
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        return Ended(**json.loads(stdout.readline()))


class _Counter:
    """Counts calls, and lets the fault happen at the one that is to be hit. Everything in here runs in the fork."""

    def __init__(self, fault: Fault, report: int) -> None:
        self._fault = fault
        self._report = report
        self._calls = 0
        self._fired = False

    def wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            if name == "open" and not arguments[1] & _WRITING:
                return function(*arguments, **more)
            hit = self._is_hit(name, arguments)
            if hit and self._fault.kind != INTERRUPT_AFTER:
                self._go_wrong(arguments)
            try:
                return function(*arguments, **more)
            finally:
                if hit:  # whether it succeeded or not
                    raise KeyboardInterrupt

        return call

    def _is_hit(self, name: str, arguments: Sequence[Any]) -> bool:
        self._calls += 1
        at, again = self._fault.at, self._fault.again
        later = self._fault.sticky and self._calls > at and name in MAKING
        if self._calls not in (at, at + again) and not later:
            return False
        if not self._fired:
            self._fired = True
            _REAL_WRITE(self._report, f"{name} {str(arguments[0])[:300]}".encode())
        return True

    def _go_wrong(self, arguments: Sequence[Any]) -> None:
        if self._fault.kind == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._fault.kind == INTERRUPT_BEFORE:
            raise KeyboardInterrupt
        number = getattr(errno, self._fault.kind)
        path = arguments[0] if isinstance(arguments[0], (str, Path)) else None
        raise OSError(number, os.strerror(number), str(path) if path is not None else None)


_REAL_WRITE = os.write


def _as_ours(sync: Callable[[Path], None]) -> Callable[[Path], None]:
    """The same, with errors as `edges.disk.sync` gives them."""

    def synced(path: Path) -> None:
        with disk_faults(path):
            sync(path)

    return synced


def _command(request: dict[str, Any], report: int, out: int, err: int) -> int:
    """In the fork: the command line with its fault; gives back the exit status."""
    from skillctl.cli.main import main

    fault = Fault(**request["fault"])
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.stdout = io.TextIOWrapper(io.FileIO(out, "w"), encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(err, "w"), encoding="utf-8", write_through=True)
    sys.stdin = io.StringIO()
    counter = _Counter(fault, report)
    for module, name in SYNCING:
        # a kill loses nothing that was written, so nobody needs to wait for the disk here
        vars(importlib.import_module(module))[name] = _as_ours(counter.wrapped(name, lambda _: None))
    for name in (*CHANGING, "open") if fault.at else ():
        setattr(os, name, counter.wrapped(name, getattr(os, name)))
    return main(request["words"])


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as report, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            status = 70
            try:
                status = _command(request, report.fileno(), out.fileno(), err.fileno())
            except BaseException:  # noqa: BLE001  whatever it was, the fork must end here
                import traceback

                traceback.print_exc()
            finally:
                os._exit(status)
        _, waited = os.waitpid(child, 0)
        texts = []
        for file in (report, out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    where, said, talked = texts
    status = os.waitstatus_to_exitcode(waited)
    return {"status": status, "fired": bool(where), "where": where, "out": said, "err": talked}


def _warm_up() -> None:
    """Load once what the command lines load, by running some of them for nothing."""
    from skillctl.cli.main import main

    with tempfile.TemporaryDirectory() as room, open(os.devnull, "w") as nowhere:
        for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
            os.environ[f"SKILLCTL_{kind}_DIR"] = f"{room}/{kind}"
        pack = Path(room, "warm")
        (pack / "skills" / "warm").mkdir(parents=True)
        pack.joinpath("skill.json").write_text('{"name": "warm", "version": "1.0.0", "description": "Warm"}')
        skill = "---\nname: warm\ndescription: Warms up\n---\n\nWarm.\n"
        pack.joinpath("skills", "warm", "SKILL.md").write_text(skill)
        os.chdir(room)
        real = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = nowhere
        Path("plan.json").write_text('{"name": "warm", "files": [{"filename": "warm.py", "code": ""}]}')
        for words in (
            *(["publish", "warm"], ["install", "warm"], ["sync"], ["list"], ["update"], ["remove", "warm"]),
            *(["pack", "warm"], ["install", "./warm-1.0.0.tar.gz"], ["remove", "warm"]),
            ["runtime", "execute", "plan.json", "--dry-run"],
        ):
            main(words)
        sys.stdout, sys.stderr = real
        os.chdir("/")


def _serve() -> None:
    _warm_up()
    gc.collect()
    gc.disable()  # a collection in the fork would touch, and so copy, every page that is shared with it
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    _serve()

"""Faults below Python: a real command under strace, whose n-th rename, write, fsync, unlink or mkdir goes wrong.

`runner` breaks functions of `os` in a fork, thousands of times a minute. Here the kernel's own calls are hit, those of
the interpreter and its libraries among them, in a process that nobody prepared.

    traced = Traced(world)                     # strace is needed: see `why_not`
    calls = traced.calls(words)                # what the command asks of the kernel, in order
    ended = traced.run(words, Hit(call, "EIO"))

A kill comes at the entry of the call, so it has no effect; an error stands for its effect.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from skillctl_plugins.audit.log import AuditLog
from skillctl_plugins.audit.verify import verify_log
from tests.faults.runner import ROOT, Ended
from tests.faults.test_crash import CASES, Prepare, nothing, open_range
from tests.faults.world import Snapshot, World, differing, mixtures, snapshot, write_maps

NAMES: dict[str, str] = {
    **dict.fromkeys(("rename", "renameat", "renameat2"), "rename"),
    **dict.fromkeys(("write", "writev", "pwrite64", "sendfile", "copy_file_range", "ftruncate"), "write"),
    **dict.fromkeys(("fsync", "fdatasync", "syncfs"), "fsync"),
    **dict.fromkeys(("unlink", "unlinkat", "rmdir"), "unlink"),
    **dict.fromkeys(("mkdir", "mkdirat", "symlink", "symlinkat", "link", "linkat"), "mkdir"),
}
"""The kernel's name -> what the table calls it. `mkdir` stands for everything that makes a name."""
KILL = "kill"
CODES = {"ENOSPC": "E450", "EIO": "E452", "EACCES": "E451"}
KINDS = (KILL, *CODES)
"""What may happen at each call."""
_SECONDS = 120
_LINE = re.compile(r"(?P<task>\d+) +(?P<name>\w+)\((?P<what>.*)")
_TIMES = re.compile(r'"published": ?"[^"]*"')


@dataclass(frozen=True, slots=True)
class Call:
    """One of the calls that a command makes of the kernel."""

    name: str
    number: int
    """Which of its name, from 1."""
    what: str
    """Its arguments, shortened."""

    def __str__(self) -> str:
        return f"{self.name} {self.number} ({self.what})"


@dataclass(frozen=True, slots=True)
class Hit:
    """A call and what happens there."""

    call: Call
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.call}"

    @property
    def key(self) -> str:
        """The same for every run of the same program."""
        return f"{self.call.name} {self.call.number} {self.kind}"


@dataclass(frozen=True, slots=True)
class Story:
    """A command, and what was there before."""

    prepare: Prepare
    words: tuple[str, ...]
    publishes: bool = False


STORIES: dict[str, Story] = {
    "install": Story(*CASES["install"]),
    "update": Story(open_range, ("update",)),
    "remove": Story(*CASES["remove"]),
    "sync": Story(*CASES["sync"]),
    "publish": Story(nothing, ("publish", "../packs/maps-1.2.0", "--no-test"), publishes=True),
}


@cache
def why_not() -> str:
    """Why nothing can be injected here; empty where it can."""
    program = shutil.which("strace")
    if program is None:
        return "strace is not on this machine"
    with tempfile.TemporaryDirectory() as room:
        words = [program, "-f", "-qq", "-o", os.devnull, "-e", "inject=mkdir,mkdirat:error=EIO", "mkdir", f"{room}/x"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return "strace does not answer"
        return "" if done.returncode == 1 and not os.path.exists(f"{room}/x") else "strace may not inject faults here"


class Traced:
    """Commands of a world as processes of their own, under strace."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._log = world.room / "calls"
        self._strace = shutil.which("strace") or "strace"
        home = {"HOME": str(world.home), "SKILLCTL_REGISTRY": str(world.registry), **world.more}
        python = {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"}
        self._environment = {"PATH": "", **home, **python}

    def calls(self, words: Sequence[str]) -> list[Call]:
        """What the command asks of the kernel when nothing goes wrong; it must succeed."""
        ended = self._run(words, [])
        assert ended.status == 0, ended
        counts: Counter[tuple[str, str]] = Counter()
        found: dict[tuple[str, int], Call] = {}
        for line in self._log.read_text(encoding="utf-8", errors="replace").splitlines():
            if (match := _LINE.match(line)) is not None:
                counts[match["task"], match["name"]] += 1  # strace counts for each thread alone
                number = counts[match["task"], match["name"]]
                found.setdefault((match["name"], number), Call(match["name"], number, self._short(match["what"])))
        return list(found.values())

    def run(self, words: Sequence[str], hit: Hit) -> Ended:
        """The command with its fault. `fired` is false where it never came to that call."""
        effect = "signal=KILL" if hit.kind == KILL else f"error={hit.kind}"
        return self._run(words, ["-e", f"inject={hit.call.name}:{effect}:when={hit.call.number}"])

    def _run(self, words: Sequence[str], more: Sequence[str]) -> Ended:
        self._log.unlink(missing_ok=True)
        # a signal goes astray where only calls of interest are stopped at, which is the quicker way
        quick = [] if any("signal=" in each for each in more) else ["--seccomp-bpf"]
        options = ["-f", "-qq", "-s", "80", *quick, "-e", f"trace={','.join(NAMES)}", "-e", "signal=none"]
        done = subprocess.run(
            [self._strace, *options, "-o", str(self._log), *more, sys.executable, "-m", "skillctl", *words],
            cwd=self._world.project,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
        log = self._log.read_text(encoding="utf-8", errors="replace")
        fired = "(INJECTED)" in log or done.returncode == -9
        return Ended(status=done.returncode, fired=fired, where=" ".join(more), out=done.stdout, err=done.stderr)

    def _short(self, what: str) -> str:
        text = re.sub(r"\) += .*", "", what).replace(f"{self._world.room}/", "")
        return text if len(text) <= 100 else text[:99] + "…"


class Judge:
    """One story in one world: prepared once, broken as often as asked, judged each time."""

    def __init__(self, name: str, world: World) -> None:
        story = STORIES[name]
        if story.publishes:
            world = replace(world, changing=("project", "home", "registry"))
            write_maps(world, "1.2.0")
        self.name = name
        self.words = story.words
        self._story = story
        self._world = world
        self._traced = Traced(world)
        story.prepare(world)
        world.save("old")
        self._old, self._old_registry = world.seen(), self._registry()
        self.calls = self._traced.calls(story.words)
        self._new, self._new_registry = world.seen(), self._registry()
        assert differing(self._old, self._new) or story.publishes
        assert self._old_registry != self._new_registry or not story.publishes
        assert len(self.calls) > 20, self.calls

    def hits(self) -> list[Hit]:
        """Everything that can happen."""
        return [Hit(call, kind) for call in self.calls for kind in KINDS]

    def judged(self, hit: Hit) -> str:
        """`old`, `new`, or `missed` where the command never came there. AssertionError with what is wrong."""
        world = self._world
        world.restore("old")
        ended = self._traced.run(self.words, hit)
        told = f"{self.name}: {hit}: {ended}"
        if not ended.fired:
            assert ended.status == 0, told
            return "missed"
        self._check_end(hit, ended, told)
        if strange := mixtures(world.seen(), self._old, self._new):
            raise AssertionError(f"{told}\n{strange} are neither old nor new")
        self._check_log(told)
        looked = world("list")
        nothing_there = "E402" in looked.err and self._story.prepare is nothing
        assert looked.status == 0 or nothing_there, f"{told}\nthen {looked}"
        found = self._found(f"{told}\nthen {looked}")
        self._finish(told)
        return found

    def _check_end(self, hit: Hit, ended: Ended, told: str) -> None:
        if hit.kind == KILL:
            assert ended.status == -9, told
            return
        assert "Traceback" not in ended.err, told
        assert "E090" not in ended.err, told
        said = f"error {CODES[hit.kind]}" in ended.err
        # who can't say anything any more may end without a word
        speechless = hit.call.name == "write" and not hit.call.what.startswith(("3", "4", "5", "6", "7", "8", "9"))
        assert ended.status == 0 or (ended.status == 1 and said) or speechless, told

    def _check_log(self, told: str) -> None:
        home = self._world.home
        log = AuditLog(folder=home / ".local/state/skillctl/audit", copy=home / ".local/share/skillctl/audit-tip")
        verdict = verify_log(log)
        assert verdict.ok, f"{told}: {verdict.findings}"

    def _found(self, told: str) -> str:
        """Which of the two states it is."""
        seen = self._world.seen()
        if self._story.publishes:
            index = _index(self._registry())
            assert not differing(seen, self._old), told
            states = {"old": _index(self._old_registry), "new": _index(self._new_registry)}
        else:
            index, states = seen, {"old": self._old, "new": self._new}
        found = next((name for name, state in states.items() if state == index), "")
        assert found, f"{told}\n{differing(index, states['old'])}\n{differing(index, states['new'])}"
        return found

    def _finish(self, told: str) -> None:
        """The same command again brings the new state, whatever was there."""
        again = self._world(*self.words)
        after = f"{told}\nthen {again}"
        assert again.status == 0 or "E407" in again.err, after
        assert self._world.seen() == self._new, f"{after}\n{differing(self._world.seen(), self._new)}"
        if self._story.publishes:
            left, wanted = self._registry(), self._new_registry
            missing = [path for path in wanted if left.get(path) != wanted[path]]
            assert not missing, f"{after}\n{missing}"
        self._check_log(after)

    def _registry(self) -> Snapshot:
        """The registry without the times in it, and without its lock, which may still say who held it."""
        found = snapshot(self._world.registry)
        return {path: _TIMES.sub("", what) for path, what in found.items() if path != ".lock"}


def _index(registry: Snapshot) -> Snapshot:
    """What decides which releases there are. What nothing refers to does no harm: a blob, a file half written."""
    files = {path: what for path, what in registry.items() if path.startswith("index/") and what != "directory"}
    return {path: what for path, what in files.items() if "/." not in path}


def sample(judge: Judge, size: int) -> list[Hit]:
    """The same few of all hits every time: some of each call and each kind, spread by their digests."""
    order = sorted(judge.hits(), key=lambda hit: hashlib.sha256(f"{judge.name} {hit.key}".encode()).digest())
    groups: dict[tuple[str, str], list[Hit]] = {}
    for each in order:
        groups.setdefault((NAMES[each.call.name], each.kind), []).append(each)
    chosen: list[Hit] = []
    while len(chosen) < size and any(groups.values()):
        chosen += [group.pop(0) for group in groups.values() if group]
    return chosen[:size]


def room() -> Path:
    """A directory in memory where there is such a thing."""
    memory = "/dev/shm"
    return Path(tempfile.mkdtemp(prefix="skillctl-faults-", dir=memory if os.access(memory, os.W_OK) else None))

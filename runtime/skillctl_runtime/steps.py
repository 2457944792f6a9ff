"""Which steps have nothing to do: keys of what goes in, and a look at what came out.

A step is a hit when its key and its outputs are as they were the last time. The key is a digest of everything that
could change the result: kind, command, directory, variables, the identity of the tools, platform, isolation, network,
the contents of its inputs, the facts it counts, and the keys of the steps it follows in its part.

Tools rewrite files that a plan brings (go.mod, package.json) and put files beside them (locks). For a key such a file
counts as what it was before the tools came, as long as it is still just what they left: else each execution would find
other inputs than the one before, for ever. The same comparison keeps it from being written over.

Outputs are looked at, not read: names below a path to some depth, sizes and times of the files among them. That is done
when the part is done, and again after a run, since a build or a program may add to what an earlier step made.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from skillctl.core.limits import MIB
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import read_bytes
from skillctl_runtime.files import DirectoryFiles, matching
from skillctl_runtime.plan import Plan, PlanFile
from skillctl_runtime.record import ProjectRecord, Rewritten, StepRecord
from skillctl_runtime.stack import Output, Part, Step, StepResult

_VERSION = "1"
_PASSING = frozenset({"__pycache__", ".cache", ".vite", ".vite-temp", ".DS_Store"})
"""Names that come and go in outputs without meaning anything."""
_KEPT_TEXT = 256 * 1024
_HASHED = 256 * MIB


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What belongs to every key of an execution."""

    platform: str
    isolation: str
    variables: str
    """Digest of the caller's variables that steer tools."""


class Ledger:
    """What is known of the steps of one project while an execution goes on; several parts may ask at once."""

    def __init__(self, root: str, record: ProjectRecord, planned: Iterable[str], circumstances: Circumstances) -> None:
        self.root = root
        self._planned = frozenset(planned)
        self._before = record.steps
        self.rewritten: dict[str, Rewritten] = dict(record.rewritten)
        self._done: dict[str, tuple[Step, StepRecord]] = {}
        self._circumstances = circumstances
        self._digests: dict[str, tuple[str, str]] = {}
        self._lock = threading.RLock()

    def key(self, part: Part, step: Step, argv: Sequence[str], env: Mapping[str, str], parent: str) -> str:
        """The step's key; `parent` is that of the step before it in its part."""
        with self._lock:
            inputs = self._inputs(part, step)
        facts = [
            *(_VERSION, step.kind, list(argv), step.cwd, sorted({**step.env, **env}.items())),
            *(sorted(each.identity for each in step.tools), step.network, inputs, list(step.also), parent),
            *(self._circumstances.platform, self._circumstances.isolation, self._circumstances.variables),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def hit(self, part: Part, step: Step, key: str) -> StepResult | None:
        """How the step went the last time, if that still counts."""
        found = self._before.get(_name(part, step))
        if found is None or found.key != key or not step.cached:
            return None
        base = os.path.join(self.root, part.folder)
        if any(look(base, each) != found.outputs.get(_place(each)) for each in step.outputs):
            return None
        return StepResult(
            step=step, status=found.status, stdout=found.stdout, output=found.output, hit=True, seconds=0.0
        )

    def done(self, part: Part, key: str, result: StepResult) -> None:
        """A step of this execution, hit or not."""
        before = self._before.get(_name(part, result.step))
        kept = StepRecord(
            key=key,
            kind=result.step.kind,
            argv=result.step.argv,
            status=result.status,
            stdout=result.stdout[-_KEPT_TEXT:],
            output=result.output[-_KEPT_TEXT // 16 :],
            seconds=before.seconds if result.hit and before else result.seconds,
        )
        with self._lock:
            self._done[_name(part, result.step)] = (result.step, kept)

    def records(self, parts: Sequence[Part], failed: Iterable[Part] = ()) -> dict[str, StepRecord]:
        """What is to be kept. Of a part that failed, the steps that failed with it are not."""
        broken = {each.folder for each in failed}
        found = {}
        for name, (step, record) in self._done.items():
            folder = name.partition(":")[0]
            if record.status != 0 and folder in broken:
                continue
            base = os.path.join(self.root, folder)
            outputs = {_place(each): look(base, each) for each in step.outputs}
            found[name] = StepRecord(
                key=record.key,
                kind=record.kind,
                argv=record.argv,
                status=record.status,
                stdout=record.stdout,
                output=record.output,
                seconds=record.seconds,
                outputs=outputs,
            )
        here = {each.folder for each in parts}
        left = {name: each for name, each in self._before.items() if name.partition(":")[0] in broken & here}
        return {**left, **found}

    # files that tools rewrite

    def as_found(self, folder: str) -> dict[str, str]:
        """The project's own files in a folder with their stamps, to be compared after a step."""
        files = DirectoryFiles(self.root, self._planned).under(folder)
        start = f"{folder}/" if folder else ""
        return {start + path: stamp(os.path.join(self.root, start + path)) for path in files.paths()}

    def notice(self, folder: str, before: Mapping[str, str]) -> list[tuple[str, Rewritten]]:
        """What a step changed among the project's own files: path, and what it was before and is now."""
        after = self.as_found(folder)
        found = []
        with self._lock:
            for path, now in after.items():
                old = before.get(path)
                if old == now:
                    continue
                known = self.rewritten.get(path)
                was = self._remembered(path, old)
                left = self.digest(path)
                if left == was:
                    continue
                planned = known.planned if known is not None and known.left == was else was
                self.rewritten[path] = Rewritten(planned=planned, left=left)
                found.append((path, self.rewritten[path]))
        return found

    def remember(self, paths: Iterable[str]) -> None:
        """Read files before a step may change them, so that it can be said what they were."""
        with self._lock:
            for path in paths:
                self.digest(path)

    def left_alone(self, plan: Plan) -> tuple[PlanFile, ...]:
        """The plan's files that are to be written: all but those that tools rewrote and nobody touched since."""
        wanted = []
        for each in plan.files:
            known = self.rewritten.get(each.path)
            is_ours = known is not None and known.left == self.digest(each.path)
            if known is None or not is_ours or hashlib.sha256(each.data).hexdigest() != known.planned:
                wanted.append(each)
        return tuple(wanted)

    def digest(self, path: str) -> str:
        """Of a file's bytes; empty where there is none."""
        whole = os.path.join(self.root, path)
        now = stamp(whole)
        known = self._digests.get(path)
        if known is None or known[0] != now:
            data = read_bytes(whole, max_bytes=_HASHED) if now else None
            known = (now, "" if data is None else hashlib.sha256(data).hexdigest())
            self._digests[path] = known
        return known[1]

    def _remembered(self, path: str, old_stamp: str | None) -> str:
        """The digest of a file as it was before a step; empty where it was not there, or was never read."""
        known = self._digests.get(path)
        return known[1] if old_stamp and known is not None and known[0] == old_stamp else ""

    def _inputs(self, part: Part, step: Step) -> list[tuple[str, str]]:
        if not step.inputs:
            return []
        files = DirectoryFiles(self.root, self._planned).under(part.folder)
        start = f"{part.folder}/" if part.folder else ""
        found = []
        for path in matching(files.paths(), step.inputs):
            counted = self._counted(start + path)
            if counted:
                found.append((path, counted))
        return found

    def _counted(self, path: str) -> str:
        """What a file counts as: what it was before tools rewrote it, while it is what they left."""
        digest = self.digest(path)
        known = self.rewritten.get(path)
        return known.planned if known is not None and known.left == digest else digest


def look_again(root: str, steps: Mapping[str, StepRecord], were_untouched: bool | None) -> dict[str, StepRecord] | None:
    """The records with their outputs as they can be seen now; None if they were touched before by somebody else."""
    if were_untouched is False:
        return None
    found = {}
    for name, each in steps.items():
        base = os.path.join(root, name.partition(":")[0])
        places = (key.rpartition("@") for key in each.outputs)
        outputs = {f"{path}@{depth}": look(base, Output(path=path, depth=int(depth))) for path, _, depth in places}
        found[name] = replace(each, outputs=outputs)
    return found


def look(base: str, output: Output) -> str:
    """What can be seen of an output without reading it; the same text means that nobody touched it."""
    seen: list[str] = []
    _look(os.path.join(base, output.path), output.depth, "", seen)
    return hashlib.sha256("\n".join(sorted(seen)).encode(errors="replace")).hexdigest()[:32]


def stamp(path: str) -> str:
    """Size, times and number of a file; empty where there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _look(path: str, depth: int, name: str, seen: list[str]) -> None:
    try:
        status = os.lstat(path)
    except OSError:
        seen.append(f"{name} is not there")
        return
    if not os.path.isdir(path) or os.path.islink(path):
        seen.append(f"{name} {status.st_size} {status.st_mtime_ns}")
        return
    seen.append(f"{name}/")
    if depth < 1:
        return
    try:
        entries = list(os.scandir(path))
    except OSError:
        return
    for entry in entries:
        if entry.name in _PASSING:
            continue
        if entry.is_dir(follow_symlinks=False):
            _look(entry.path, depth - 1, f"{name}/{entry.name}", seen)
            continue
        with suppress(FileNotFoundError):  # a program that runs beside took it away
            status = entry.stat(follow_symlinks=False)
            seen.append(f"{name}/{entry.name} {status.st_size} {status.st_mtime_ns}")


def _place(output: Output) -> str:
    """An output as a record names it: the path, and how deep it is looked at."""
    return f"{output.path}@{output.depth}"


def _name(part: Part, step: Step) -> str:
    return f"{part.folder}:{step.id}"


def seen_files(root: Path, plan: Plan) -> dict[str, str]:
    """The project's files with their stamps."""
    paths = DirectoryFiles(str(root), [each.path for each in plan.files], left_out=()).paths()
    return {path: stamp(os.path.join(root, path)) for path in paths}

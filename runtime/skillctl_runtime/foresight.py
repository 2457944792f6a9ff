"""What an execution would do with files as they lie there: parts, repairs, commands, start. Nothing is run or written.

A stack's work is gone through with made-up successes, up to the first question to a tool: what comes after an answer
can't be known before it. A fallback is therefore never among the commands.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from skillctl.core.errors import SkillctlError
from skillctl.core.limits import MIB
from skillctl.core.value import dataclass, replace
from skillctl_runtime.detect import detect_parts
from skillctl_runtime.files import PlanFiles
from skillctl_runtime.plan import Advice, Plan, PlanFile, Repair
from skillctl_runtime.stack import Files, Machine, Need, Part, Start, Step, StepResult
from skillctl_runtime.stacks import STACKS
from skillctl_runtime.understanding import Understanding, understand

_FILES = 2_000
_FILE_BYTES = MIB


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeseenPart:
    """What would be done in one part."""

    part: Part
    manager: str
    """The program that installs, or else builds."""
    steps: tuple[Step, ...]
    whole: bool
    """False: a tool would be asked first, and more comes after its answer."""
    start: Start | None
    missing: tuple[Need, ...]
    """Tools that are not here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """What would be done."""

    parts: tuple[ForeseenPart, ...]
    """The primary one first; none where nothing is known of the files."""
    repairs: tuple[Repair, ...] = ()
    advice: tuple[Advice, ...] = ()


def foresee(plan: Plan, files: Files, machine: Machine) -> Foreseen:
    """What executing the plan would do if it had written those files."""
    plan = replace(plan, files=tuple(_as_planned(files)))
    read = understand(plan, lambda each: detect_parts(each, PlanFiles(each)), machine, STACKS)
    return Foreseen(parts=tuple(_foreseen(read, part) for part in read.parts), repairs=read.repairs, advice=read.advice)


def _foreseen(read: Understanding, part: Part) -> ForeseenPart:
    missing = tuple(read.missing(part))
    steps: list[Step] = []
    start: Start | None = None
    whole = not missing
    work = None if missing else read.stacks[part.stack].work(read.site(part))
    result: StepResult | None = None
    while work is not None:
        try:
            step = next(work) if result is None else work.send(result)
        except StopIteration as over:
            start = over.value
            break
        except SkillctlError:  # it looked for what a build would have made
            whole = False
            break
        steps.append(step)
        if step.kind == "look":
            whole = False
            break
        result = StepResult(step=step, status=0)
    manager = _manager(steps)
    return ForeseenPart(part=part, manager=manager, steps=tuple(steps), whole=whole, start=start, missing=missing)


def _manager(steps: list[Step]) -> str:
    """The name of the program that installs; where nothing is installed, of the one that does most."""
    wanted = [each for each in steps if each.kind == "install"] or [each for each in steps if each.kind != "look"]
    if not wanted:
        return posixpath.basename(steps[0].argv[0]) if steps else "none"
    words = wanted[0].argv
    if "--" in words and posixpath.basename(words[0]).startswith("npx"):
        return words[words.index("--") + 1]
    name = posixpath.basename(words[0].replace("\\", "/")).removesuffix(".exe")
    return "pip" if name.startswith("python") else name


def _as_planned(files: Files) -> Iterator[PlanFile]:
    """The files as a plan would have them; what is too large to be source is there by name alone."""
    for path in files.paths()[:_FILES]:
        data = files.data(path) or b""
        yield PlanFile(path=path, data=data if len(data) <= _FILE_BYTES else b"")

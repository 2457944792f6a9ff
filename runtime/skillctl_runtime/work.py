"""Driving the stacks: each part's generator is asked for steps, and each step is run or found to be done.

Parts that don't depend on each other go on at once, each in its own thread: a thread that started a walled-in command
must live as long as the command. When one part fails the others are finished, and all failures are told together.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import ExecutionError, SkillctlError
from skillctl.core.value import dataclass
from skillctl.edges.process.streaming import Ended
from skillctl_runtime.files import DirectoryFiles
from skillctl_runtime.lifecycle import Lifecycle
from skillctl_runtime.plan import Plan, StackName
from skillctl_runtime.reporter import Reporter
from skillctl_runtime.result import StepReport
from skillctl_runtime.stack import Part, Site, Stack, Start, Step, StepResult
from skillctl_runtime.starting import program_paths
from skillctl_runtime.steps import Ledger
from skillctl_runtime.workshop import Call, Purpose, Workshop

_LOOK_SECONDS = 300.0
_DEAF = 0.25  # seconds: a signal that comes just before a wait is only heard when the wait is over
_COMPLAINT_LINES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class PartDone:
    """A part that was built."""

    part: Part
    start: Start | None
    reports: tuple[StepReport, ...]


class Work:
    """The work on all parts of one project."""

    def __init__(
        self,
        workshop: Workshop,
        ledger: Ledger,
        stacks: Mapping[StackName, Stack],
        reporter: Reporter,
        life: Lifecycle,
    ) -> None:
        self._workshop = workshop
        self._ledger = ledger
        self._stacks = stacks
        self._reporter = reporter
        self._life = life
        self.failed: list[Part] = []

    def done(self, plan: Plan, parts: Sequence[Part]) -> list[PartDone]:
        """Install and build every part. ExecutionError with the failures of all of them."""
        if len(parts) == 1:
            return [self._part(plan, parts[0], several=False)]
        return self._at_once(plan, parts)

    def _at_once(self, plan: Plan, parts: Sequence[Part]) -> list[PartDone]:
        found: dict[int, PartDone] = {}
        faults: dict[int, BaseException] = {}
        room = threading.Semaphore(max(2, self._workshop.machine.cores))

        def go(number: int) -> None:
            with room:
                try:
                    found[number] = self._part(plan, parts[number], several=True)
                except BaseException as error:  # noqa: BLE001  raised again below, where somebody waits for it
                    faults[number] = error

        threads = [threading.Thread(target=go, args=(number,)) for number in range(len(parts))]
        try:
            for each in threads:
                each.start()
            for each in threads:
                while each.is_alive():
                    each.join(_DEAF)
        except BaseException:
            self._workshop.stop_all()
            for each in threads:
                if each.ident is not None:
                    each.join()  # what is left of the work is over at once, and what comes after finds nobody at it
            raise
        self._raise(faults)
        return [found[number] for number in range(len(parts))]

    def _raise(self, faults: Mapping[int, BaseException]) -> None:
        others = [each for _, each in sorted(faults.items()) if not isinstance(each, ExecutionError)]
        if others:
            raise others[0]
        if faults:
            raise ExecutionError(*(told for _, each in sorted(faults.items()) for told in _problems(each)))

    def _part(self, plan: Plan, part: Part, *, several: bool) -> PartDone:
        work = _PartWork(self, plan, part, several)
        try:
            done = work.done()
        except BaseException:
            self.failed.append(part)
            self.built(part, work.reports, ok=False)
            raise
        self.built(part, work.reports, ok=True)
        return done

    # what the work on a part needs

    def more_steps(self, plan: Plan, part: Part) -> list[tuple[str, ...]]:
        """What plugins want to be run before the part is built."""
        return self._life.before_build(plan, part.stack, self._workshop.root)

    def built(self, part: Part, reports: Sequence[StepReport], *, ok: bool) -> None:
        """Tell plugins that a part was built, or could not be."""
        steps = [each.to_json() for each in reports]
        self._life.after_build(part.stack, self._workshop.root, {"ok": ok, "folder": part.folder, "steps": steps})

    def run(self, plan: Plan, part: Part, step: Step, parent: str, shell: str = "") -> tuple[StepResult, str]:
        """A step's result and key: run, or found to be done."""
        argv = (shell,) if shell else step.argv
        key = self._ledger.key(part, step, argv, plan.env, parent)
        hit = self._ledger.hit(part, step, key)
        if hit is not None:
            self._ledger.done(part, key, hit)
            self._reporter.ended(part, hit)
            self._workshop.journal.line(
                "command", id=step.id, part=part.folder, kind=step.kind, argv=argv, cache="hit", exit=hit.status
            )
            return hit, key
        result = self._called(plan, part, step, shell)
        self._ledger.done(part, key, result)
        return result, key

    def _called(self, plan: Plan, part: Part, step: Step, shell: str) -> StepResult:
        self._reporter.began(part, step)
        before = self._ledger.as_found(part.folder)
        self._ledger.remember(before)
        call = self._call(plan, part, step, shell)
        ended = self._workshop.run(call, lambda _stream, data: self._reporter.said(part, step, data))
        result = StepResult(
            step=step,
            status=ended.status if not ended.stopped else ended.status or 1,
            stdout=ended.stdout.decode("utf-8", "replace"),
            output=ended.output.decode("utf-8", "replace"),
            seconds=ended.seconds,
        )
        self._reporter.ended(part, result)
        for path, each in self._ledger.notice(part.folder, before):
            self._workshop.journal.line("rewritten", id=step.id, file=path, planned=each.planned, left=each.left)
        if ended.stopped or not (result.ok or step.may_fail):
            raise ExecutionError(self._failure(part, step, call, ended, result))
        return result

    def _call(self, plan: Plan, part: Part, step: Step, shell: str) -> Call:
        timeouts = self._workshop.around.timeouts(plan.timeouts)
        purpose: Purpose = "install" if step.kind in ("install", "prepare") else "build"
        usual = _LOOK_SECONDS if step.kind == "look" else timeouts.install if purpose == "install" else timeouts.build
        return Call(
            purpose=purpose,
            id=step.id,
            argv=_shell(shell, self._workshop.machine.system == "windows") if shell else step.argv,
            cwd=os.path.normpath(os.path.join(self._workshop.root, part.folder, step.cwd)),
            env=step.env,
            paths=self._own_programs(part) if shell else (),
            shell=shell,
            timeout=step.timeout or usual,
            keeps_stdout=step.kind == "look",
            facts={"part": part.folder, "kind": step.kind},
        )

    def _own_programs(self, part: Part) -> tuple[str, ...]:
        root = self._workshop.root
        return tuple(os.path.join(root, each) for each in program_paths(root, [part.folder]))

    def _failure(self, part: Part, step: Step, call: Call, ended: Ended, result: StepResult) -> Problem:
        where = f"the {part.stack} part in `{part.folder}`" if part.folder else f"the {part.stack} project"
        if ended.stopped == "time":
            return problem("E524", step=step.id, where=where, seconds=int(call.timeout), key=_timeout_key(call.purpose))
        lines = self._stacks[part.stack].complaint(result.output).strip() or _last_lines(result.output)
        return problem("E523", step=step.id, where=where, status=result.status, lines=lines)

    def stack(self, name: StackName) -> Stack:
        """The stack of that name."""
        return self._stacks[name]

    def site(self, plan: Plan, part: Part, *, several: bool) -> Site:
        """Where the part's stack works."""
        files = DirectoryFiles(str(self._workshop.root), [each.path for each in plan.files]).under(part.folder)
        return Site(plan=plan, part=part, files=files, machine=self._workshop.machine, several=several)


class _PartWork:
    """The steps of one part, in order."""

    def __init__(self, work: Work, plan: Plan, part: Part, several: bool) -> None:
        self._work = work
        self._plan = plan
        self._part = part
        self._several = several
        self._parent = ""
        self._keys: dict[str, str] = {}
        self.reports: list[StepReport] = []
        self._own: dict[str, tuple[str, ...]] = (
            {"install": plan.install, "build": plan.build} if part.primary else {"install": (), "build": ()}
        )
        self._asked_for_more = False
        self._did: dict[str, bool] = {"install": False, "build": False}

    def done(self) -> PartDone:
        """Drive the stack to its end."""
        site = self._work.site(self._plan, self._part, several=self._several)
        steps = self._work.stack(self._part.stack).work(site)
        start: Start | None = None
        answer: StepResult | None = None
        while True:
            try:
                step = next(steps) if answer is None else steps.send(answer)
            except StopIteration as end:
                start = end.value
                break
            answer = self._answer(step)
        self._run_own("install")
        self._run_more()
        self._run_own("build")
        return PartDone(part=self._part, start=start, reports=tuple(self.reports))

    def _answer(self, step: Step) -> StepResult:
        """The step's result; the plan's own lines stand in for steps of their kind."""
        if step.kind == "build":
            self._run_own("install")
            self._run_more()
        if step.kind in ("install", "build") and self._own[step.kind]:
            self._run_own(step.kind)
            return StepResult(step=step, status=0, hit=True)
        return self._run(step)

    def _run_more(self) -> None:
        """The steps that plugins want before the build."""
        if self._asked_for_more:
            return
        self._asked_for_more = True
        for number, words in enumerate(self._work.more_steps(self._plan, self._part), 1):
            self._run(Step(id=f"plugin-{number}", kind="build", argv=words, inputs=("**",), network=True))

    def _run_own(self, kind: str) -> None:
        if self._did[kind]:
            return
        self._did[kind] = True
        for number, line in enumerate(self._own[kind], 1):
            step = Step(
                id=f"plan-{kind}-{number}",
                kind="install" if kind == "install" else "build",
                argv=(),
                inputs=("**",),
                network=True,
                about=line,
            )
            self._run(step, shell=line)

    def _run(self, step: Step, shell: str = "") -> StepResult:
        begun = time.monotonic()
        parent = self._parent if step.after is None else " ".join(self._keys.get(each, "") for each in step.after)
        result, key = self._work.run(self._plan, self._part, step, parent, shell)
        self._keys[step.id] = key
        # a step that follows only some of those before it stands beside the others, for what comes after them all
        self._parent = key if step.after is None else f"{self._parent} {key}"
        self.reports.append(
            StepReport(
                folder=self._part.folder,
                id=step.id,
                kind=step.kind,
                argv=(shell,) if shell else step.argv,
                status=result.status,
                hit=result.hit,
                seconds=0.0 if result.hit else time.monotonic() - begun,
            )
        )
        return result


def _shell(line: str, windows: bool) -> tuple[str, ...]:
    return ("cmd", "/c", line) if windows else ("/bin/sh", "-c", line)


def _problems(error: BaseException) -> Sequence[Problem]:
    return error.problems if isinstance(error, SkillctlError) else ()


def _timeout_key(purpose: Purpose) -> str:
    return f"timeouts.{purpose}"


def _last_lines(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-_COMPLAINT_LINES:])

"""The part of an execution that does something: the plan understood and mended, written, built, and recorded."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence

from skillctl.core.diagnostics import problem
from skillctl.core.errors import ExecutionError
from skillctl.core.value import dataclass, replace
from skillctl_runtime.confine import confined, unprivileged
from skillctl_runtime.files import PlanFiles
from skillctl_runtime.isolation import Isolation
from skillctl_runtime.journal import Journal, prune
from skillctl_runtime.launcher import launch_of, write_launchers
from skillctl_runtime.lifecycle import Lifecycle
from skillctl_runtime.machine import RealMachine
from skillctl_runtime.order import Order, commands_of, effects_of, steering_digest
from skillctl_runtime.plan import Advice, Plan, Repair, StackName
from skillctl_runtime.plan_text import plan_to_json
from skillctl_runtime.record import ProjectRecord, write_record
from skillctl_runtime.reporter import Reporter
from skillctl_runtime.result import Result, warnings_of
from skillctl_runtime.stack import Files, Part, Stack, Start
from skillctl_runtime.starting import chosen_start, command_text, program_paths, started_in
from skillctl_runtime.steps import Circumstances, Ledger, seen_files
from skillctl_runtime.surroundings import Surroundings, carry_configuration
from skillctl_runtime.understanding import Understanding, understand
from skillctl_runtime.work import PartDone, Work
from skillctl_runtime.workshop import Workshop
from skillctl_runtime.writing import Written, write_project

Detect = Callable[[Plan, Files, Mapping[StackName, Stack]], tuple[Part, ...]]
"""The parts of a project, the primary one first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Launched:
    """How a project that was built is started."""

    primary: PartDone
    start: Start | None
    """None where there is nothing to start, as in a library."""
    launcher: str
    """Below the project's directory; empty without a start."""
    paths: tuple[str, ...]
    """Directories of programs that its parts have, below the project's directory."""


class Building:
    """One execution that has something to do."""

    def __init__(
        self,
        order: Order,
        around: Surroundings,
        life: Lifecycle,
        reporter: Reporter,
        machine: RealMachine,
        stacks: Mapping[StackName, Stack] | None,
        detect: Detect | None,
        begun: float,
    ) -> None:
        if detect is None:
            from skillctl_runtime.detect import detect_parts

            detect = detect_parts
        if stacks is None:
            from skillctl_runtime.stacks import STACKS

            stacks = STACKS
        self.order = order
        self.root = order.root
        self.around = around
        self.life = life
        self.reporter = reporter
        self.machine = machine
        self.stacks = stacks
        self.detect = detect
        self.begun = begun
        self.repairs = list(order.repairs)
        self.advice: list[Advice] = []
        self.problems = list(order.problems)

    def _understood(self, plan: Plan) -> Understanding:
        """The plan with its run line taken apart and mended by its stacks."""
        read = understand(plan, self._parts, self.machine, self.stacks)
        self._mended(read.repairs, read.advice)
        return read

    def _with_learned(self, plan: Plan, before: ProjectRecord) -> Plan:
        """The plan with the packages whose absence a run has told of."""
        more = [each for each in before.learned if each not in plan.dependencies.packages]
        if not more:
            return plan
        self._mended([Repair(rule="missing-module", what=f"{', '.join(more)} was missing at a run and is added")], ())
        packages = (*plan.dependencies.packages, *more)
        return replace(plan, dependencies=replace(plan.dependencies, packages=packages))

    def _mended(self, repairs: Sequence[Repair], advice: Sequence[Advice]) -> None:
        for each in repairs:
            if each not in self.repairs:
                self.repairs.append(each)
                self.reporter.repaired(each)
        self.advice += [each for each in advice if each not in self.advice]

    def _parts(self, plan: Plan) -> tuple[Part, ...]:
        named = self.life.stack_of(plan)
        if named is not None:
            plan = replace(plan, stack=named)
        parts = self.detect(plan, PlanFiles(plan), self.stacks)
        if not parts:
            raise ExecutionError.of("E527", files=tuple(each.path for each in plan.files)[:10])
        return parts

    def _check_needs(self, read: Understanding) -> None:
        missing = dict.fromkeys(need for part in read.parts for need in read.missing(part))
        if missing:
            told = [problem("E522", tools=each.any_of, why=each.why, how=each.how) for each in missing]
            raise ExecutionError(*told)

    def rehearsed(self, plan: Plan, isolation: Isolation) -> Result:
        """What would be done, as far as that can be known without doing it."""
        read = self._understood(plan)
        plan, parts = read.plan, read.parts
        confined(plan, where=self.order.where, isolated=isolation.backend != "none")
        unprivileged(plan, where=self.order.where)
        self._check_needs(read)
        primary = next((each for each in parts if each.primary), parts[0])
        return Result(
            project_dir=str(self.root),
            name=plan.name,
            stack=primary.stack,
            run_cmd=plan.run[-1] if plan.run else "",
            parts=parts,
            repairs=tuple(self.repairs),
            advice=tuple(self.advice),
            problems=(*self.problems, *warnings_of(self.advice)),
            isolation=isolation,
            written=tuple(each.path for each in plan.files),
            deleted=plan.delete,
            dry_run=True,
            seconds=time.monotonic() - self.begun,
        )

    def made(self, plan: Plan, before: ProjectRecord, workshop: Workshop, digest: str, setting: str) -> Result:
        """Make the project; `digest` and `setting` say what the record is good for."""
        read = self._understood(self._with_learned(plan, before))
        plan, parts = read.plan, read.parts
        confined(plan, where=self.order.where, isolated=workshop.isolation.backend != "none")
        self._check_needs(read)
        workshop.plan = plan
        ledger = Ledger(str(self.root), before, [each.path for each in plan.files], self._circumstances(workshop))
        written = self._write(plan, before, workshop, ledger)
        self._evidence(workshop.journal, parts)
        carry_configuration(self.around, self.machine)
        work = Work(workshop, ledger, self.stacks, self.reporter, self.life)
        try:
            done = work.done(plan, parts)
        except BaseException:
            self._keep_failed(before, plan, ledger, parts, work.failed)
            raise
        finally:
            workshop.tidy()
        launched = self._launched(plan, done)
        result = self._result(plan, parts, done, launched, workshop, written)
        self.life.after_execute(plan, result.to_json())
        record = ProjectRecord(
            plan=plan_to_json(plan),
            digest=digest,
            steps=ledger.records(parts),
            rewritten=ledger.rewritten,
            start=launched.start,
            folder=launched.primary.part.folder,
            paths=launched.paths,
            answers=self.machine.answers,
            seen=seen_files(self.root, plan),
            setting=setting,
            result=result.to_json(),
            learned=before.learned,
        )
        write_record(self.root, record)
        prune(self.root)
        return replace(result, problems=(*result.problems, *self.life.problems))

    def _write(self, plan: Plan, before: ProjectRecord, workshop: Workshop, ledger: Ledger) -> Written:
        kept = replace(plan, files=ledger.left_alone(plan)) if before.rewritten else plan
        if commands := commands_of(self.root, plan):
            with workshop.phase("decision", commands):
                pass  # a plan whose commands are refused writes nothing
        unprivileged(plan, where=self.order.where)
        with workshop.phase("plan", effects_of(self.root, plan)):
            if not before.plan:
                write_record(self.root, replace(before, plan=plan_to_json(plan)))  # from here on it is ours
            return write_project(self.root, kept, now=self.around.now())

    def _launched(self, plan: Plan, done: Sequence[PartDone]) -> Launched:
        """How the project is started from now on, with the launchers that do it."""
        primary = next((each for each in done if each.part.primary), done[0])
        for each in done:
            self._mended((), each.start.advice if each.start else ())
        others = [each.part.folder for each in done if each is not primary]
        paths = program_paths(self.root, [primary.part.folder, *others])
        start = chosen_start(plan, primary.start)
        launcher = ""
        if start is not None:
            folder = started_in(plan, primary.part.folder, start)
            launcher = write_launchers(self.root, launch_of(plan, start, folder=folder, paths=paths), plan)
        return Launched(primary=primary, start=start, launcher=launcher, paths=paths)

    def _result(
        self,
        plan: Plan,
        parts: Sequence[Part],
        done: Sequence[PartDone],
        launched: Launched,
        workshop: Workshop,
        written: Written,
    ) -> Result:
        start = launched.start
        return Result(
            project_dir=str(self.root),
            name=plan.name,
            stack=launched.primary.part.stack,
            run_cmd=command_text(start) if start else "",
            parts=tuple(parts),
            steps=tuple(report for each in done for report in each.reports),
            artifact=self._artifact(launched.primary),
            launcher=str(self.root / launched.launcher) if launched.launcher else "",
            server=bool(start and start.server),
            port=start.port if start else 0,
            because=start.because if start else (),
            repairs=tuple(self.repairs),
            advice=tuple(self.advice),
            problems=(*self.problems, *warnings_of(self.advice)),
            isolation=workshop.isolation,
            run=workshop.journal.run,
            journal=str(workshop.journal.path),
            written=written.changed,
            deleted=written.deleted,
            backup=written.backup,
            seconds=time.monotonic() - self.begun,
        )

    def _keep_failed(
        self, before: ProjectRecord, plan: Plan, ledger: Ledger, parts: Sequence[Part], failed: Sequence[Part]
    ) -> None:
        """What succeeded before the failure need not be done again; the plan does not count as executed."""
        self.life.after_execute(
            plan, {"ok": False, "project_dir": str(self.root), "stack": parts[0].stack, "run_cmd": ""}
        )
        steps = ledger.records(parts, failed)
        kept = replace(before, plan=plan_to_json(plan), digest="", steps=steps, rewritten=ledger.rewritten, start=None)
        write_record(self.root, kept)

    def _artifact(self, done: PartDone) -> str:
        if done.start is None or not done.start.artifact:
            return ""
        return os.path.normpath(os.path.join(self.root, done.part.folder, done.start.artifact))

    def _evidence(self, journal: Journal, parts: Sequence[Part]) -> None:
        for each in parts:
            rejected = [{"stack": other.stack, "because": other.because} for other in each.rejected]
            journal.line("evidence", part=each.folder, stack=each.stack, because=each.because, rejected=rejected)
        for repair in self.repairs:
            journal.line("repair", rule=repair.rule, what=repair.what, file=repair.file)

    def _circumstances(self, workshop: Workshop) -> Circumstances:
        return Circumstances(
            platform=f"{self.machine.system} {platform.machine()}",
            isolation=workshop.isolation.backend,
            variables=steering_digest(self.around),
        )

"""The one verb: a plan becomes a project on disk, installed, built and ready to start.

    hooks -> confine -> parts -> repairs -> tools there? -> guards -> write -> work on each part -> start -> record

Before the files are written nothing in the project is touched, so everything that can be refused is refused by then. An
execution that finds the plan, the files, the machine's answers and every output as it left them calls nothing at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import posixpath
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.effects import Delete, Effect, Guard, Write
from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import make_directory
from skillctl.edges.disk.locks import locked
from skillctl.edges.process.signals import ending
from skillctl_plugins import PluginManager
from skillctl_runtime import environment
from skillctl_runtime.confine import confined
from skillctl_runtime.files import DirectoryFiles, PlanFiles
from skillctl_runtime.isolation import Isolation
from skillctl_runtime.journal import Journal, prune, run_id
from skillctl_runtime.launcher import launch_of, write_launchers
from skillctl_runtime.lifecycle import Lifecycle
from skillctl_runtime.plan import STACK_NAMES, Advice, Plan, Repair, StackName
from skillctl_runtime.plan_text import plan_digest, plan_to_json
from skillctl_runtime.programs import PLACE, port_of, port_of_line, with_port
from skillctl_runtime.record import ProjectRecord, read_record, write_record
from skillctl_runtime.reporter import Reporter, Silence
from skillctl_runtime.result import Result, StepReport
from skillctl_runtime.run_lines import taken_apart
from skillctl_runtime.stack import Files, Need, Part, Site, Stack, Start
from skillctl_runtime.steps import Circumstances, Ledger, look, stamp
from skillctl_runtime.surroundings import Surroundings, carry_configuration, find_isolation
from skillctl_runtime.work import PROGRAMS, PartDone, Work
from skillctl_runtime.workshop import Workshop
from skillctl_runtime.writing import STATE, Written, check_ours, write_project

Detect = Callable[[Plan, Files, Mapping[StackName, Stack]], tuple[Part, ...]]
"""The parts of a project, the primary one first."""

_ENGINE = "1"
_ROUNDS = 3
_LOCK_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be executed, and where."""

    plan: Plan
    root: Path
    """The project's directory, absolute."""
    repairs: tuple[Repair, ...] = ()
    """What was mended before."""
    problems: tuple[Problem, ...] = ()
    force: bool = False
    dry_run: bool = False
    where: str = "plan"
    """What messages call the plan."""


def execute(
    order: Order,
    around: Surroundings,
    *,
    guards: Sequence[Guard] | None = None,
    plugins: PluginManager | None = None,
    reporter: Reporter | None = None,
    stacks: Mapping[StackName, Stack] | None = None,
    detect: Detect | None = None,
) -> Result:
    """Make the project. ExecutionError with everything that stands in the way."""
    if detect is None:
        from skillctl_runtime.detect import detect_parts

        detect = detect_parts
    if stacks is None:
        from skillctl_runtime.stacks import STACKS

        stacks = STACKS
    asked = around.guards if guards is None else guards
    with ending():
        return _Execution(order, around, asked, Lifecycle(plugins), reporter or Silence(), stacks, detect).done()


class _Execution:
    """One execution, from the plan to the result."""

    def __init__(
        self,
        order: Order,
        around: Surroundings,
        guards: Sequence[Guard],
        life: Lifecycle,
        reporter: Reporter,
        stacks: Mapping[StackName, Stack],
        detect: Detect,
    ) -> None:
        self.begun = time.monotonic()
        self.order = order
        self.root = order.root
        self.around = around
        self.guards = guards
        self.life = life
        self.reporter = reporter
        self.stacks = stacks
        self.detect = detect
        self.machine = around.machine()
        self.repairs = list(order.repairs)
        self.advice: list[Advice] = []
        self.problems = list(order.problems)

    def done(self) -> Result:
        plan = self.life.changed_plan(self.order.plan, where=self.order.where)
        isolation = find_isolation(self.around, self.machine)
        confined(plan, where=self.order.where, isolated=isolation.backend != "none")
        check_ours(self.root, force=self.order.force)
        if self.order.dry_run:
            return self._rehearsed(plan, isolation)
        make_directory(self.root / STATE)
        timeout = self.around.runtime.install_timeout or _LOCK_SECONDS
        with locked(self.root / STATE / "lock", timeout=timeout, purpose=f"execute {plan.name or 'a plan'}"):
            return self._executed(plan, isolation)

    def _executed(self, plan: Plan, isolation: Isolation) -> Result:
        before = read_record(self.root) or ProjectRecord()
        digest = plan_digest(plan)
        setting = self._setting(isolation)
        journal = Journal(self.root, run_id(self.root, self.around.now()), self.around.now, self._secrets(plan))
        workshop = Workshop(
            self.root,
            plan,
            self.around,
            machine=self.machine,
            isolation=isolation,
            guards=self.guards,
            journal=journal,
        )
        if before.digest == digest and before.setting == setting and self._is_as_left(before):
            with workshop.phase("plan", self._effects(plan)):
                return self._unchanged(plan, before, isolation)
        return self._worked(plan, before, workshop, digest, setting)

    # before anything is touched

    def _understood(self, plan: Plan) -> tuple[Plan, tuple[Part, ...]]:
        """The plan with its run line taken apart and mended by its stacks, and its parts."""
        apart = taken_apart(plan)
        self._mended(apart.repairs, apart.advice)
        plan = apart.plan
        parts = self._parts(plan)
        for part in parts:
            for _ in range(_ROUNDS):
                found = self.stacks[part.stack].repaired(self._site(plan, part, several=len(parts) > 1))
                self._mended(found.repairs, found.advice)
                if found.plan == plan:
                    break
                plan = found.plan
        return plan, parts

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

    def _site(self, plan: Plan, part: Part, *, several: bool) -> Site:
        files: Files = PlanFiles(plan).under(part.folder)
        return Site(plan=plan, part=part, files=files, machine=self.machine, several=several)

    def _check_needs(self, plan: Plan, parts: Sequence[Part]) -> None:
        missing: list[Need] = []
        for part in parts:
            for need in self.stacks[part.stack].needs(self._site(plan, part, several=len(parts) > 1)):
                if not any(self.machine.tool(name) for name in need.any_of) and need not in missing:
                    missing.append(need)
        if missing:
            told = [problem("E522", tools=each.any_of, why=each.why, how=each.how) for each in missing]
            raise ExecutionError(*told)

    def _rehearsed(self, plan: Plan, isolation: Isolation) -> Result:
        plan, parts = self._understood(plan)
        confined(plan, where=self.order.where, isolated=isolation.backend != "none")
        self._check_needs(plan, parts)
        primary = next((each for each in parts if each.primary), parts[0])
        return Result(
            project_dir=str(self.root),
            name=plan.name,
            stack=primary.stack,
            run_cmd=plan.run[-1] if plan.run else "",
            parts=parts,
            repairs=tuple(self.repairs),
            advice=tuple(self.advice),
            problems=tuple(self.problems),
            isolation=isolation,
            written=tuple(each.path for each in plan.files),
            deleted=plan.delete,
            dry_run=True,
            seconds=time.monotonic() - self.begun,
        )

    # the work

    def _worked(self, plan: Plan, before: ProjectRecord, workshop: Workshop, digest: str, setting: str) -> Result:
        plan, parts = self._understood(self._with_learned(plan, before))
        confined(plan, where=self.order.where, isolated=workshop.isolation.backend != "none")
        self._check_needs(plan, parts)
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
        return self._finished(plan, parts, done, ledger, workshop, written, digest, setting, before)

    def _write(self, plan: Plan, before: ProjectRecord, workshop: Workshop, ledger: Ledger) -> Written:
        kept = replace(plan, files=ledger.left_alone(plan)) if before.rewritten else plan
        with workshop.phase("plan", self._effects(plan)):
            if not before.plan:
                write_record(self.root, replace(before, plan=plan_to_json(plan)))  # from here on it is ours
            return write_project(self.root, kept, now=self.around.now())

    def _effects(self, plan: Plan) -> list[Effect]:
        found: list[Effect] = [
            Write(
                path=os.path.join(self.root, each.path),
                sha256=hashlib.sha256(each.data).hexdigest(),
                size=len(each.data),
            )
            for each in plan.files
        ]
        found += [Delete(path=os.path.join(self.root, each)) for each in plan.delete]
        return found

    def _finished(
        self,
        plan: Plan,
        parts: Sequence[Part],
        done: Sequence[PartDone],
        ledger: Ledger,
        workshop: Workshop,
        written: Written,
        digest: str,
        setting: str,
        before: ProjectRecord,
    ) -> Result:
        primary = next((each for each in done if each.part.primary), done[0])
        for each in done:
            self._mended((), each.start.advice if each.start else ())
        paths = program_paths(self.root, [primary, *(each for each in done if each is not primary)])
        start = chosen_start(plan, primary)
        launcher = ""
        if start is not None:
            folder = started_in(plan, primary.part.folder, start)
            launcher = write_launchers(self.root, launch_of(plan, start, folder=folder, paths=paths), plan)
        result = Result(
            project_dir=str(self.root),
            name=plan.name,
            stack=primary.part.stack,
            run_cmd=command_text(start) if start else "",
            parts=tuple(parts),
            steps=tuple(report for each in done for report in each.reports),
            artifact=self._artifact(primary),
            launcher=str(self.root / launcher) if launcher else "",
            server=bool(start and start.server),
            port=start.port if start else 0,
            because=start.because if start else (),
            repairs=tuple(self.repairs),
            advice=tuple(self.advice),
            problems=tuple(self.problems),
            isolation=workshop.isolation,
            run=workshop.journal.run,
            journal=str(workshop.journal.path),
            written=written.changed,
            deleted=written.deleted,
            backup=written.backup,
            seconds=time.monotonic() - self.begun,
        )
        self.life.after_execute(plan, result.to_json())
        record = ProjectRecord(
            plan=plan_to_json(plan),
            digest=digest,
            steps=ledger.records(parts),
            rewritten=ledger.rewritten,
            start=start,
            folder=primary.part.folder,
            paths=paths,
            answers=self.machine.answers,
            seen=seen_files(self.root, plan),
            setting=setting,
            result=result.to_json(),
            learned=before.learned,
        )
        write_record(self.root, record)
        prune(self.root)
        return replace(result, problems=(*result.problems, *self.life.problems))

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

    # nothing to do

    def _is_as_left(self, before: ProjectRecord) -> bool:
        """Are the files, the answers of the machine and the outputs what they were?"""
        if not before.result or any(stamp(os.path.join(self.root, path)) != kept for path, kept in before.seen.items()):
            return False
        planned = [each.path for each in self.order.plan.files]
        if set(DirectoryFiles(str(self.root), planned, left_out=()).paths()) != set(before.seen):
            return False
        if any(self.machine.answer(question) != answer for question, answer in before.answers.items()):
            return False
        return all(_outputs_stand(self.root, name, each.outputs) for name, each in before.steps.items())

    def _unchanged(self, plan: Plan, before: ProjectRecord, isolation: Isolation) -> Result:
        told = result_of(before.result, isolation)
        repairs = tuple(dict.fromkeys([*self.repairs, *told.repairs]))
        result = replace(
            told,
            project_dir=str(self.root),
            repairs=repairs,
            problems=tuple(self.problems),
            written=(),
            deleted=(),
            backup="",
            unchanged=True,
            steps=tuple(replace(each, hit=True, seconds=0.0) for each in told.steps),
            seconds=time.monotonic() - self.begun,
        )
        self.life.after_execute(plan, result.to_json())
        return replace(result, problems=(*result.problems, *self.life.problems))

    def _setting(self, isolation: Isolation) -> str:
        facts = [_ENGINE, isolation.backend, _variables(self.around), str(self.root), platform.machine()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _circumstances(self, workshop: Workshop) -> Circumstances:
        return Circumstances(
            platform=f"{self.machine.system} {platform.machine()}",
            isolation=workshop.isolation.backend,
            variables=_variables(self.around),
        )

    def _secrets(self, plan: Plan) -> list[str]:
        return [value for name in plan.secrets if (value := self.around.environ.get(name, ""))]


def chosen_start(plan: Plan, primary: PartDone) -> Start | None:
    """How the project is started: by the plan's own line, which wins, else as its stack found.

    A line that would build once more what was just built is the stack's start in other words.
    """
    found = primary.start
    if not plan.run or (found is not None and found.instead_of == plan.run[-1]):
        if found is None:
            return None
        argv = (*found.argv, *plan.args)
        port = (plan.ports[0] if plan.ports else 0) or found.port or port_of(argv)
        return replace(found, argv=argv, port=port, ready=plan.ready or found.ready, server=_serves(plan, found.server))
    line = plan.run[-1]
    if plan.args:
        line = f"{line} {shlex.join(plan.args)}"
    port = port_of_line(line) or (plan.ports[0] if plan.ports else 0) or (found.port if found else 0)
    base = found or Start()
    return replace(
        base,
        argv=(),
        line=line,
        cwd="",
        port=port,
        port_words=(),
        ready=plan.ready or base.ready,
        server=_serves(plan, base.server),
        because=("the plan's own run command",),
    )


def started_in(plan: Plan, folder: str, start: Start) -> str:
    """The directory of the start, relative to the project; "" is the project itself."""
    inner = plan.cwd if start.line else posixpath.join(folder, start.cwd)
    path = posixpath.normpath(inner or ".")
    return "" if path == "." else path


def command_text(start: Start) -> str:
    """The start as one would type it."""
    if start.line:
        return start.line
    words = (
        with_port(start.argv, start.port) if start.port and any(PLACE in each for each in start.argv) else start.argv
    )
    return shlex.join(words)


def program_paths(root: Path, done: Sequence[PartDone]) -> tuple[str, ...]:
    """Directories of programs that parts have, relative to the project."""
    found = (posixpath.join(each.part.folder, name) for each in done for name in PROGRAMS)
    return tuple(path for path in found if os.path.isdir(root / path))


def seen_files(root: Path, plan: Plan) -> dict[str, str]:
    """The project's files with their stamps."""
    paths = DirectoryFiles(str(root), [each.path for each in plan.files], left_out=()).paths()
    return {path: stamp(os.path.join(root, path)) for path in paths}


def result_of(value: JsonObject, isolation: Isolation) -> Result:
    """A result out of a project's record."""
    told: Mapping[str, object] = value

    def texts(found: object) -> tuple[str, ...]:
        return tuple(map(str, found)) if isinstance(found, (list, tuple)) else ()

    def items(key: str) -> list[Mapping[str, object]]:
        found = told.get(key)
        return [each for each in found if isinstance(each, Mapping)] if isinstance(found, (list, tuple)) else []

    def stack_of(each: Mapping[str, object]) -> StackName:
        return next(name for name in STACK_NAMES if name == each["stack"])

    return Result(
        project_dir=str(told.get("project_dir", "")),
        name=str(told.get("name", "")),
        stack=str(told.get("stack", "")),
        run_cmd=str(told.get("run_cmd", "")),
        parts=tuple(
            Part(
                folder=str(each["folder"]),
                stack=stack_of(each),
                primary=bool(each["primary"]),
                because=texts(each["because"]),
            )
            for each in items("parts")
        ),
        steps=tuple(
            StepReport(
                folder=str(each["part"]),
                id=str(each["id"]),
                kind=str(each["kind"]),
                argv=texts(each["argv"]),
                status=int(str(each["status"])),
                hit=bool(each["hit"]),
                seconds=float(str(each["seconds"])),
            )
            for each in items("steps")
        ),
        artifact=str(told.get("artifact", "")),
        launcher=str(told.get("launcher", "")),
        server=bool(told.get("server")),
        port=int(str(told.get("port", 0))),
        because=texts(told.get("because")),
        repairs=tuple(Repair(rule=str(e["rule"]), what=str(e["what"]), file=str(e["file"])) for e in items("repairs")),
        advice=tuple(Advice(rule=str(e["rule"]), what=str(e["what"]), file=str(e["file"])) for e in items("advice")),
        isolation=isolation,
        run=str(told.get("run", "")),
        journal=str(told.get("journal", "")),
    )


def _serves(plan: Plan, found: bool) -> bool:
    return found or plan.ready is not None or bool(plan.ports) or any(each.kind == "http" for each in plan.checks)


def _outputs_stand(root: Path, name: str, outputs: Mapping[str, str]) -> bool:
    """Outputs are kept by path; how deep they were looked at stands behind it."""
    from skillctl_runtime.stack import Output

    base = os.path.join(root, name.partition(":")[0])
    for key, seen in outputs.items():
        path, _, depth = key.rpartition("@")
        if look(base, Output(path=path, depth=int(depth))) != seen:
            return False
    return True


def _variables(around: Surroundings) -> str:
    """Digest of the caller's variables that steer tools: other ones mean other keys."""
    return hashlib.sha256(json.dumps(environment.steering(around.environ)).encode()).hexdigest()

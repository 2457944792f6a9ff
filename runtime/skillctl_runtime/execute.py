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
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.effects import Guard
from skillctl.core.value import replace
from skillctl.edges.process.signals import ending
from skillctl_runtime.confine import confined
from skillctl_runtime.environment import secret_values
from skillctl_runtime.files import DirectoryFiles
from skillctl_runtime.isolation import Isolation
from skillctl_runtime.journal import Journal, run_id
from skillctl_runtime.lifecycle import Lifecycle
from skillctl_runtime.order import Order, steering_digest
from skillctl_runtime.plan import Plan, StackName
from skillctl_runtime.plan_text import plan_digest
from skillctl_runtime.record import ProjectRecord, read_record
from skillctl_runtime.reporter import Reporter, Silence
from skillctl_runtime.result import Result, result_of, warnings_of
from skillctl_runtime.stack import Output, Stack
from skillctl_runtime.state import held, leave_no_empty_project
from skillctl_runtime.steps import look, stamp
from skillctl_runtime.surroundings import Surroundings, find_isolation
from skillctl_runtime.workshop import Workshop
from skillctl_runtime.writing import check_ours

if TYPE_CHECKING:
    from skillctl_plugins import PluginManager
    from skillctl_runtime.building import Building, Detect

__all__ = ["Order", "execute"]

_ENGINE = "1"
_LOCK_SECONDS = 600.0


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
        stacks: Mapping[StackName, Stack] | None,
        detect: Detect | None,
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

    def done(self) -> Result:
        plan = self.life.changed_plan(self.order.plan, where=self.order.where)
        isolation = find_isolation(self.around, self.machine)
        confined(plan, where=self.order.where, isolated=isolation.backend != "none")
        check_ours(self.root, force=self.order.force)
        if self.order.dry_run:
            return self._building().rehearsed(plan, isolation)
        timeout = self.around.runtime.install_timeout or _LOCK_SECONDS
        is_new = not os.path.lexists(self.root)
        try:
            with held(self.root, f"execute {plan.name or 'a plan'}", timeout=timeout):
                return self._executed(plan, isolation)
        finally:
            if is_new:
                leave_no_empty_project(self.root)

    def _executed(self, plan: Plan, isolation: Isolation) -> Result:
        before = read_record(self.root) or ProjectRecord()
        digest = plan_digest(plan)
        setting = self._setting(isolation)
        secrets = secret_values(self.around.environ, plan)
        journal = Journal(self.root, run_id(self.root, self.around.now()), self.around.now, secrets)
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
            return self._unchanged(plan, before, isolation)  # nothing is done, so nobody has to be asked
        return self._building().made(plan, before, workshop, digest, setting)

    def _building(self) -> Building:
        """What does the work; it is not even loaded where there is none."""
        from skillctl_runtime.building import Building

        return Building(
            self.order,
            self.around,
            self.life,
            self.reporter,
            self.machine,
            self.stacks,
            self.detect,
            self.begun,
        )

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
        repairs = tuple(dict.fromkeys([*self.order.repairs, *told.repairs]))
        result = replace(
            told,
            project_dir=str(self.root),
            repairs=repairs,
            problems=(*self.order.problems, *warnings_of(told.advice)),
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
        facts = [_ENGINE, isolation.backend, steering_digest(self.around), str(self.root), platform.machine()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _outputs_stand(root: Path, name: str, outputs: Mapping[str, str]) -> bool:
    """Outputs are kept by path; how deep they were looked at stands behind it."""
    base = os.path.join(root, name.partition(":")[0])
    for key, seen in outputs.items():
        path, _, depth = key.rpartition("@")
        if look(base, Output(path=path, depth=int(depth))) != seen:
            return False
    return True

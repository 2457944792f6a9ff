"""The points in an execution and a run where plugins are heard, and what their answers do here.

The events stand in `skillctl_plugins.events`. Without a manager nothing is made ready for anybody, so plugins that are
not there cost nothing.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import PluginError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl_runtime.plan import STACK_NAMES, Plan, StackName
from skillctl_runtime.plan_door import parse_plan
from skillctl_runtime.plan_text import plan_to_json

if TYPE_CHECKING:
    from skillctl_plugins import PluginManager


class Lifecycle:
    """Plugins, as an execution meets them."""

    def __init__(self, manager: PluginManager | None) -> None:
        self._manager = manager
        self._lock = threading.Lock()
        self.problems: list[Problem] = []
        """What plugins failed at without blocking anything."""

    def changed_plan(self, plan: Plan, *, where: str) -> Plan:
        """`pre_execute`: the plan as the plugins want it; each change goes through the plan's own door."""
        manager = self._heard("pre_execute")
        if manager is None:
            return plan
        before = whole_plan(plan)
        changed = plan

        def accept(answer: JsonValue) -> JsonValue:
            nonlocal changed
            changed = parse_plan(answer if isinstance(answer, Mapping) else {}, where=where).plan
            return whole_plan(changed)

        after = manager.chain("pre_execute", "plan", before, accept=accept).value
        return plan if after == before else changed

    def after_execute(self, plan: Plan, result: JsonObject) -> None:
        """`post_execute`."""
        self._fire("post_execute", plan, result=dict(result))

    def stack_of(self, plan: Plan) -> StackName | None:
        """`detect_stack`: the first name of a stack that a plugin answers with; what is none is told (W603)."""
        manager = self._heard("detect_stack")
        if manager is None:
            return None
        fired = manager.fire("detect_stack", files=_files(plan))
        self.problems += fired.problems
        for call in fired.calls:
            known = next((name for name in STACK_NAMES if name == call.answer), None)
            if known is not None:
                return known
            if call.answer is not None:
                self.problems.append(problem("W603", plugin=call.plugin, answer=str(call.answer), known=STACK_NAMES))
        return None

    def before_build(self, plan: Plan, stack: StackName, root: Path) -> list[tuple[str, ...]]:
        """`pre_build`: more steps, as words, to be run before the stack's own build. PluginError E607."""
        found: list[tuple[str, ...]] = []
        for plugin, answer in self._fire("pre_build", plan, stack=stack, project_dir=str(root)):
            steps = [_words(each) for each in answer] if isinstance(answer, (list, tuple)) else [()]
            if () in steps:
                raise _unfit("pre_build", plugin, 'a list of steps, each a list of words: `[["make", "assets"]]`')
            found += steps
        return found

    def after_build(self, stack: StackName, root: Path, result: JsonObject) -> None:
        """`post_build`."""
        self._fire("post_build", None, stack=stack, project_dir=str(root), result=dict(result))

    def before_run(self, root: Path) -> dict[str, str]:
        """`pre_run`: more variables for the program. PluginError E607."""
        found: dict[str, str] = {}
        for plugin, answer in self._fire("pre_run", None, project_dir=str(root)):
            if not isinstance(answer, Mapping):
                raise _unfit("pre_run", plugin, "an object of variables and their values")
            found |= {str(name): str(value) for name, value in answer.items()}
        return found

    def after_run(self, root: Path, status: int) -> None:
        """`post_run`."""
        self._fire("post_run", None, project_dir=str(root), returncode=status, rc=status)

    def _heard(self, event: str) -> PluginManager | None:
        return self._manager if self._manager is not None and self._manager.hooks(event) else None

    def _fire(self, event: str, plan: Plan | None, **arguments: JsonValue) -> Sequence[tuple[str, JsonValue]]:
        """Who answered what."""
        manager = self._heard(event)
        if manager is None:
            return ()
        if plan is not None:
            arguments["plan"] = whole_plan(plan)
        with self._lock:
            fired = manager.fire(event, **arguments)
            self.problems += fired.problems
        return [(call.plugin, call.answer) for call in fired.calls if call.answer is not None]


def _unfit(event: str, plugin: str, wanted: str) -> PluginError:
    return PluginError.of("E607", plugin=plugin, event=event, wanted=wanted)


def whole_plan(plan: Plan) -> JsonObject:
    """The plan as JSON with the contents of its files."""
    return {**plan_to_json(plan), "files": _files(plan)}


def _words(value: JsonValue) -> tuple[str, ...]:
    """The words of a step; none where it is no list of texts, or an empty one."""
    texts = value if isinstance(value, (list, tuple)) else ()
    return tuple(map(str, texts)) if all(isinstance(each, str) for each in texts) else ()


def _files(plan: Plan) -> list[JsonValue]:
    found: list[JsonValue] = []
    for each in plan.files:
        text = None if each.binary else each.text()
        entry: dict[str, JsonValue] = {"filename": each.path}
        if text is None:
            entry["content_base64"] = base64.b64encode(each.data).decode()
        else:
            entry["code"] = text
        if each.executable is not None:
            entry["executable"] = each.executable
        found.append(entry)
    return found

"""The policy as a guard: every effect of a phase is judged before the first of them happens.

Nothing else is loaded for a phase that only installs or removes packs where nobody wrote a policy, since the shipped
rules do not speak of packs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from skillctl.core.effects import Ending, Install, Phase, Publish, Remove, Trust
from skillctl.core.errors import PluginError
from skillctl_plugins.policy.layers import Places, written_policies

if TYPE_CHECKING:
    from pathlib import Path

    from skillctl.core.diagnostics import Problem
    from skillctl.core.effects import Effect
    from skillctl_plugins.policy.decide import Engine
    from skillctl_plugins.policy.layers import Written
    from skillctl_plugins.policy.question import Ask
    from skillctl_plugins.policy.rules import Decision

_NOT_OF_DEFAULTS = (Install, Remove, Publish, Trust)


class PolicyGuard:
    """Asks the policies before, and has nothing to tell after."""

    name = "policy"

    def __init__(
        self,
        places: Places,
        *,
        home: str,
        now: Callable[[], str],
        isolated: bool = False,
        ask: Ask | None = None,
    ) -> None:
        """`isolated`: is it certain that commands of plans are; `ask`: by default a person at the terminal."""
        self._places = places
        self._home = home
        self._now = now
        self._isolated = isolated
        self._ask = ask
        self._engines: dict[str, Engine] = {}
        self._written: dict[str, tuple[Written, ...]] = {}
        self._answered: set[tuple[str, str]] = set()

    def speaks_of_packs(self, project: str) -> bool:
        """Does any rule depend on what a pack is: its licence, its age, its hooks? PluginError E613."""
        return bool(self._policies(project)) and self.engine(project).speaks_of_packs

    def before(self, phase: Phase) -> None:
        """Let the phase begin. PluginError E610 to E612 with every effect that it may not have, E613."""
        if not self._policies(phase.project) and all(isinstance(each, _NOT_OF_DEFAULTS) for each in phase.effects):
            return
        engine = self.engine(phase.project)
        judged = [decision for effect in phase.effects for decision in _all(engine, effect)]
        denied = [refusal("E610", each) for each in judged if each.answer == "deny"]
        if denied:
            raise PluginError(*denied)
        for each in judged:
            if each.answer == "ask":
                self._question(each)

    def after(self, phase: Phase, ending: Ending) -> None:
        """Nothing: the audit log takes notice."""

    def engine(self, project: str) -> Engine:
        """The policy as it counts in a project; read once, so that what a plan writes can't change it."""
        if project not in self._engines:
            from skillctl.edges.disk.look import real_path
            from skillctl_plugins.policy.decide import Circumstances, Engine
            from skillctl_plugins.policy.layers import layers_of

            layers = layers_of(self._policies(project), cache=self._places.cache)
            around = Circumstances(
                project=project or self._home, home=self._home, today=self._now(), isolated=self._isolated
            )
            self._engines[project] = Engine(layers, around, _resolver(real_path))
        return self._engines[project]

    def _policies(self, project: str) -> tuple[Written, ...]:
        if project not in self._written:
            self._written[project] = written_policies(self._places, project)
        return self._written[project]

    def _question(self, decision: Decision) -> None:
        key = (decision.rule, decision.subject)
        if key in self._answered:
            return
        from skillctl_plugins.policy.question import ask_at_terminal

        ask = self._ask or ask_at_terminal
        answer = ask(f"rule `{decision.rule}`: {decision.reason}. Go on with {decision.subject}?")
        if not answer:
            raise PluginError(refusal("E611" if answer is None else "E612", decision))
        self._answered.add(key)


def refusal(code: str, decision: Decision) -> Problem:
    """The problem that says why something may not be."""
    from skillctl.core.diagnostics import Problem

    evidence = {
        "subject": decision.subject,
        "reason": decision.reason,
        "rule": decision.rule,
        "advice": how_to_proceed(decision),
    }
    return Problem(code, evidence)


def how_to_proceed(decision: Decision) -> str:
    """Where the rule can be changed."""
    match decision.layer:
        case "default":
            return "an allow rule in your own policy lifts it; `skillctl policy init` begins one"
        case "user":
            return f"it stands in {decision.file}"
        case "project":
            return f"it stands in {decision.file}, and can only be changed there"
        case "system":
            return f"it stands in {decision.file}, which belongs to whoever looks after this machine"
        case _:
            return "write it so that every program can be seen"


def _all(engine: Engine, effect: Effect) -> list[Decision]:
    return [each for each in engine.judged(effect) if each.answer != "allow"]


def _resolver(real_path: Callable[[Path], Path]) -> Callable[[str], str]:
    from pathlib import Path

    return lambda path: str(real_path(Path(path)))

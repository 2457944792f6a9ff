"""What a plan comes to: its run line taken apart, its parts, and its files as the stacks mend them. Nothing is written.

Executing a plan and foreseeing what that would do both begin here, so that one never says other than the other does.
A stack is asked again while its repairs change something, since one may make room for the next; a part stays what it
is when its repairs are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from skillctl.core.value import dataclass
from skillctl_runtime.files import PlanFiles
from skillctl_runtime.plan import Advice, Plan, Repair, StackName
from skillctl_runtime.run_lines import taken_apart
from skillctl_runtime.stack import Files, Machine, Need, Part, Site, Stack

_ROUNDS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Understanding:
    """A plan, mended, and what it is made of."""

    plan: Plan
    parts: tuple[Part, ...]
    repairs: tuple[Repair, ...]
    advice: tuple[Advice, ...]
    machine: Machine
    stacks: Mapping[StackName, Stack]

    def site(self, part: Part) -> Site:
        """The part as its stack sees it."""
        return _site(self.plan, part, self.parts, self.machine)

    def missing(self, part: Part) -> Iterator[Need]:
        """What its stack needs and this machine lacks."""
        for need in self.stacks[part.stack].needs(self.site(part)):
            if not any(self.machine.tool(name) for name in need.any_of):
                yield need


def understand(
    plan: Plan, parts_of: Callable[[Plan], tuple[Part, ...]], machine: Machine, stacks: Mapping[StackName, Stack]
) -> Understanding:
    """The plan as it would be executed."""
    apart = taken_apart(plan)
    plan = apart.plan
    repairs = dict.fromkeys(apart.repairs)
    advice = dict.fromkeys(apart.advice)
    parts = parts_of(plan)
    for part in parts:
        for _ in range(_ROUNDS):
            mended = stacks[part.stack].repaired(_site(plan, part, parts, machine))
            repairs |= dict.fromkeys(mended.repairs)
            advice |= dict.fromkeys(mended.advice)
            if mended.plan == plan:
                break
            plan = mended.plan
    return Understanding(
        plan=plan, parts=parts, repairs=tuple(repairs), advice=tuple(advice), machine=machine, stacks=stacks
    )


def _site(plan: Plan, part: Part, parts: tuple[Part, ...], machine: Machine) -> Site:
    files: Files = PlanFiles(plan).under(part.folder)
    return Site(plan=plan, part=part, files=files, machine=machine, several=len(parts) > 1)

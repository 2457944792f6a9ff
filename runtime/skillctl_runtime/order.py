"""What is to be executed, and what of it guards and keys are told."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from skillctl.core.diagnostics import Problem
from skillctl.core.effects import Delete, Effect, Run, Write
from skillctl.core.value import dataclass
from skillctl_runtime import environment
from skillctl_runtime.plan import Plan, Repair
from skillctl_runtime.surroundings import Surroundings


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


def effects_of(root: Path, plan: Plan) -> list[Effect]:
    """All that writing the plan does to the disk."""
    found: list[Effect] = [
        Write(path=os.path.join(root, each.path), sha256=hashlib.sha256(each.data).hexdigest(), size=len(each.data))
        for each in plan.files
    ]
    found += [Delete(path=os.path.join(root, each)) for each in plan.delete]
    return found


def commands_of(root: Path, plan: Plan) -> list[Effect]:
    """The commands that the plan itself names; what its stack calls only the execution knows."""
    checks = tuple(each.command for each in plan.checks if each.command)
    cwd = os.path.normpath(os.path.join(root, plan.cwd))
    found: list[Effect] = [
        Run(argv=(line,), cwd=cwd, shell=True, network="registries") for line in (*plan.install, *plan.build)
    ]
    network = plan.network or "all"
    found += [Run(argv=(line,), cwd=cwd, shell=True, network=network) for line in (*plan.run, *checks)]
    return found


def steering_digest(around: Surroundings) -> str:
    """Digest of the caller's variables that steer tools: other ones mean other keys."""
    return hashlib.sha256(json.dumps(environment.steering(around.environ)).encode()).hexdigest()

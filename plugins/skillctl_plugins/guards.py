"""The guards of skillctl itself, put together in one place: whoever does something with effects asks these.

The audit log comes first: what was refused is recorded as well, with the reason. The policy is asked before Patchwork,
which takes longer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.effects import Guard
from skillctl.core.settings import Settings
from skillctl.edges.machine import environment
from skillctl_plugins.patchwork.program import patchwork_of
from skillctl_plugins.policy.guard import PolicyGuard
from skillctl_plugins.policy.layers import FILE, Places, system_file


def standard_guards(settings: Settings, *, clock: Callable[[], str]) -> tuple[Guard, ...]:
    """Who is asked before anything is done, in order; `clock` tells the time for the log, RFC 3339."""
    guards: list[Guard] = []
    if settings.audit == "on":
        from skillctl_plugins.audit.guard import AuditGuard
        from skillctl_plugins.audit.log import audit_log

        guards.append(AuditGuard(log=audit_log(settings.directories), clock=clock))
    guards.append(policy_guard(settings, clock=clock))
    patchwork = patchwork_of(settings)
    if patchwork is not None:
        from skillctl_plugins.patchwork.guard import PatchworkGuard

        guards.append(PatchworkGuard(patchwork, state=Path(settings.directories.state), tell=_talk))
    return tuple(guards)


def policy_guard(settings: Settings, *, clock: Callable[[], str]) -> PolicyGuard:
    """The policies that count for this user."""
    return PolicyGuard(
        policy_places(settings),
        home=settings.directories.home,
        now=clock,
        isolated=settings.runtime.isolation not in ("auto", "none"),
    )


def policy_places(settings: Settings) -> Places:
    """Where policies lie."""
    directories = settings.directories
    return Places(
        system=system_file(sys.platform, environment()),
        user=os.path.join(directories.config, FILE),
        cache=directories.cache,
        home=directories.home,
    )


def guard_notes(settings: Settings) -> tuple[Problem, ...]:
    """What a command that changes something has to say of guards that are off."""
    return (problem("N630"),) if settings.audit == "off" else ()


def _talk(told: Problem) -> None:
    """Say on standard error what a guard has to say while the work goes on."""
    from skillctl.core.wording import worded

    words = worded(told)
    print(f"{words.severity} {words.code}: {words.title}", file=sys.stderr)

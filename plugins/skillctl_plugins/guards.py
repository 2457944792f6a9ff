"""The guards of skillctl itself, put together in one place: whoever does something with effects asks these.

The audit log comes first: what was refused is recorded as well, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.effects import Guard
from skillctl.core.settings import Settings


def standard_guards(settings: Settings, *, clock: Callable[[], str]) -> tuple[Guard, ...]:
    """Who is asked before anything is done, in order; `clock` tells the time for the log, RFC 3339."""
    guards: list[Guard] = []
    if settings.audit == "on":
        from skillctl_plugins.audit.guard import AuditGuard
        from skillctl_plugins.audit.log import audit_log

        guards.append(AuditGuard(log=audit_log(settings.directories), clock=clock))
    return tuple(guards)


def guard_notes(settings: Settings) -> tuple[Problem, ...]:
    """What a command that changes something has to say of guards that are off."""
    return (problem("N630"),) if settings.audit == "off" else ()

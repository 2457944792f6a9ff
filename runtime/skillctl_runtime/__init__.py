"""From a plan to a running program.

    from skillctl_runtime import execute_plan, generate_plan, run_project

The three are loaded when they are first asked for: a command that needs one value of this room pays for no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skillctl_runtime.interface import execute_plan, generate_plan, run_project

__all__ = ["execute_plan", "generate_plan", "run_project"]

_HOMES = {
    "execute_plan": "skillctl_runtime.interface",
    "generate_plan": "skillctl_runtime.interface",
    "run_project": "skillctl_runtime.interface",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)

"""Which manager installs a Python project, and why.

In this order: what the plan says; a lock file; a table of a tool in pyproject.toml; a Pipfile; then pip's own files
(requirements, `[project]` dependencies, setup.py), which uv installs where it is there and pip otherwise.

A lock, a table or a Pipfile needs its own tool, with one exception: `[tool.uv]` without uv.lock says nothing that pip
couldn't do. Requirement files beside them are installed as well: what counts is the union.
"""

from __future__ import annotations

from skillctl.core.value import dataclass
from skillctl_runtime.plan import Plan, PythonManager
from skillctl_runtime.stack import Machine, Need
from skillctl_runtime.stacks.python_manifests import LOCKS, PIPFILE, Manifests, table

HOW = {
    "uv": "`pip install uv`, or see docs.astral.sh/uv",
    "poetry": "`pipx install poetry`",
    "pdm": "`pipx install pdm`",
    "pipenv": "`pipx install pipenv`",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A manager and its reason."""

    manager: PythonManager
    because: str
    project: bool = False
    """It works from its own project file (`uv sync`, `poetry install`); otherwise from requirements."""


def chosen_manager(plan: Plan, manifests: Manifests, machine: Machine, *, primary: bool = True) -> Chosen:
    """The manager of the folder with those manifests."""
    said = plan.dependencies.manager if primary else None
    has_uv = machine.tool("uv") is not None
    for name in ("poetry", "pdm", "pipenv", "uv"):
        reason = _reason(name, manifests)
        if said == name:
            return Chosen(manager=name, because="the plan asks for it", project=bool(reason))
        if said is None and reason and not (name == "uv" and not has_uv and "uv.lock" not in manifests.locks):
            return Chosen(manager=name, because=reason, project=True)
    if said == "pip":
        return Chosen(manager="pip", because="the plan asks for it")
    if has_uv:
        return Chosen(manager="uv", because="uv is here")
    return Chosen(manager="pip", because="uv is not here")


def needs_of(chosen: Chosen, machine: Machine) -> tuple[Need, ...]:
    """The tools that the manager needs."""
    name = chosen.manager
    if name == "pip":
        return ()
    if machine.tool(name) is not None:
        return ()
    return (Need(any_of=(name,), why=chosen.because, how=HOW[name]),)


def _reason(name: str, manifests: Manifests) -> str:
    """What in the manifests asks for that manager; empty: nothing."""
    lock = next((file for file, owner in LOCKS.items() if owner == name and file in manifests.locks), "")
    others = [owner for file, owner in LOCKS.items() if file in manifests.locks and owner != name]
    if lock:
        return f"{lock} asks for it"
    if others:
        return ""
    if name == "pipenv":
        return f"{PIPFILE} asks for it" if manifests.pipfile else ""
    if not _is_described(name, manifests):
        return ""
    return f"[tool.{name}] in pyproject.toml asks for it"


def _is_described(name: str, manifests: Manifests) -> bool:
    """Does the tool's table belong to a project that it can install?"""
    if not manifests.has_tool(name):
        return False
    if name == "poetry":
        poetry = manifests.tool("poetry")
        return bool(poetry.get("dependencies")) or bool(manifests.project) or bool(table(poetry, "group"))
    return bool(manifests.project)

"""What the stacks of Python and Node are tested in: the machine of the compiled ones, with managers and interpreters.

`cases` reads cases that are data: a project, and what must come of it without any tool.

    {"about": "a sentence", "files": {"main.py": "…"}, "tools": ["poetry"], "pythons": ["3.11.7"], "run": "",
     "packages": [], "manager": "", "rules": [], "advised": [], "argv": [], "env": {}, "port": 0, "server": false,
     "steps": [["install", "uv sync"]], "texts": {"requirements.txt": "…"}, "files_after": ["…"]}

`steps` are ids with what their command line must hold, all of them in order; `texts` are what a file must hold, and
`absent` what it must not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.value import replace
from skillctl_runtime.plan import Dependencies
from skillctl_runtime.stack import Stack, Start, Tool
from skillctl_runtime.stacks.node import STACK as NODE
from skillctl_runtime.stacks.python import STACK as PYTHON
from tests.runtime.stacks.compiled_world import MemoryMachine, Project

HERE = Path(__file__).parent
_KEYS = {
    *("about", "files", "tools", "pythons", "run", "packages", "manager", "rules", "advised", "argv", "env", "port"),
    *("server", "steps", "texts", "absent", "files_after", "made"),
}
_TOOLS = {
    "uv": "uv 0.13.9",
    "poetry": "Poetry (version 2.5.1)",
    "pdm": "PDM, version 2.25.9",
    "pipenv": "pipenv, version 2026.1",
    "npm": "11.0.0",
    "npx": "11.0.0",
    "node": "v20.20.2",
    "pnpm": "10.34.0",
    "yarn": "1.22.22",
    "bun": "1.4.4",
}


class Machine(MemoryMachine):
    """A machine with these managers and interpreters, in this order."""

    def __init__(self, tools: Sequence[str], pythons: Sequence[str] = ("3.11.7",), **versions: str) -> None:
        known = {name: _TOOLS[name] for name in tools} | versions
        super().__init__({**known, **{f"python{version}": f"Python {version}" for version in pythons}})
        self._pythons = pythons

    def pythons(self) -> tuple[Tool, ...]:
        found = (self.tool(f"python{version}") for version in self._pythons)
        return tuple(each for each in found if each is not None)


class Managed(Project):
    """A project that may ask for a manager."""

    manager: Any = None

    @property
    def plan(self) -> Any:
        found = super().plan
        return replace(found, dependencies=Dependencies(packages=self.packages, manager=self.manager))


def python(files: Mapping[str, str], *, tools: Sequence[str] = ("uv",), **more: Any) -> Managed:
    """A project in Python on a machine with uv, if nothing else is said."""
    return _project(PYTHON, files, Machine(tools, more.pop("pythons", ("3.11.7",)), **more.pop("versions", {})), more)


def node(files: Mapping[str, str], *, tools: Sequence[str] = ("node", "npm", "npx"), **more: Any) -> Managed:
    """A project for Node on a machine with npm, if nothing else is said."""
    return _project(NODE, files, Machine(tools, **more.pop("versions", {})), more)


def _project(stack: Stack, files: Mapping[str, str], machine: Machine, more: dict[str, Any]) -> Managed:
    manager = more.pop("manager", None)
    found = Managed(stack, files, machine=machine, **more)
    found.manager = manager
    return found


def cases(name: str) -> list[Any]:
    """The cases of a file beside the tests, as parameters."""
    found = json.loads((HERE / name).read_text(encoding="utf-8"))
    unknown = {key for case in found for key in case} - _KEYS
    assert not unknown, f"{name}: unknown keys {sorted(unknown)}"
    return [pytest.param(case, id=case["about"]) for case in found]


def check(case: Mapping[str, Any], project: Managed) -> None:
    """Hold what comes of the project against what the case says."""
    repaired = project.repaired()
    if "rules" in case:
        assert list(dict.fromkeys(each.rule for each in repaired.repairs)) == case["rules"], repaired.repairs
    if "advised" in case:
        assert [each.rule for each in repaired.advice] == case["advised"], repaired.advice
    for path, wanted in case.get("texts", {}).items():
        for each in wanted if isinstance(wanted, list) else [wanted]:
            assert each in project.text(path)
    for path, unwanted in case.get("absent", {}).items():
        assert unwanted not in project.text(path)
    if "files_after" in case:
        assert sorted(each.path for each in repaired.plan.files) == sorted(case["files_after"])
    if case.keys() & {"argv", "env", "port", "server", "steps"}:
        _check_work(case, project)


def _check_work(case: Mapping[str, Any], project: Managed) -> None:
    steps, start = project.worked()
    if "steps" in case:
        told = [(each.id, " ".join(each.argv)) for each in steps]
        assert [name for name, _ in told] == [name for name, _ in case["steps"]], told
        for (_, line), (_, wanted) in zip(told, case["steps"], strict=True):
            assert wanted in line
    if case.get("argv", "") is None:
        assert start is None
        return
    assert start is not None
    _check_start(case, start)


def _check_start(case: Mapping[str, Any], start: Start) -> None:
    if "argv" in case:
        assert list(start.argv) == case["argv"]
    for name, value in case.get("env", {}).items():
        assert start.env.get(name) == value
    if "port" in case:
        assert start.port == case["port"]
        filled = [word.replace("{port}", str(start.port)) for word in start.port_words]
        assert [word for word in start.argv if word in filled] == filled
    if "server" in case:
        assert start.server is case["server"]

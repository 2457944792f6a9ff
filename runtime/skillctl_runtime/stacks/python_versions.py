"""Which Python a project asks for, and which of those that are here it gets.

Asked by, in this order: the plan, `.python-version`, `.tool-versions`, runtime.txt, `requires-python`, Poetry's
`python`, the Pipfile. The first interpreter of the machine that satisfies all of them is taken (another patch release
will do), else the first that satisfies the first of them. Where none does, nothing is downloaded: the newest is taken,
and that is said.
"""

from __future__ import annotations

import re

from skillctl.core.value import dataclass
from skillctl_runtime.plan import Plan
from skillctl_runtime.stack import Files, Machine, Tool
from skillctl_runtime.stacks.python_manifests import PIPFILE, PYPROJECT, Manifests, table, text

OLDEST = (3, 8)
"""Older ones are no longer installed into by today's tools; they are taken only where they are asked for."""

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_NAMED = re.compile(r"python(\d)\.?(\d+)$")

Version = tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A version that somebody asks for."""

    by: str
    """The file, or `the plan`."""
    specifier: str
    """As packaging reads it: `>=3.12`, `==3.11.*`."""
    said: str
    """As it stands there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A Python and its version."""

    tool: Tool
    version: Version

    @property
    def shown(self) -> str:
        return ".".join(map(str, self.version))


@dataclass(frozen=True, kw_only=True, slots=True)
class Selected:
    """The interpreter of a project."""

    interpreter: Interpreter | None
    """None: there is no Python here at all."""
    asked: tuple[Asked, ...] = ()
    unmet: tuple[Asked, ...] = ()
    """What was asked for and is not so."""


def asked_versions(plan: Plan, files: Files, manifests: Manifests, *, primary: bool = True) -> tuple[Asked, ...]:
    """Everything that asks for a version of Python."""
    found = [
        ("the plan", plan.dependencies.runtime_version if primary else ""),
        (".python-version", _first_line(files.text(".python-version"))),
        (".tool-versions", _tool_versions(files.text(".tool-versions"))),
        ("runtime.txt", _first_line(files.text("runtime.txt")).removeprefix("python-")),
        (PYPROJECT, text(manifests.project.get("requires-python"))),
        (PYPROJECT, text(table(manifests.tool("poetry"), "dependencies").get("python"))),
        (PIPFILE, text(table(manifests.pipfile, "requires").get("python_full_version"))),
        (PIPFILE, text(table(manifests.pipfile, "requires").get("python_version"))),
    ]
    every = (Asked(by=by, said=said, specifier=as_specifier(said)) for by, said in found if said)
    return tuple(dict.fromkeys(each for each in every if each.specifier))


def as_specifier(said: str) -> str:
    """A version or a requirement in the words of PEP 440; empty where it says nothing that can be read."""
    said = said.strip().removeprefix("python").lstrip("-@ ")
    parts = [_one_specifier(part.strip()) for part in said.split(",") if part.strip()]
    return ",".join(part for part in parts if part)


def select(asked: tuple[Asked, ...], machine: Machine) -> Selected:
    """The interpreter that fits best."""
    here = interpreters(machine)
    if not here:
        return Selected(interpreter=None, asked=asked, unmet=asked)
    usual = [each for each in here if each.version >= OLDEST] or list(here)
    if not asked:
        return Selected(interpreter=usual[0])
    for wanted in (asked, _any_patch(asked), asked[:1], _any_patch(asked[:1])):
        fitting = [each for each in (*usual, *here) if all(_meets(each, one) for one in wanted)]
        if fitting:
            break
    else:
        fitting = [max(usual, key=lambda each: each.version)]
    taken = fitting[0]
    return Selected(interpreter=taken, asked=asked, unmet=tuple(one for one in asked if not _meets(taken, one)))


def interpreters(machine: Machine) -> tuple[Interpreter, ...]:
    """Every Python here that tells its version, in the machine's order."""
    found = ((tool, machine.version(tool)) for tool in machine.pythons())
    return tuple(
        Interpreter(tool=tool, version=tuple(int(part) for part in version.groups(default="0")))
        for tool, said in found
        if (version := _VERSION.search(said))
    )


def _any_patch(asked: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """The same where any patch release of a minor version will do."""
    loose = (re.sub(r"==(\d+\.\d+)\.\d+", r"==\1.*", one.specifier) for one in asked)
    return tuple(Asked(by=one.by, said=one.said, specifier=each) for one, each in zip(asked, loose, strict=True))


def _meets(interpreter: Interpreter, asked: Asked) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(asked.specifier).contains(interpreter.shown, prereleases=True)
    except InvalidSpecifier:
        return True


def _one_specifier(part: str) -> str:
    found = _VERSION.search(part)
    if found is None:
        major = re.search(r"(\D*)(\d+)", part)
        return f">={major[2]}" if major and part.startswith((">=", "^", "~")) else ""
    numbers = found[0]
    if part.startswith("^"):
        return f">={numbers},<{int(found[1]) + 1}"
    if part.startswith("~") and not part.startswith("~="):
        return f">={numbers},=={found[1]}.{found[2]}.*"
    if part[0] in "<>=!~":
        return re.sub(r"\s+", "", part)
    return f"=={numbers}.*" if found[3] is None else f"=={numbers}"


def _first_line(content: str | None) -> str:
    """The first line that is no comment: `.python-version` may hold several versions."""
    lines = (re.sub(r"#.*", "", line).strip() for line in (content or "").splitlines())
    return next((line for line in lines if _VERSION.search(line) or line.isdigit()), "")


def _tool_versions(content: str | None) -> str:
    found = re.search(r"^python\s+(\S+)", content or "", re.MULTILINE)
    return found[1] if found else ""

"""Which Node a project asks for, and whether the one that is here will do.

Asked by: the plan, `.nvmrc`, `.node-version`, `.tool-versions`, `engines.node`. The Node on PATH is used, since version
managers put the one that was chosen there; where it is another than is asked for, that is said and nothing is fetched.
"""

from __future__ import annotations

import re

from skillctl.core.value import dataclass
from skillctl_runtime.plan import Plan
from skillctl_runtime.stack import Files
from skillctl_runtime.stacks.node_manifest import Package

_CODENAMES = {"argon": 4, "boron": 6, "carbon": 8, "dubnium": 10, "erbium": 12, "fermium": 14, "gallium": 16}
_CODENAMES |= {"hydrogen": 18, "iron": 20, "jod": 22, "krypton": 24}

Version = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A version of Node that somebody asks for."""

    by: str
    said: str


def asked_versions(plan: Plan, files: Files, package: Package, *, primary: bool = True) -> tuple[Asked, ...]:
    """Everything that asks for a version of Node."""
    tools = re.search(r"^node(?:js)?\s+(\S+)", files.text(".tool-versions") or "", re.MULTILINE)
    found = (
        ("the plan", plan.dependencies.runtime_version if primary else ""),
        (".nvmrc", _first_line(files.text(".nvmrc"))),
        (".node-version", _first_line(files.text(".node-version"))),
        (".tool-versions", tools[1] if tools else ""),
        ("package.json", package.section("engines").get("node", "")),
    )
    return tuple(Asked(by=by, said=said) for by, said in found if said)


def read_version(said: str) -> Version | None:
    """`v20.11.0` as numbers."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def meets(version: Version, said: str) -> bool:
    """Is the version one that the range means? What can't be read is met."""
    return any(_meets_all(version, part) for part in said.split("||"))


def _meets_all(version: Version, said: str) -> bool:
    hyphen = re.fullmatch(r"\s*v?([\d.]+)\s+-\s+v?([\d.]+)\s*", said)
    if hyphen:
        return _compared(version, ">=", hyphen[1]) and _compared(version, "<=", hyphen[2])
    codename = re.fullmatch(r"\s*lts/(\w+)\s*", said)
    if codename:
        wanted = _CODENAMES.get(codename[1].lower())
        return wanted is None or version[0] == wanted
    terms = re.findall(r"([\^~<>=]*)\s*v?(\d+(?:\.(?:\d+|[xX*]))*)", said)
    return all(_compared(version, sign, numbers) for sign, numbers in terms)


def _compared(version: Version, sign: str, said: str) -> bool:
    numbers = [int(each) for each in said.split(".") if each.isdigit()]
    start = version[: len(numbers)]
    wanted = tuple(numbers)
    match sign:
        case ">=":
            return start >= wanted
        case ">":
            return start > wanted
        case "<=":
            return start <= wanted
        case "<":
            return start < wanted
        case "^":
            return version[0] == wanted[0] and start >= wanted
        case "~":
            return version[: min(2, len(wanted))] == wanted[:2] and start >= wanted
        case _:
            return start == wanted


def _first_line(text: str | None) -> str:
    lines = (line.split("#")[0].strip() for line in (text or "").splitlines())
    return next((line for line in lines if line), "")

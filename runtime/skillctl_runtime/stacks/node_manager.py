"""Which manager installs a Node project, in which version, and how it is called.

Asked by, in this order: the plan, `packageManager`, a lock file (pnpm, bun, yarn, npm), `.yarnrc.yml`,
`pnpm-workspace.yaml`, `engines`, programs that only bun can run; else npm.

A manager on PATH is taken where its major version is the one that is asked for (any will do if none is). Otherwise npx
brings it: it comes from the registry that all packages come from, as corepack would bring it, and nothing is installed
for good.
"""

from __future__ import annotations

import re

from skillctl.core.value import dataclass
from skillctl_runtime.plan import NodeManager, Plan
from skillctl_runtime.stack import Files, Machine, Need, Tool
from skillctl_runtime.stacks.node_manifest import Package

LOCKS: tuple[tuple[str, NodeManager], ...] = (
    ("pnpm-lock.yaml", "pnpm"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
    ("yarn.lock", "yarn"),
    ("package-lock.json", "npm"),
    ("npm-shrinkwrap.json", "npm"),
)
_MANAGERS: tuple[NodeManager, ...] = ("npm", "pnpm", "yarn", "bun")
_USUAL = {"pnpm": "10", "bun": "1", "yarn": "1.22.22"}
_PNPM_OF_LOCK = {"5.3": "6", "5.4": "7", "6.0": "8", "6.1": "8", "9.0": "10"}
_BERRY = "4"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A manager, and what is known of the version that is wanted."""

    manager: NodeManager
    because: str
    version: str = ""
    """As it is asked for; empty: any."""
    berry: bool = False
    """yarn 2 or newer."""
    lock: str = ""
    """Its lock file, where there is one."""

    @property
    def major(self) -> str:
        return self.version.partition(".")[0].lstrip("^~>=v ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """How a manager is called on this machine."""

    words: tuple[str, ...]
    """What stands before its own words."""
    tool: Tool
    direct: bool = True
    """It is called by itself; otherwise npx brings it."""


def chosen_manager(plan: Plan, files: Files, package: Package, *, primary: bool = True) -> Chosen:
    """The manager of the folder."""
    lock, owner = next(((name, who) for name, who in LOCKS if files.data(name) is not None), ("", None))
    field = re.match(r"(npm|pnpm|yarn|bun)@(\d[\w.-]*)", package.text("packageManager"))
    engines = package.section("engines")
    rc = files.text(".yarnrc.yml")
    said = plan.dependencies.manager if primary else None
    asked = next((name for name in ("pnpm", "bun", "yarn") if name in engines), "")
    questions = (
        (next((name for name in _MANAGERS if name == said), ""), "the plan asks for it"),
        (field[1] if field else "", "`packageManager` in package.json asks for it"),
        (owner or "", f"{lock} asks for it"),
        ("yarn" if rc is not None else "", ".yarnrc.yml asks for it"),
        ("pnpm" if files.text("pnpm-workspace.yaml") is not None else "", "pnpm-workspace.yaml asks for it"),
        (asked, f"`engines.{asked}` in package.json asks for it"),
        ("bun" if _is_for_bun(files, package) else "", "its sources or scripts call bun"),
        ("npm", "nothing asks for another"),
    )
    name, because = next((_named(name), because) for name, because in questions if name)
    version = field[2] if field is not None and field[1] == name else engines.get(name, "")
    berry = name == "yarn" and _is_berry(version, rc, files.text("yarn.lock"))
    if name == "pnpm" and not version:
        version = _of_lock(files.text("pnpm-lock.yaml"))
    own = lock if owner == name else ""
    return Chosen(manager=name, because=because, version=version, berry=berry, lock=own)


def caller_of(chosen: Chosen, machine: Machine) -> Caller | None:
    """How to call the manager; None where neither it nor npx is here."""
    tool = machine.tool(chosen.manager)
    if tool is not None and _fits(chosen, machine.version(tool)):
        return Caller(words=(tool.path,), tool=tool)
    npx = machine.tool("npx")
    if npx is None or chosen.manager == "npm":
        return Caller(words=(tool.path,), tool=tool) if tool is not None else None
    return Caller(words=(npx.path, "--yes", "--package", _spec(chosen), "--", chosen.manager), tool=npx, direct=False)


def needs_of(chosen: Chosen, machine: Machine) -> tuple[Need, ...]:
    """What the manager needs of the machine."""
    needs = []
    if machine.tool("node") is None and not (chosen.manager == "bun" and machine.tool("bun")):
        how = "install Node.js 20 or newer from nodejs.org, or by nvm"
        needs.append(Need(any_of=("node",), why="the project is in JavaScript", how=how))
    if caller_of(chosen, machine) is None:
        how = f"`npm install --global {_spec(chosen)}`" if chosen.manager != "npm" else "it comes with Node.js"
        needs.append(Need(any_of=(chosen.manager, "npx"), why=chosen.because, how=how))
    return tuple(needs)


def _fits(chosen: Chosen, version: str) -> bool:
    here = version.strip().splitlines()[-1].partition(".")[0] if version.strip() else ""
    if chosen.manager == "yarn":
        return (here not in ("0", "1")) == chosen.berry
    return not chosen.major or chosen.major == here or chosen.manager == "npm"


def _spec(chosen: Chosen) -> str:
    """The package that npx is asked for."""
    exact = chosen.version if re.fullmatch(r"\d+(\.\d+)*([-.][\w.]+)?", chosen.version) else ""
    major = re.match(r"\d+", chosen.major)
    if chosen.berry:
        # what is called yarn on npm ends with version 2; the newer ones lie in a package of their own
        return f"@yarnpkg/cli-dist@{exact if exact and int(exact.partition('.')[0]) > 2 else _BERRY}"
    wanted = exact or (major[0] if major else "")
    return f"{chosen.manager}@{wanted or _USUAL.get(chosen.manager, 'latest')}"


def _named(name: str) -> NodeManager:
    return next(each for each in _MANAGERS if each == name)


def _is_berry(version: str, rc: str | None, lock: str | None) -> bool:
    if version:
        return not version.lstrip("^~>=v ").startswith(("0", "1"))
    return rc is not None or (lock is not None and "__metadata:" in lock)


def _of_lock(lock: str | None) -> str:
    """The version of pnpm that writes such a lock."""
    found = re.search(r"^lockfileVersion:\s*'?([\d.]+)", lock or "", re.MULTILINE)
    return _PNPM_OF_LOCK.get(found[1], "") if found else ""


def _is_for_bun(files: Files, package: Package) -> bool:
    if any(re.match(r"bunx?\s", script) for script in package.scripts.values()):
        return True
    sources = (path for path in files.paths() if path.endswith((".ts", ".js", ".tsx")) and path.count("/") <= 1)
    return any(re.search(r"\bBun\.\w+\(|from\s+[\"']bun(?::\w+)?[\"']", files.text(path) or "") for path in sources)

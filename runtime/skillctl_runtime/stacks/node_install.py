"""The steps that install and build a Node project.

A lock is followed to the letter first (`npm ci`); one that doesn't fit any more is no end, the plan was written by
somebody who never ran it: then its manager resolves anew, npm at last without minding peer dependencies.

Scripts of packages are not run by the installation (npm and yarn 1 run them by default, the others no longer do). The
few that need theirs, because a binary has to be put in place, are known by name and run afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping

from skillctl.core.errors import ExecutionError
from skillctl.core.value import dataclass
from skillctl_runtime.plan import Advice
from skillctl_runtime.stack import Output, Site, Step, StepResult, Tool
from skillctl_runtime.stacks.node_imports import package_of
from skillctl_runtime.stacks.node_manager import LOCKS, Caller, Chosen
from skillctl_runtime.stacks.node_manifest import DEPENDENCIES, DEVELOPMENT, PACKAGE, Package

Steps = Generator[Step, StepResult, None]

TRUSTED = frozenset(
    {"@parcel/watcher", "@prisma/client", "@prisma/engines", "@swc/core", "argon2", "bcrypt", "better-sqlite3"}
    | {
        "bufferutil",
        "canvas",
        "cpu-features",
        "electron",
        "esbuild",
        "es5-ext",
        "node-pty",
        "nx",
        "prisma",
        "protobufjs",
    }
    | {"puppeteer", "re2", "sharp", "sqlite3", "unrs-resolver", "utf-8-validate", "workerd", "@tailwindcss/oxide"}
    | {"core-js", "core-js-pure", "lightningcss", "msgpackr-extract", "keytar", "serialport", "@nestjs/core", "cypress"}
)
"""Packages whose install scripts put a binary in place that the package ships or builds."""

_INPUTS = (
    *(PACKAGE, "*/package.json", "*/*/package.json", ".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml"),
    *("pnpm-workspace.yaml", "patches/**", "prisma/schema.prisma"),
    *(name for name, _ in LOCKS),
)
_OUTPUTS = (Output(path="node_modules", depth=1), Output(path="node_modules/.bin", depth=1))
_QUIET = {"npm_config_fund": "false", "npm_config_audit": "false", "npm_config_update_notifier": "false"}
_QUIET |= {
    "npm_config_fetch_retries": "5",
    "DISABLE_OPENCOLLECTIVE": "1",
    "ADBLOCK": "1",
    "NEXT_TELEMETRY_DISABLED": "1",
}
_PNPM = {"npm_config_manage_package_manager_versions": "false", "npm_config_package_manager_strict": "false"}
# a linked file would be the store's own, and a program may write into its packages
_PNPM |= {"npm_config_package_import_method": "clone-or-copy"}
_BERRY = {"YARN_ENABLE_TELEMETRY": "0", "YARN_ENABLE_PROGRESS_BARS": "0"}
_PACKAGE = re.compile(r"(?:@[a-z0-9~-][\w.~-]*/)?[a-z0-9~-][\w.~-]*(?:@[\w.^~<>=*| -]+)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What the steps of one project have in common."""

    site: Site
    package: Package
    chosen: Chosen
    caller: Caller
    node: Tool | None

    @property
    def tools(self) -> tuple[Tool, ...]:
        return (self.caller.tool, *(() if self.node is None else (self.node,)))

    def call(self, *words: str) -> tuple[str, ...]:
        """The words that call the manager."""
        return (*self.caller.words, *words)


def checked_packages(site: Site) -> tuple[str, ...]:
    """The plan's own packages. ExecutionError E535 where one is no name with a range."""
    plan = site.plan.dependencies
    for each in (*plan.packages, *plan.dev):
        if not _PACKAGE.fullmatch(each) or not package_of(each.partition("@")[0] or each):
            raise ExecutionError.of("E535", package=each, manager="npm", example="express@^4")
    return plan.packages


def with_plans_packages(site: Site, package: Package) -> dict[str, dict[str, str]]:
    """Section -> package -> range of what the plan asks for and package.json doesn't have."""
    found: dict[str, dict[str, str]] = {}
    plan = site.plan.dependencies
    for section, wanted in ((DEPENDENCIES, plan.packages), (DEVELOPMENT, plan.dev)):
        for each in wanted:
            name, _, said = each[1:].partition("@") if each.startswith("@") else each.partition("@")
            name = f"@{name}" if each.startswith("@") else name
            if name not in package.declared:
                found.setdefault(section, {})[name] = said or "*"
    return found


def install(environment: Environment) -> Steps:
    """Fill `node_modules`, if there is anything to fill it with."""
    package = environment.package
    is_empty = not package.declared and not package.workspaces and not environment.chosen.lock
    if is_empty or environment.site.plan.dependencies.manager == "none":
        return
    ladder = _LADDERS[environment.chosen.manager](environment)
    about = f"Installing {len(package.declared)} package{'s' if len(package.declared) != 1 else ''}"
    env = {**_QUIET, **_environment(environment)}
    for number, (name, words, more) in enumerate(ladder):
        done = yield _step(environment, name, words, about, {**env, **more}, may_fail=number < len(ladder) - 1)
        if done.ok:
            break
    yield from _run_trusted(environment)
    if "postinstall" in package.scripts and environment.chosen.manager in ("npm", "yarn"):
        words = ("run", "postinstall")
        yield _step(environment, "postinstall", words, "Running the project's own postinstall", env)


def untrusted_advice(environment: Environment) -> Advice | None:
    """Which packages have install scripts that were not run."""
    names = [name for name in _with_scripts(environment) if name not in _trusted(environment.package)]
    if not names:
        return None
    what = (
        f"install scripts of {', '.join(names)} were not run; `trustedDependencies` in package.json allows them by name"
    )
    return Advice(rule="install-scripts", what=what, file=PACKAGE)


def build(environment: Environment) -> Steps:
    """`scripts.build`, else the compiler of TypeScript where only built files are named to be run."""
    package = environment.package
    env = {**_QUIET, **_environment(environment)}
    if package.scripts.get("build"):
        words = _direct(environment, "build") or environment.call("run", "build")
    elif _needs_compiler(environment):
        words = ("node_modules/.bin/tsc", "-p", ".")
    else:
        return
    yield Step(
        id="build",
        kind="build",
        argv=words,
        tools=environment.tools,
        inputs=("**",),
        outputs=tuple(Output(path=path, depth=3) for path in built_folders(environment.site, package)),
        env=env,
        about="Building",
    )


def built_folders(site: Site, package: Package) -> tuple[str, ...]:
    """Where the build puts what it makes."""
    script = package.scripts.get("build", "")
    said = re.search(r"--(?:outDir|out-dir|outdir)[ =](\S+)", script)
    if said:
        return (said[1].strip("\"'").removeprefix("./"),)
    for path in site.files.paths():
        if re.fullmatch(r"vite\.config\.[cm]?[jt]s", path):
            found = re.search(r"outDir\s*:\s*[\"']([^\"']+)", site.files.text(path) or "")
            return (found[1].removeprefix("./"),) if found and not found[1].startswith("..") else ("dist",)
    declared = package.declared
    if "next" in declared:
        return (".next/BUILD_ID",)
    if "react-scripts" in declared:
        return ("build",)
    if "nuxt" in declared:
        return (".output/nitro.json",)
    config = re.search(r'"outDir"\s*:\s*"([^"]+)"', site.files.text("tsconfig.json") or "")
    if re.search(r"\btsc\b", script) or not script:
        return (config[1].removeprefix("./").rstrip("/"),) if config else ()
    return ("dist",) if re.search(r"\bvite\b|\btsup\b|\bastro\b|\bparcel\b", script) else ()


def _direct(environment: Environment, name: str) -> tuple[str, ...]:
    """The words of a script that only calls an installed program, which costs less without a manager around it."""
    package, site = environment.package, environment.site
    script = package.scripts[name]
    if {f"pre{name}", f"post{name}"} & package.scripts.keys() or site.machine.system == "windows":
        return ()
    words = tuple(script.split())
    if not re.fullmatch(r"[\w./@:=, -]+", script) or "=" in words[0]:
        return ()
    program = f"node_modules/.bin/{words[0]}"
    return (program, *words[1:]) if site.files.found(program) else ()


def _needs_compiler(environment: Environment) -> bool:
    """Do `main` or a script run a file that only the compiler makes?"""
    site, package = environment.site, environment.package
    if "typescript" not in package.declared or site.files.text("tsconfig.json") is None:
        return False
    named = [package.text("main"), *package.scripts.values()]
    return any(re.search(r"\b(?:dist|build|out|lib)/[\w./-]+\.[cm]?js\b", each) for each in named)


def _npm(environment: Environment) -> list[_Rung]:
    base = ("--include=dev", "--ignore-scripts", "--no-audit", "--no-fund")
    ladder: list[_Rung] = [("install-anew", ("install", *base), {})]
    ladder.append(("install-with-old-peers", ("install", *base, "--legacy-peer-deps"), {}))
    if environment.chosen.lock:
        ladder.insert(0, ("install", ("ci", *base), {}))
        return ladder
    return [("install", ladder[0][1], {}), ladder[1]]


def _yarn(environment: Environment) -> list[_Rung]:
    locked = bool(environment.chosen.lock) and environment.site.files.text("yarn.lock") != ""
    if environment.chosen.berry:
        free = {"YARN_ENABLE_IMMUTABLE_INSTALLS": "false"}
        loose: _Rung = ("install", ("install",), free)
        return (
            [("install", ("install", "--immutable"), {}), ("install-anew", ("install",), free)] if locked else [loose]
        )
    base = ("--non-interactive", "--ignore-scripts", "--production=false")
    again: _Rung = ("install", ("install", *base, "--ignore-engines"), {})
    if not locked:
        return [again]
    return [("install", ("install", *base, "--frozen-lockfile"), {}), ("install-anew", again[1], {})]


def _pnpm(environment: Environment) -> list[_Rung]:
    alone = () if environment.site.files.text("pnpm-workspace.yaml") is not None else ("--ignore-workspace",)
    base = ("install", "--prod=false", *alone)
    loose: _Rung = ("install", (*base, "--no-frozen-lockfile"), {})
    if not environment.chosen.lock:
        return [loose]
    return [("install", (*base, "--frozen-lockfile", "--prefer-offline"), {}), ("install-anew", loose[1], {})]


def _bun(environment: Environment) -> list[_Rung]:
    words = ("install", "--backend=copyfile")  # for the same reason as with pnpm
    if not environment.chosen.lock:
        return [("install", words, {})]
    return [("install", (*words, "--frozen-lockfile"), {}), ("install-anew", words, {})]


def _environment(environment: Environment) -> dict[str, str]:
    chosen, files = environment.chosen, environment.site.files
    if chosen.manager == "pnpm":
        return dict(_PNPM)
    if chosen.berry:
        # programs are run by node itself, which finds packages in node_modules only
        linked = "nodeLinker" in (files.text(".yarnrc.yml") or "")
        return {**_BERRY, **({} if linked else {"YARN_NODE_LINKER": "node-modules"})}
    return {}


def _step(
    environment: Environment,
    name: str,
    words: tuple[str, ...],
    about: str,
    env: Mapping[str, str],
    *,
    may_fail: bool = False,
) -> Step:
    is_pnp = "nodeLinker: pnp" in (environment.site.files.text(".yarnrc.yml") or "")
    return Step(
        id=name,
        kind="install",
        argv=environment.call(*words),
        tools=environment.tools,
        inputs=_INPUTS,
        outputs=(Output(path=".pnp.cjs", depth=0),) if is_pnp else _OUTPUTS,
        env=env,
        network=True,
        may_fail=may_fail,
        writes_project=(PACKAGE, *(name for name, _ in LOCKS), ".pnp.cjs", ".yarn/install-state.gz"),
        about=about,
    )


def _run_trusted(environment: Environment) -> Steps:
    """The install scripts of packages that are known to need theirs."""
    if environment.chosen.manager not in ("npm", "yarn") or environment.chosen.berry:
        return
    names = [name for name in _with_scripts(environment) if name in _trusted(environment.package)]
    npm = environment.site.machine.tool("npm")
    if not names or npm is None:
        return
    yield Step(
        id="install-scripts",
        kind="install",
        argv=(npm.path, "rebuild", *names),
        tools=environment.tools,
        inputs=_INPUTS,
        outputs=_OUTPUTS,
        env=_QUIET,
        network=True,
        about=f"Running the install scripts of {', '.join(names)}",
    )


def _with_scripts(environment: Environment) -> tuple[str, ...]:
    """Installed packages that have install scripts, by npm's own record; else the trusted ones that are there."""
    files = environment.site.files
    record = files.text("node_modules/.package-lock.json")
    if record is None:
        return tuple(name for name in sorted(TRUSTED) if files.found(f"node_modules/{name}/package.json"))
    try:
        packages = json.loads(record).get("packages", {})
    except (ValueError, AttributeError):
        return ()
    found = (path.rpartition("node_modules/")[2] for path, each in packages.items() if each.get("hasInstallScript"))
    # fsevents is for another system: it is listed, and not there
    return tuple(sorted({name for name in found if name != "fsevents"}))


def _trusted(package: Package) -> frozenset[str]:
    """Those of ours, and those that the plan's own package.json names for the managers that ask."""
    own = package.data.get("trustedDependencies")
    pnpm = package.data.get("pnpm")
    listed = pnpm.get("onlyBuiltDependencies") if isinstance(pnpm, dict) else None
    named = [*(own if isinstance(own, list) else []), *(listed if isinstance(listed, list) else [])]
    return TRUSTED | {each for each in named if isinstance(each, str)}


_Rung = tuple[str, tuple[str, ...], dict[str, str]]
_LADDERS = {"npm": _npm, "yarn": _yarn, "pnpm": _pnpm, "bun": _bun}

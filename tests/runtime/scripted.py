"""A stack that does what a test tells it: steps, starts and answers are given, nothing is detected or guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from skillctl.core.effects import Guard
from skillctl.core.settings import Directories, RuntimeSettings
from skillctl.core.value import replace
from skillctl_plugins import PluginManager
from skillctl_runtime.execute import Order, execute
from skillctl_runtime.plan import Plan, PlanFile, StackName
from skillctl_runtime.reporter import Reporter
from skillctl_runtime.result import Result
from skillctl_runtime.stack import Evidence, Files, Need, Part, Repaired, Site, Stack, Start, Step, Work
from skillctl_runtime.surroundings import Surroundings

Doing = Callable[[Site], Work]


def sh(line: str, name: str = "step", *, kind: str = "build", **more: object) -> Step:
    """A step of one line for a shell."""
    return Step(id=name, kind=kind, argv=("/bin/sh", "-c", line), **more)  # type: ignore[arg-type]


def nothing(site: Site) -> Work:
    """Work without steps, and a start that prints a word."""
    del site
    yield from ()
    return Start(argv=("/bin/sh", "-c", "echo started"))


class Scripted:
    """One stack, for every file there is."""

    def __init__(
        self,
        doing: Doing = nothing,
        *,
        name: StackName = "shell",
        needs: Sequence[Need] = (),
        missing: Mapping[str, str] | None = None,
        repaired: Callable[[Site], Repaired] | None = None,
    ) -> None:
        self.name: StackName = name
        self.verbs: tuple[str, ...] = ("sh",)
        self._doing = doing
        self._needs = tuple(needs)
        self._missing = missing or {}
        self._repaired = repaired
        self.worked = 0

    def evidence(self, files: Files) -> Evidence | None:
        return Evidence(stack=self.name, strength="entry", because=files.paths()[:1])

    def repaired(self, site: Site) -> Repaired:
        return self._repaired(site) if self._repaired else Repaired(plan=site.plan)

    def needs(self, site: Site) -> Sequence[Need]:
        return self._needs

    def work(self, site: Site) -> Work:
        self.worked += 1
        return self._doing(site)

    def complaint(self, output: str) -> str:
        return "\n".join(line for line in output.splitlines() if line.startswith("error"))

    def missing_module(self, output: str) -> str:
        return next((package for sign, package in self._missing.items() if sign in output), "")


class Room:
    """A user with caches of their own, a project directory, and one scripted stack."""

    def __init__(self, path: Path, environ: Mapping[str, str], **runtime: object) -> None:
        self.path = path
        self.home = path / "home"
        self.home.mkdir(parents=True)
        self.root = path / "output" / "project"
        places = {name: str(path / name) for name in ("config", "data", "cache", "state")}
        self.around = Surroundings(
            environ={"PATH": environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"},
            directories=Directories(home=str(self.home), **places),
            runtime=RuntimeSettings(**runtime),  # type: ignore[arg-type]
        )

    def set(self, **variables: str) -> None:
        """More variables of the caller."""
        self.around = replace(self.around, environ={**self.around.environ, **variables})

    def settings(self, **runtime: object) -> None:
        """The user's settings of the runtime."""
        self.around = replace(self.around, runtime=RuntimeSettings(**runtime))  # type: ignore[arg-type]

    def execute(
        self,
        plan: Plan,
        *stacks: Stack,
        guards: Sequence[Guard] = (),
        plugins: PluginManager | None = None,
        reporter: Reporter | None = None,
        parts: Sequence[tuple[str, StackName]] = (),
        **order: object,
    ) -> Result:
        """Make the project with these stacks, all in one folder unless the parts are named."""
        table = {each.name: each for each in stacks or (Scripted(),)}
        found = [Part(folder=folder, stack=name, primary=not at) for at, (folder, name) in enumerate(parts)]
        detected = tuple(found) or (Part(folder="", stack=next(iter(table))),)
        wanted = Order(plan=plan, root=self.root, **order)  # type: ignore[arg-type]
        return execute(
            wanted,
            self.around,
            guards=guards,
            plugins=plugins,
            reporter=reporter,
            stacks=table,
            detect=lambda *_: detected,
        )


def plan_of(files: Mapping[str, str | bytes] | None = None, **members: object) -> Plan:
    """A plan with these files."""
    given = files if files is not None else {"main.sh": "echo hello\n"}
    made = tuple(
        PlanFile(path=path, data=text.encode() if isinstance(text, str) else text) for path, text in given.items()
    )
    return Plan(name="scripted", files=made, **members)  # type: ignore[arg-type]

"""A plan's files, a machine and tools' answers, all in memory: what the compiled stacks are tested in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from skillctl_runtime.files import matching
from skillctl_runtime.plan import Dependencies, Plan, PlanFile, StackName
from skillctl_runtime.stack import Part, Repaired, Site, Stack, Start, Step, StepResult, Tool

VERSIONS: Mapping[str, str] = {
    "go": "go version go1.24.2 linux/amd64",
    "cargo": "cargo 1.80.1 (376290515 2024-07-16)",
    "rustc": "rustc 1.80.1",
    "rustup": "rustup 1.27.1",
    "javac": "javac 17.0.15",
    "java": "openjdk 17.0.15",
    "jar": "jar 17.0.15",
    "mvn": "Apache Maven 3.8.7",
    "cmake": "cmake version 3.25.1",
    "ninja": "1.11.1",
    "make": "GNU Make 4.3",
    "g++": "g++ (Debian 12.2.0-14) 12.2.0",
    "gcc": "gcc (Debian 12.2.0-14) 12.2.0",
    "cc": "cc",
    "c++": "c++",
    "sh": "",
    "bash": "",
    "python3": "Python 3.11.2",
}
GRADLE_OLD = "------\nGradle 4.4.1\n------"
GRADLE_NEW = "------\nGradle 8.7\n------"

Answer = tuple[int, str]
Answers = Mapping[str, Answer | str]


class MemoryFiles:
    """Files by path; what tools make is put there by the test."""

    def __init__(self, data: dict[str, bytes], folder: str = "") -> None:
        self._data = data
        self._start = f"{folder}/" if folder else ""

    def paths(self) -> tuple[str, ...]:
        kept = (path for path in self._data if not path.startswith((f"{self._start}build/", f"{self._start}target/")))
        return tuple(sorted(path.removeprefix(self._start) for path in kept if path.startswith(self._start)))

    def data(self, path: str) -> bytes | None:
        return self._data.get(self._start + path)

    def text(self, path: str) -> str | None:
        found = self.data(path)
        try:
            return None if found is None else found.decode()
        except UnicodeDecodeError:
            return None

    def found(self, pattern: str) -> tuple[str, ...]:
        every = [path.removeprefix(self._start) for path in self._data if path.startswith(self._start)]
        return matching(every, (pattern,))

    def under(self, folder: str) -> MemoryFiles:
        return MemoryFiles(self._data, f"{self._start}{folder}".strip("/"))


class MemoryMachine:
    """A machine with these tools."""

    def __init__(self, versions: Mapping[str, str] = VERSIONS, **variables: str) -> None:
        self.versions = versions
        self.variables = variables
        self.system: Literal["linux", "darwin", "windows"] = "linux"
        self.cores = 2

    def tool(self, name: str) -> Tool | None:
        return Tool(name=name, path=f"/usr/bin/{name}", identity=f"{name} 1") if name in self.versions else None

    def version(self, tool: Tool, *arguments: str) -> str:
        del arguments
        return self.versions[tool.name]

    def pythons(self) -> tuple[Tool, ...]:
        found = self.tool("python3")
        return (found,) if found else ()

    def cache(self, name: str) -> str:
        return f"/cache/{name}"

    def variable(self, name: str) -> str:
        return self.variables.get(name, "")


def without(*names: str) -> MemoryMachine:
    """The usual machine without these tools."""
    return MemoryMachine({name: version for name, version in VERSIONS.items() if name not in names})


def with_tools(**versions: str) -> MemoryMachine:
    """The usual machine with other tools or versions."""
    return MemoryMachine({**VERSIONS, **versions})


@dataclass
class Project:
    """A plan of one stack."""

    stack: Stack
    files: Mapping[str, str]
    name: str = "shop"
    run: str = ""
    packages: tuple[str, ...] = ()
    machine: MemoryMachine = field(default_factory=MemoryMachine)
    made: dict[str, bytes] = field(default_factory=dict)
    """What tools leave behind."""
    folder: str = ""
    cwd: str = ""
    build: tuple[str, ...] = ()
    hits: frozenset[str] = frozenset()

    @property
    def plan(self) -> Plan:
        start = f"{self.folder}/" if self.folder else ""
        return Plan(
            name=self.name,
            files=tuple(PlanFile(path=start + path, data=text.encode()) for path, text in self.files.items()),
            run=(self.run,) if self.run else (),
            cwd=self.cwd,
            build=self.build,
            dependencies=Dependencies(packages=self.packages),
        )

    def site(self, plan: Plan | None = None, made: Mapping[str, bytes] | None = None) -> Site:
        found = plan or self.plan
        data = {each.path: each.data for each in found.files} | dict(made or {})
        name: StackName = self.stack.name
        part = Part(folder=self.folder, stack=name)
        return Site(plan=found, part=part, files=MemoryFiles(data, self.folder), machine=self.machine)

    def repaired(self) -> Repaired:
        """The plan after at most three rounds, as the executor does it, with everything that was told."""
        plan, repairs, advice = self.plan, (), ()
        for _ in range(3):
            found = self.stack.repaired(self.site(plan))
            repairs, advice = (*repairs, *found.repairs), found.advice  # type: ignore[assignment]
            if found.plan == plan:
                break
            plan = found.plan
        return Repaired(plan=plan, repairs=repairs, advice=advice)

    def text(self, path: str) -> str:
        """A file of the repaired plan."""
        found = self.repaired().plan.file(path)
        assert found is not None, [each.path for each in self.repaired().plan.files]
        return found.data.decode()

    def rules(self) -> list[str]:
        return [each.rule for each in self.repaired().repairs]

    def advised(self) -> list[str]:
        return [each.rule for each in self.repaired().advice]

    def worked(self, answers: Answers | None = None) -> tuple[list[Step], Start | None]:
        """Every step of the work on the repaired plan, and the start; steps without an answer succeed in silence."""
        site = self.site(self.repaired().plan, self.made)
        work = self.stack.work(site)
        steps: list[Step] = []
        try:
            step = next(work)
            while True:
                steps.append(step)
                answer = (answers or {}).get(step.id, "")
                status, said = (0, answer) if isinstance(answer, str) else answer
                assert status == 0 or step.may_fail, f"{step.id} failed"
                hit = step.id in self.hits
                step = work.send(StepResult(step=step, status=status, stdout=said, output=said, hit=hit))
        except StopIteration as end:
            return steps, end.value

    def start(self, answers: Answers | None = None) -> Start:
        """How it is started."""
        found = self.worked(answers)[1]
        assert found is not None
        return found

    def step(self, name: str, answers: Answers | None = None) -> Step:
        """The step of that name."""
        return next(each for each in self.worked(answers)[0] if each.id == name)

    def needed(self) -> list[tuple[str, ...]]:
        return [each.any_of for each in self.stack.needs(self.site(self.repaired().plan))]


Make = Callable[..., Project]

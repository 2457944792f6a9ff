"""A plan: what a project consists of and how it is run, as a value that can't be wrong.

`plan_door` makes one from JSON; repairs are functions from plan to plan. Nothing here touches the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from skillctl.core.effects import Network
from skillctl.core.value import dataclass, field

StackName = Literal["python", "node", "go", "rust", "java", "cpp", "static", "shell"]
STACK_NAMES: tuple[StackName, ...] = get_args(StackName)

PythonManager = Literal["pip", "uv", "poetry", "pdm", "pipenv"]
NodeManager = Literal["npm", "yarn", "pnpm", "bun"]
ManagerName = PythonManager | NodeManager | Literal["go", "cargo", "maven", "gradle", "cmake", "make", "none"]
MANAGER_NAMES: tuple[ManagerName, ...] = tuple(name for each in get_args(ManagerName) for name in get_args(each))

CheckKind = Literal["exit", "stdout", "stderr", "http", "file", "command"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanFile:
    """One file that the plan writes."""

    path: str
    """Relative to the project, with slashes, as `skillctl.core.paths` allows."""
    data: bytes
    executable: bool | None = None
    """None: by its name and first bytes."""
    binary: bool = False
    """It came as base64: nobody repairs its text."""

    def text(self) -> str | None:
        """Its text; None where it is none in UTF-8."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependencies:
    """What the plan says it needs beside what its own manifests say."""

    packages: tuple[str, ...] = ()
    """In the words of the stack's own manager: `fastapi>=0.110`, `express@^4`."""
    dev: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    """Packages of the operating system: only ever suggested, never installed."""
    manager: ManagerName | None = None
    runtime_version: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """When a server counts as started: all that is given must hold."""

    port: int = 0
    http: str = ""
    """A URL, or a path on the server's port: `/health`."""
    status: int = 0
    """The answer's status; 0: any below 500."""
    log: str = ""
    """A text in its output."""
    file: str = ""
    """A path in the project that appears."""
    timeout: float = 30.0
    """Seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """Something that must hold of a run."""

    kind: CheckKind
    contains: tuple[str, ...] = ()
    regex: str = ""
    path: str = ""
    """For `http` a path or URL, for `file` a path in the project."""
    status: int = 200
    code: int | None = None
    """The exit status that must come; None: 0."""
    command: str = ""
    timeout: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """Seconds; 0 is none."""

    install: float = 900.0
    build: float = 900.0
    run: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RunLimits:
    """What a command of the plan may use; 0 is no limit of ours."""

    memory_mb: int = 0
    cpu_s: int = 0
    processes: int = 0
    output_kb: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be written, installed, built and run."""

    name: str
    """As it was given; `slug` makes the directory's name."""
    files: tuple[PlanFile, ...]
    description: str = ""
    stack: StackName | None = None
    delete: tuple[str, ...] = ()
    dependencies: Dependencies = field(default=Dependencies())
    install: tuple[str, ...] = ()
    """Lines for a shell, run in order; empty: the stack's own way."""
    build: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    """Lines for a shell; all but the last are run before the program. Empty: inferred."""
    args: tuple[str, ...] = ()
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    """Names of variables that the program gets from the caller's environment."""
    stdin: str | None = None
    ports: tuple[int, ...] = ()
    ready: Ready | None = None
    checks: tuple[Check, ...] = ()
    timeouts: Timeouts = field(default=Timeouts())
    limits: RunLimits = field(default=RunLimits())
    network: Network | None = None
    """What the run phase may reach; None: the host's network."""
    allow: tuple[str, ...] = ()
    """Hosts, where `network` was given as a list of them."""

    def file(self, path: str) -> PlanFile | None:
        """The file at that path."""
        return next((each for each in self.files if each.path == path), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repair:
    """Something that was mended in a plan before it was written, and why."""

    rule: str
    """A stable word: `code-fence`, `missing-module`, `renamed-requirements`."""
    what: str
    """One sentence for the person who reads the result."""
    file: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """Something that was seen and left alone: the result tells it as a warning."""

    rule: str
    what: str
    file: str = ""

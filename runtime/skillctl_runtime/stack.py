"""What a stack is: it looks at files and says, step by step, what to run. It never runs anything itself.

The work of a stack is a generator: it yields a `Step`, the executor runs it (or finds that it need not, because key and
outputs are those of the last time) and sends back a `StepResult`, and the stack goes on from there. So a fallback is an
`if`, a look at what a tool says is a step like any other, and a test can drive a stack with made-up results:

    def work(site):
        installed = yield Step(id="install", argv=("npm", "ci"), may_fail=True, ...)
        if not installed.ok:
            yield Step(id="install-again", argv=("npm", "install"), ...)
        yield Step(id="build", ...)
        return Start(argv=("node", "dist/main.js"))
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Literal, Protocol

from skillctl.core.value import dataclass, field
from skillctl_runtime.plan import Advice, Plan, Ready, Repair, StackName

StepKind = Literal["prepare", "install", "build", "look"]
"""`look` only asks a tool something (`go list`, `cargo metadata`): it changes nothing and its stdout is the answer."""

PROGRAM_FOLDERS = (".venv/bin", ".venv/Scripts", "venv/bin", "node_modules/.bin")
"""Where a part keeps programs of its own: those that are there go before PATH, for the plan's own lines and for the
program. Steps of a stack name the program that they mean."""


class Files(Protocol):
    """Files by relative path with slashes: of a plan, of a directory, or of one folder of either."""

    def paths(self) -> tuple[str, ...]:
        """Every file, sorted; of a directory without what tools made (node_modules, .venv, target, build caches)."""

    def data(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none (made or not made by a tool)."""

    def text(self, path: str) -> str | None:
        """A file's text; None where there is none or it is not UTF-8."""

    def found(self, pattern: str) -> tuple[str, ...]:
        """Paths that match a glob (`target/*.jar`, `build/**/*.jar`), tools' outputs included, sorted."""

    def under(self, folder: str) -> Files:
        """The files of one folder, by their paths in it; "" is all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """A program of this machine."""

    name: str
    path: str
    """As it is called: found on PATH, links not followed."""
    identity: str
    """Real path, size and modification time: another tool has another."""


class Machine(Protocol):
    """What this machine has. Asking is cheap: versions are kept by the tool's identity."""

    @property
    def system(self) -> Literal["linux", "darwin", "windows"]:
        """The operating system."""

    @property
    def cores(self) -> int:
        """How many processors may be used."""

    def tool(self, name: str) -> Tool | None:
        """The program of that name on PATH, or None."""

    def version(self, tool: Tool, *arguments: str) -> str:
        """What `tool --version` (or with the arguments given) prints, one string; empty where it fails."""

    def pythons(self) -> tuple[Tool, ...]:
        """Every Python interpreter found here (PATH, pyenv, uv, the system), the one skillctl runs on among them."""

    def cache(self, name: str) -> str:
        """An absolute directory of skillctl's own cache for that tool (`uv`, `npm`, `go-build`); made when needed."""

    def variable(self, name: str) -> str:
        """The caller's environment; empty where not set."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Why a folder may be of a stack."""

    stack: StackName
    strength: Literal["manifest", "entry", "extension"]
    because: tuple[str, ...]
    """File names, or sentences: `requirements.txt`, `3 of 5 files end in .py`."""
    count: int = 0
    """Files of the stack's own endings."""


def strongest(
    stack: StackName,
    files: Files,
    *,
    manifests: Sequence[str] = (),
    entries: Sequence[str] = (),
    count: int,
    are: str,
) -> Evidence | None:
    """The best of what was found: a manifest before a beginning, that before files which `are` something."""
    if manifests:
        return Evidence(stack=stack, strength="manifest", because=tuple(manifests), count=count)
    if entries:
        return Evidence(stack=stack, strength="entry", because=tuple(entries), count=count)
    if not count:
        return None
    because = f"{count} of {len(files.paths())} files {are}"
    return Evidence(stack=stack, strength="extension", because=(because,), count=count)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One folder of a project with the stack that builds it."""

    folder: str
    """Relative to the project; "" is the project itself."""
    stack: StackName
    because: tuple[str, ...] = ()
    rejected: tuple[Evidence, ...] = ()
    primary: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """A tool without which nothing can be built."""

    any_of: tuple[str, ...]
    """Names on PATH, the best first; one is enough."""
    why: str
    """`poetry.lock asks for it`."""
    how: str
    """How to get it, one sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """What a step leaves behind, and how much of it is looked at to know that nobody touched it."""

    path: str
    """Relative to the part's folder."""
    depth: int = 1
    """Levels below the path whose entries' size and mtime are kept; 0: the path alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One command of a tool."""

    id: str
    """Unique in its part; it names the line on the screen and in the journal: `install`, `go-mod-tidy`."""
    kind: StepKind
    argv: tuple[str, ...]
    """No shell. The first word is a path or a name on PATH."""
    tools: tuple[Tool, ...] = ()
    """Whose identity belongs to the key."""
    inputs: tuple[str, ...] = ()
    """Globs of the part's folder (`package.json`, `src/**`): what counts for the key. Tools' outputs never count.

    `**` alone is every file, `**/*.go` one at any depth, the top included.
    """
    also: tuple[str, ...] = ()
    """Facts that count for the key where whole files would be too much: the imports of all sources, their paths."""
    after: tuple[str, ...] | None = None
    """Ids of the earlier steps whose keys count for this one's; None: all of them, in their order."""
    outputs: tuple[Output, ...] = ()
    cwd: str = ""
    """Relative to the part's folder."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Beside the environment that every step gets; it belongs to the key."""
    network: bool = False
    """May it reach the registries?"""
    may_fail: bool = False
    """Its failure is an answer, not the end."""
    writes_project: tuple[str, ...] = ()
    """Files of the plan that the tool may rewrite (go.mod, package.json, locks): journaled as planned and as left."""
    about: str = ""
    """What it does, for the screen: `Installing 4 packages`."""
    cached: bool = True
    """False: it is run each time (it looks at something outside)."""
    timeout: float = 0.0
    """Seconds; 0: the plan's for its kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult:
    """What came of a step."""

    step: Step
    status: int
    """The exit status; negative where a signal ended it."""
    stdout: str = ""
    """All of a `look`; the last part of any other."""
    output: str = ""
    """The last part of both streams as they came."""
    hit: bool = False
    """It did not run: the last time counts."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Did the command succeed?"""
        return self.status == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """How the project is started."""

    argv: tuple[str, ...] = ()
    """Words; a program of the project by its path relative to the part's folder, `./out/server`, or absolute."""
    line: str = ""
    """A line for a shell instead: the plan's own `run`."""
    instead_of: str = ""
    """The plan's last `run` line where `argv` does the same with what was built: `go run .`, `cargo run -- --port 80`.

    Such a line would build once more, in another cache, in the phase that has no compiler's caches: `argv` is taken.
    """
    cwd: str = ""
    """Relative to the part's folder."""
    env: Mapping[str, str] = field(default_factory=dict)
    artifact: str = ""
    """The binary or jar that was built, relative to the part's folder; empty where neither was."""
    server: bool = False
    """It serves and does not end by itself."""
    ready: Ready | None = None
    port: int = 0
    """The port that it will listen on, where that is known."""
    port_words: tuple[str, ...] = ()
    """Words that say the port, with `{port}` in the place of the number: `--port`, `{port}` or `127.0.0.1:{port}`.

    Filled with `port` they stand in `argv` in this order, so that another number can be put there; a value of `env`
    that is the number of `port` alone changes with it.
    """
    because: tuple[str, ...] = ()
    """Why so: `app = FastAPI() in app/main.py`."""
    advice: tuple[Advice, ...] = ()
    """What was seen while building and left alone."""


Work = Generator[Step, StepResult, Start | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where a stack works: what it may look at."""

    plan: Plan
    part: Part
    files: Files
    """Of the part's folder: of the plan before anything is written, of the disk while the work goes on."""
    machine: Machine
    several: bool = False
    """There are other parts: the plan's own `dependencies` belong to the primary one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Repaired:
    """A plan after a stack has mended it."""

    plan: Plan
    repairs: tuple[Repair, ...] = ()
    advice: tuple[Advice, ...] = ()


class Stack(Protocol):
    """One of the six, and of the two that need no building."""

    @property
    def name(self) -> StackName:
        """Its name in plans, messages and results."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """First words of a run command that mean this stack: `npm`, `node`, `npx`."""

    def evidence(self, files: Files) -> Evidence | None:
        """Why this folder (itself, not its subfolders' manifests) may be of this stack; None: it is not."""

    def repaired(self, site: Site) -> Repaired:
        """The plan with what models forget or misspell mended, and each change told. Pure; `site.files` is the plan."""

    def needs(self, site: Site) -> Sequence[Need]:
        """The tools that the work is going to call, asked before anything is written."""

    def work(self, site: Site) -> Work:
        """Install and build, and say how the project is started (None: nothing to start, as a library)."""

    def complaint(self, output: str) -> str:
        """The tool's own error lines out of the output of a failed step, the first error first, at most 20 lines."""

    def missing_module(self, output: str) -> str:
        """The package to add when a run failed because a module is missing (from the curated map); empty: none."""
